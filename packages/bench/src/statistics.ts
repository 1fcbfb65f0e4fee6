import jstat from 'jstat';
import { bisect, max, mean, median, min, sum } from 'simple-statistics';

// Processes differ more from each other than the samples of one do: where the allocator's memory happened to lie, what
// else the machine was doing. So the process is the unit, one value from each, and there are few of them. All that follows
// is done on logarithms, which treat "twice as fast" and "half as fast" alike.
//
// Two or three values say little about their own spread: a plain t of two has 12.7 for 95 %. But the comparisons of one
// scenario are spread alike, so each borrows from all: its variance is drawn towards the one that they have in common, by
// as much as they agree. That is the moderated t of limma (Smyth 2004, "Linear models and empirical Bayes methods"), with
// its estimate of the common variance by the moments of the logarithms of the variances.
//
// Whoever looks again and again and stops at the first result that suits errs 18 times in 100 and not 5. So the looks are
// fixed beforehand and share what may go wrong in equal parts (Bonferroni): whatever the looks have to do with each other,
// all of them together err 5 times in 100 at most. `test/statistics.test.ts` and `test/verdict.test.ts` count how often.

/** How often all looks at one question together may give an interval that does not hold the truth. */
export const ERROR = 0.05;

/** How a quantity was spread over rounds: the variance of one round's logarithm, and its degrees of freedom. */
export interface Spread {
  readonly variance: number;
  readonly df: number;
}

/** What the comparisons of a scenario have in common; without any, each stands alone. */
export interface Prior extends Spread {
  /** Degrees of freedom of all of them together: nobody can know more than that. */
  readonly known: number;
}

const NO_PRIOR: Prior = { variance: 0, df: 0, known: Number.POSITIVE_INFINITY };

/** Mean and spread of logarithms, one of each round. */
export interface LogMean {
  /** Of the logarithms. */
  readonly mean: number;
  /** Variance of `mean`. */
  readonly variance: number;
  readonly df: number;
  readonly rounds: number;
}

/** The spread of some values, which must not be fewer than two. */
export function spreadOf(values: readonly number[]): Spread {
  const middle = mean(values as number[]);
  const df = values.length - 1;
  return { variance: sum(values.map((value) => (value - middle) ** 2)) / df, df };
}

/**
 * The variance that some spreads have in common, and how many degrees of freedom that is worth: Infinity where they
 * differ no more than variances of one size would. Fewer than three say nothing about each other.
 */
export function priorOf(spreads: readonly Spread[]): Prior {
  const middle = spreads.length === 0 ? 0 : median(spreads.map(({ variance }) => variance));
  if (spreads.length < 3 || !(middle > 0)) return NO_PRIOR;
  // A variance of nothing is an accident of few values, and has no logarithm.
  const logs = spreads.map(
    ({ variance, df }) => Math.log(Math.max(variance, 1e-5 * middle)) - digamma(df / 2) + Math.log(df / 2),
  );
  const center = mean(logs);
  const excess =
    sum(logs.map((value) => (value - center) ** 2)) / (logs.length - 1) -
    mean(spreads.map(({ df }) => trigamma(df / 2)));
  const known = sum(spreads.map(({ df }) => df));
  if (excess <= trigamma(MOST_DF / 2)) return { variance: Math.exp(center), df: Number.POSITIVE_INFINITY, known };
  const half = bisect((x) => trigamma(x) - excess, 1e-6, MOST_DF, 200, 1e-9);
  return { variance: Math.exp(center + digamma(half) - Math.log(half)), df: 2 * half, known };
}

/** From here on a t is a normal deviate. */
const MOST_DF = 1e4;

/** A spread drawn towards what its scenario has in common. */
export function moderate(own: Spread, prior: Prior): Spread {
  if (prior.df === Number.POSITIVE_INFINITY) return { variance: prior.variance, df: Math.min(prior.known, MOST_DF) };
  const df = own.df + prior.df;
  return { variance: (own.df * own.variance + prior.df * prior.variance) / df, df: Math.min(df, prior.known) };
}

/** The mean of logarithms, one of each round, with a spread moderated by `prior`; undefined for less than two rounds. */
export function logMean(logs: readonly number[], prior: Prior): LogMean | undefined {
  if (logs.length < 2) return undefined;
  const { variance, df } = moderate(spreadOf(logs), prior);
  return { mean: mean(logs as number[]), variance: variance / logs.length, df, rounds: logs.length };
}

/** The sum of independent means; its degrees of freedom are Welch's and Satterthwaite's. */
export function sumOf(parts: readonly LogMean[]): LogMean {
  const variance = sum(parts.map((part) => part.variance));
  const weights = parts.map((part) => part.variance ** 2 / part.df);
  return {
    mean: sum(parts.map((part) => part.mean)),
    variance,
    df: variance > 0 ? variance ** 2 / sum(weights) : min(parts.map(({ df }) => df)),
    rounds: min(parts.map(({ rounds }) => rounds)),
  };
}

/** Half the width of the interval that errs `error` times in 1, in logarithms. */
export function halfWidth({ variance, df }: Pick<LogMean, 'variance' | 'df'>, error: number): number {
  return jstat.jStat.studentt.inv(1 - error / 2, Math.min(df, MOST_DF)) * Math.sqrt(variance);
}

/** An interval whose ends differ more than this many times says nothing, and is not printed. */
const WIDEST = 4;

/** What a quantity is, as it may be told. */
export interface Estimate {
  /** Geometric mean of the rounds. */
  readonly value: number;
  /** Its interval, over all looks 95 %; only where there are rounds enough for one. */
  readonly ci?: readonly [low: number, high: number];
  /** The least and the most of a round. */
  readonly range: readonly [low: number, high: number];
  readonly rounds: number;
  /** Rounds that an interval would still need, where there is none for want of them. */
  readonly missing?: number;
  /** Whether it is the same every time, so that there is nothing to be estimated. */
  readonly exact?: true;
}

/** A mean as an estimate; `logs` are the values of single rounds, as far as there are some. */
export function estimateOf(found: LogMean, logs: readonly number[], error: number): Estimate {
  const half = halfWidth(found, error);
  const range = logs.length > 0 ? [Math.exp(min(logs as number[])), Math.exp(max(logs as number[]))] : [];
  const value = Math.exp(found.mean);
  const around = range.length > 0 ? (range as [number, number]) : ([value, value] as const);
  const isWide = 2 * half > Math.log(WIDEST);
  return {
    value,
    ...(isWide ? { missing: missingRounds(found, error) } : { ci: [value * Math.exp(-half), value * Math.exp(half)] }),
    range: around,
    rounds: found.rounds,
  };
}

/** How many more rounds of the same spread would make an interval that can be printed. */
function missingRounds({ variance, df, rounds }: LogMean, error: number): number {
  for (let more = 1; more < 1_000; more++) {
    const half = halfWidth({ variance: (variance * rounds) / (rounds + more), df: df + more }, error);
    if (2 * half <= Math.log(WIDEST)) return more;
  }
  return 1_000;
}

/**
 * Values of rounds as an estimate. Where one of them is 0 or less there is no logarithm: a median and no interval. Resident memory can
 * be less than before, when a process gives something back meanwhile.
 */
export function estimateValues(values: readonly number[], prior: Prior, error: number): Estimate {
  if (values.length === 0) throw new RangeError('an estimate needs at least one value');
  if (!values.every(Number.isFinite)) throw new RangeError(`an estimate needs numbers, not ${values.join(', ')}`);
  const range = [min(values as number[]), max(values as number[])] as const;
  if (range[0] <= 0) return { value: median(values as number[]), range, rounds: values.length };
  const logs = values.map(Math.log);
  const found = logMean(logs, prior);
  if (!found) return { value: values[0], range, rounds: 1, missing: 1 };
  return estimateOf(found, logs, error);
}

/** `numerator / denominator` of the rounds that both have, as logarithms; rounds where one is 0 do not count. */
export function logRatios(numerator: ReadonlyMap<number, number>, denominator: ReadonlyMap<number, number>): number[] {
  const logs: number[] = [];
  for (const [round, value] of numerator) {
    const other = denominator.get(round);
    if (other !== undefined && other > 0 && value > 0) logs.push(Math.log(value / other));
  }
  return logs;
}

/** The ratio of two subjects, from rounds in which both were measured, by itself; undefined where there are none. */
export function ratio(
  numerator: ReadonlyMap<number, number>,
  denominator: ReadonlyMap<number, number>,
): Estimate | undefined {
  const logs = logRatios(numerator, denominator);
  return logs.length === 0 ? undefined : estimateValues(logs.map(Math.exp), NO_PRIOR, ERROR);
}

/** The derivative of the logarithm of the gamma function, for positive `x`: its recurrence, then its series. */
export function digamma(x: number): number {
  if (x < 8) return digamma(x + 1) - 1 / x;
  const u = 1 / (x * x);
  return Math.log(x) - 1 / (2 * x) - u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u / 240)));
}

/** The derivative of `digamma`. */
export function trigamma(x: number): number {
  if (x < 8) return trigamma(x + 1) + 1 / (x * x);
  const u = 1 / (x * x);
  return 1 / x + u / 2 + (u / x) * (1 / 6 - u * (1 / 30 - u * (1 / 42 - u / 30)));
}
