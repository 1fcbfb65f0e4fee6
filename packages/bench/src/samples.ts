// Apart from the statistics of rounds, so that a measuring process does not load those.
import { medianSorted, quantileSorted } from 'simple-statistics';

/** The median of ascending samples. */
export function medianOf(ascending: Float64Array): number {
  return medianSorted(ascending as unknown as number[]);
}

/** Their 99th percentile. */
export function p99Of(ascending: Float64Array): number {
  return quantileSorted(ascending as unknown as number[], 0.99);
}
