import jstat from 'jstat';
import { mean, medianSorted, quantileSorted, sampleStandardDeviation } from 'simple-statistics';

// Processes differ more from each other than the samples of one do: where the allocator's memory happened to lie, what
// else the machine was doing. So the process is the unit, one value from each, and there are few of them. A bootstrap of
// three or five values is known to give intervals that are much too narrow; Student's t on their logarithms keeps its
// promise there (test/statistics.test.ts counts how often), and treats "twice as fast" and "half as fast" alike.

/** A value and the interval that holds the true one 95 times in 100; no interval where there is only one round. */
export interface Estimate {
  readonly value: number;
  readonly ci?: readonly [low: number, high: number];
}

const CONFIDENCE = 0.95;

/** The geometric mean of positive values, one from each round, with its interval. */
export function estimate(values: readonly number[]): Estimate {
  if (values.length === 0) throw new RangeError('an estimate needs at least one value');
  if (values.some((value) => !(value > 0) || !Number.isFinite(value)))
    throw new RangeError(`an estimate needs positive values, not ${values.join(', ')}`);
  const logs = values.map(Math.log);
  const middle = mean(logs);
  if (values.length === 1) return { value: Math.exp(middle) };
  const half =
    (jstat.jStat.studentt.inv((1 + CONFIDENCE) / 2, values.length - 1) * sampleStandardDeviation(logs)) /
    Math.sqrt(values.length);
  return { value: Math.exp(middle), ci: [Math.exp(middle - half), Math.exp(middle + half)] };
}

/** A ratio of two subjects, from rounds in which both were measured. */
export interface Ratio extends Estimate {
  /** Whether the interval leaves out 1: false where there is no interval. */
  readonly significant: boolean;
}

/** `numerator / denominator`, each indexed by round; rounds that miss one of them do not count. */
export function ratio(
  numerator: ReadonlyMap<number, number>,
  denominator: ReadonlyMap<number, number>,
): Ratio | undefined {
  const ratios: number[] = [];
  for (const [round, value] of numerator) {
    const other = denominator.get(round);
    if (other !== undefined) ratios.push(value / other);
  }
  if (ratios.length === 0) return undefined;
  const { value, ci } = estimate(ratios);
  return { value, ...(ci ? { ci } : {}), significant: ci !== undefined && (ci[0] > 1 || ci[1] < 1) };
}

/** The median and the 99th percentile of ascending samples. */
export function quantiles(ascending: Float64Array): { median: number; p99: number } {
  const samples = ascending as unknown as number[];
  return { median: medianSorted(samples), p99: quantileSorted(samples, 0.99) };
}
