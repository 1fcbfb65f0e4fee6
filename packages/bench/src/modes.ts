import type { Effort } from './measure.ts';
import type { Mode, Params, Scenario } from './scenario.ts';
import type { Looks } from './verdict.ts';
import type { Subject } from './workload.ts';

/** How thoroughly a mode measures. */
export interface Settings {
  /** After how many rounds a question is looked at; every row gets as many as the first. */
  readonly looks: Looks;
  readonly effort: Effort;
  /** A process that takes longer is stopped, and its cell says so. */
  readonly processLimitMs: number;
  /** No process begins when all have taken this; what is not decided then says so. */
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

const LOOKS = [2, 3, 5, 8, 12];

/** The same for some scenarios only: no more time than half a minute for each. */
export function settingsFor(mode: Mode, scenarios: number): Settings {
  const settings = SETTINGS[mode];
  return mode === 'quick' ? { ...settings, budgetMs: Math.min(settings.budgetMs, scenarios * 30 * SECOND) } : settings;
}

export const SETTINGS: Readonly<Record<Mode, Settings>> = {
  quick: {
    looks: LOOKS,
    effort: { measureMs: 50, samples: 5, warmupMs: 20, warmupWindows: 5 },
    processLimitMs: 20 * SECOND,
    budgetMs: 2 * MINUTE,
  },
  lab: {
    looks: LOOKS,
    effort: { measureMs: 40, samples: 5, warmupMs: 15, warmupWindows: 8 },
    processLimitMs: 30 * SECOND,
    budgetMs: 270 * SECOND,
    leavesOut: notInTheLab,
  },
  default: {
    looks: LOOKS,
    effort: { measureMs: 200, samples: 10, warmupMs: 50, warmupWindows: 10 },
    processLimitMs: 60 * SECOND,
    budgetMs: 30 * MINUTE,
  },
  full: {
    looks: LOOKS,
    effort: { measureMs: 500, samples: 20, warmupMs: 100, warmupWindows: 10 },
    processLimitMs: 180 * SECOND,
    budgetMs: 44 * MINUTE,
  },
};
