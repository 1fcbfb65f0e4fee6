import type { Effort } from './measure.ts';
import type { Mode, Params, Scenario } from './scenario.ts';
import type { Subject } from './workload.ts';

/** How thoroughly a mode measures. */
export interface Settings {
  readonly rounds: number;
  /** Rounds of the cells with a million live pids and more, which take most of the time. */
  readonly largeRounds: number;
  readonly effort: Effort;
  /** A process that takes longer is stopped, and its cell says so. */
  readonly processLimitMs: number;
  /** No new round of a cell begins after this; the cells say how many rounds they got. */
  readonly budgetMs: number;
  /** Why this mode leaves a subject out of a cell, if it does. */
  leavesOut?(subject: Pick<Subject, 'id' | 'kind' | 'lacks'>, scenario: Scenario, params: Params): string | undefined;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/**
 * Filling a Map with millions of objects takes longer than measuring it, so the lab leaves some of that to pid-bench: at a
 * million live it has the two baselines that do the same work; at a million deeper down, where each level is a Map more, the
 * simpler of them; beyond, none. And where no number is taken, baselines that differ from `map` in their numbers alone are
 * `map` once more.
 */
function notInTheLab(
  { id, kind, lacks }: Pick<Subject, 'id' | 'kind' | 'lacks'>,
  scenario: Scenario,
  params: Params,
): string | undefined {
  if (kind !== 'baseline') return undefined;
  const sameWork = ['map', 'gvisor'];
  if (!sameWork.includes(id) && !(scenario.id in lacks))
    return 'left out of the lab for time, since it does here what map does; pid-bench measures it';
  const live = Number(params.live ?? 0);
  const kept = live > LARGE ? [] : Number(params.level ?? 0) > 0 ? ['map'] : sameWork;
  return live < LARGE || kept.includes(id) ? undefined : 'left out of the lab for time; pid-bench measures it';
}

const LARGE = 1_000_000;

/** How many rounds a cell gets. */
export function roundsOf(settings: Settings, scenario: Scenario, params: Params): number {
  if (scenario.exact?.(params)) return 1;
  return Number(params.live ?? 0) >= LARGE ? settings.largeRounds : settings.rounds;
}

export const SETTINGS: Readonly<Record<Mode, Settings>> = {
  quick: {
    rounds: 3,
    largeRounds: 3,
    effort: { measureMs: 50, samples: 5, warmupMs: 20, warmupWindows: 5 },
    processLimitMs: 20 * SECOND,
    budgetMs: 2 * MINUTE,
  },
  lab: {
    rounds: 4,
    largeRounds: 3,
    effort: { measureMs: 40, samples: 5, warmupMs: 15, warmupWindows: 8 },
    processLimitMs: 30 * SECOND,
    budgetMs: 270 * SECOND,
    leavesOut: notInTheLab,
  },
  default: {
    rounds: 5,
    largeRounds: 5,
    effort: { measureMs: 200, samples: 10, warmupMs: 50, warmupWindows: 10 },
    processLimitMs: 60 * SECOND,
    budgetMs: 60 * MINUTE,
  },
  full: {
    rounds: 10,
    largeRounds: 10,
    effort: { measureMs: 500, samples: 20, warmupMs: 100, warmupWindows: 10 },
    processLimitMs: 180 * SECOND,
    budgetMs: 8 * 60 * MINUTE,
  },
};
