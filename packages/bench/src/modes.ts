import type { Effort } from './measure.ts';
import type { Mode, Params } from './scenario.ts';
import type { Subject } from './workload.ts';

/** How thoroughly a mode measures. */
export interface Settings {
  readonly rounds: number;
  readonly effort: Effort;
  /** A process that takes longer is stopped, and its cell says so. */
  readonly processLimitMs: number;
  /** No new round of a cell begins after this; the cells say how many rounds they got. */
  readonly budgetMs: number;
  /** Why this mode leaves a subject out of a cell, if it does. */
  leavesOut?(subject: Pick<Subject, 'id' | 'kind'>, params: Params): string | undefined;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The lab leaves the large baselines to pid-bench: filling a Map with four million objects takes longer than measuring. */
function notInTheLab(subject: Pick<Subject, 'id' | 'kind'>, params: Params): string | undefined {
  return params.live === 4_000_000 && subject.kind === 'baseline' && subject.id !== 'map'
    ? 'left out of the lab for time; pid-bench measures it'
    : undefined;
}

export const SETTINGS: Readonly<Record<Mode, Settings>> = {
  quick: {
    rounds: 3,
    effort: { measureMs: 50, samples: 5, warmupMs: 20, warmupWindows: 5 },
    processLimitMs: 20 * SECOND,
    budgetMs: 2 * MINUTE,
  },
  lab: {
    rounds: 5,
    effort: { measureMs: 60, samples: 5, warmupMs: 20, warmupWindows: 8 },
    processLimitMs: 30 * SECOND,
    budgetMs: 270 * SECOND,
    leavesOut: notInTheLab,
  },
  default: {
    rounds: 5,
    effort: { measureMs: 200, samples: 10, warmupMs: 50, warmupWindows: 10 },
    processLimitMs: 60 * SECOND,
    budgetMs: 60 * MINUTE,
  },
  full: {
    rounds: 10,
    effort: { measureMs: 500, samples: 20, warmupMs: 100, warmupWindows: 10 },
    processLimitMs: 180 * SECOND,
    budgetMs: 8 * 60 * MINUTE,
  },
};
