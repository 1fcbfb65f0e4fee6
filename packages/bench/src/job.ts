import type { Layout } from './random.ts';
import type { Params } from './scenario.ts';
import type { SubjectSpec } from './subjects.ts';

/** How long a process measures. */
export interface Effort {
  /** Milliseconds of samples in all turns, and at least `samples` of them; or three, if those take five times as long. */
  readonly measureMs: number;
  readonly samples: number;
  /** Milliseconds of one warm-up window, and at least a sample; windows are repeated until two agree. */
  readonly warmupMs: number;
  /** The most windows; fewer, but three at least, where samples are so long that these take the same time. */
  readonly warmupWindows: number;
}

/** What one process is to measure. */
export interface Job {
  readonly subject: SubjectSpec;
  readonly scenario: string;
  readonly params: Params;
  /** From 0. */
  readonly round: number;
  readonly seed: number;
  readonly layout: Layout;
  readonly effort: Effort;
}

/** What it has measured. */
export interface Measurement {
  /** Of the samples of the quicker half of the turns, each the mean of its operations, in the scenario's unit. */
  readonly median: number;
  /** Of all samples. */
  readonly p99: number;
  /** How many there were. */
  readonly samples: number;
  /** Operations in each sample. */
  readonly ops: number;
  /** Whether two windows of the warm-up in a row agreed within 5 %. */
  readonly steady: boolean;
  /** The part of the measured time that the garbage collector took. */
  readonly gcShare: number;
  /** Nanoseconds in which two of its threads handed a word over to each other, right after the last turn; for what threads do. */
  readonly handOverNs?: number;
}

/** Milliseconds of a turn: so short that what slows the machine down hits all who take turns. */
export const TURN_MS = 18;

/**
 * Milliseconds of a turn before its samples count. Others have used the caches meanwhile. Of pids that are drawn at random, seven
 * have to be drawn for each until all but one in a thousand have been: that takes 12 ms among 32,000 at 55 ns, and a fraction of one
 * among 1,000.
 */
export function wakeMsFor({ live = WARM_PIDS }: Params): number {
  return Math.min(MOST_WAKE_MS, Math.max(LEAST_WAKE_MS, (MOST_WAKE_MS * Number(live)) / WARM_PIDS));
}

/** Pids that the most is enough for. More would take longer, and miss the caches in any case. */
const WARM_PIDS = 32_000;
const MOST_WAKE_MS = 15;
/** For what is there besides pids: code, and what the operating system left. */
const LEAST_WAKE_MS = 3;
