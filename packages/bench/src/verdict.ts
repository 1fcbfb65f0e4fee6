import { cumulativeStdNormalProbability } from 'simple-statistics';
import { ERROR, type Estimate, halfWidth, type LogMean } from './statistics.ts';

// Verdicts are sought at a few looks that are fixed beforehand: after so many rounds, and at no other time.

/** After how many rounds a question is looked at. */
export type Looks = readonly number[];

/** What each look may err, so that all together err 5 times in 100 at most. */
export function errorOf(looks: Looks): number {
  return ERROR / looks.length;
}

/** What a value has to keep. */
export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Within so much of a limit, a value counts as the limit. */
export const MARGIN = 1.05;

/** Of a goal. `at the limit`: within 5 % of it, by an equivalence test. */
export type Verdict = 'met' | 'missed' | 'at the limit' | 'too few rounds';

/** Of a subject against another: it takes less, more, or the same within what a process differs from the next. */
export type Comparison = 'faster' | 'slower' | 'same' | 'too few rounds';

/**
 * Whether a quantity keeps its bounds. It is at the limit when two one-sided tests show that it is within `margin` of it;
 * that comes first, so that a value next to the limit is not met today and missed tomorrow. It is met or missed when the
 * whole interval says so.
 */
export function judge(found: LogMean | undefined, bounds: Bounds, error: number, margin: number = MARGIN): Verdict {
  if (!found) return 'too few rounds';
  const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = bounds;
  const limits = [atLeast, atMost].filter((limit) => limit > 0 && Number.isFinite(limit));
  if (limits.some((limit) => isWithin(found, limit, error, margin))) return 'at the limit';
  const half = halfWidth(found, error);
  const [low, high] = [Math.exp(found.mean - half), Math.exp(found.mean + half)];
  if (low >= atLeast && high <= atMost) return 'met';
  return high < atLeast || low > atMost ? 'missed' : 'too few rounds';
}

/** Whether `found` is within `margin` of `limit`: each of two one-sided tests errs `error` times in 1. */
function isWithin(found: LogMean, limit: number, error: number, margin: number): boolean {
  const half = halfWidth(found, 2 * error);
  return Math.abs(found.mean - Math.log(limit)) + half < Math.log(margin);
}

/** A look that is to come. */
export interface Look {
  /** How many rounds there will be. */
  readonly rounds: number;
  readonly error: number;
  readonly margin: number;
}

/**
 * How likely a look is to decide what the rounds so far have left open, if those to come are spread like them. The mean of all of
 * them is then normal around the one of today. It says whom to measure next, and nothing of what the verdict will be.
 */
export function chanceOf(found: LogMean, { atLeast, atMost }: Bounds, { rounds, error, margin }: Look): number {
  const limit = Math.log(atLeast ?? atMost ?? 1);
  const then = { variance: (found.variance * found.rounds) / rounds, df: found.df + rounds - found.rounds };
  const deviation = Math.sqrt(Math.max(found.variance - then.variance, Number.MIN_VALUE));
  const below = (value: number): number => cumulativeStdNormalProbability((value - found.mean) / deviation);
  const half = halfWidth(then, error);
  const within = Math.log(margin) - halfWidth(then, 2 * error);
  const atLimit = within > 0 ? below(limit + within) - below(limit - within) : 0;
  // Where the two overlap, at the limit comes first.
  const beyond = Math.max(half, within);
  return below(limit - beyond) + 1 - below(limit + beyond) + atLimit;
}

/** The verdict on "never slower" in the words of a comparison. */
export function comparisonOf(verdict: Verdict): Comparison {
  const words = {
    met: 'faster',
    missed: 'slower',
    'at the limit': 'same',
    'too few rounds': 'too few rounds',
  } as const;
  return words[verdict];
}

/** Whether values that have no logarithm, or are the same every time, keep their bounds: all of them, or none. */
export function judgePlain({ range: [low, high], rounds, exact }: Estimate, bounds: Bounds): Verdict {
  const { atLeast = 0, atMost = Number.POSITIVE_INFINITY } = bounds;
  if (!exact && rounds < 2) return 'too few rounds';
  if (low >= atLeast && high <= atMost) return 'met';
  return high < atLeast || low > atMost ? 'missed' : 'too few rounds';
}
