// Apart from the statistics of rounds, so that a measuring process does not load those.
import { medianSorted, quantileSorted } from 'simple-statistics';

/** The median and the 99th percentile of ascending samples. */
export function quantiles(ascending: Float64Array): { median: number; p99: number } {
  const samples = ascending as unknown as number[];
  return { median: medianSorted(samples), p99: quantileSorted(samples, 0.99) };
}
