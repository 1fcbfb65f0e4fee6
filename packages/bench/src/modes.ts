import type { Cell } from './cells.ts';
import type { Effort } from './job.ts';
import type { Mode, Params, Scenario } from './scenario.ts';
import type { Looks } from './verdict.ts';
import type { Subject } from './workload.ts';

/** How thoroughly a mode measures. */
export interface Settings {
  /** After how many rounds a question is looked at; every row gets as many as the first. */
  readonly looks: Looks;
  readonly effort: Effort;
  /** That of cells whose processes take long to get ready; missing where it is the same. */
  readonly effortOfSlow?: Effort;
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
 * Filling a Map with millions of objects takes longer than measuring it, and each level is a Map more. So where it would take
 * most of the time, the baselines are those that do the same work, and then the simplest of them; and where no number is
 * taken, baselines that differ from `map` in their numbers alone are `map` once more. A twin says what noise is, and is small.
 */
function lean(atMost: readonly string[]): NonNullable<Settings['leavesOut']> {
  return ({ id, kind, lacks }, scenario, params) => {
    const [live, level] = [Number(params.live ?? 0), Number(params.level ?? 0)];
    if (kind === 'twin')
      return live < LARGE && level === 0 ? undefined : 'the twin stays in the small cells of level 0';
    if (kind !== 'baseline') return undefined;
    if (id in FOR_CLAIMS) return live < LARGE ? undefined : 'left out for time';
    const isPackage = !['map', 'gvisor'].includes(id);
    if (isPackage && !(scenario.id in lacks)) return 'left out for time, since it does here what map does';
    const kept = live > LARGE ? atMost : live === LARGE ? (level > 0 ? ['map'] : ['map', 'gvisor']) : undefined;
    return kept === undefined || kept.includes(id) ? undefined : 'left out for time';
  };
}

/**
 * The lab has six minutes for everything, and a verdict needs rounds. So a row is there where a goal, a claim or the map of the
 * first screen needs it: beside the strategies `map`, and the others of this list in their scenarios.
 */
function lab(...[subject, scenario, params]: Parameters<NonNullable<Settings['leavesOut']>>): string | undefined {
  const { id, kind } = subject;
  const isClaimed = FOR_CLAIMS[id];
  if (isClaimed) return isClaimed(scenario, params) ? undefined : 'in the lab it is there for one claim alone';
  const isSmall = Number(params.level ?? 0) === 0 && Number(params.live ?? 0) < LARGE;
  const isLeftOut =
    (kind === 'twin' && !(isSmall && TWINS_IN_THE_LAB.includes(scenario.id))) ||
    (kind === 'baseline' && id !== 'map' && !(isSmall && scenario.id === 'churn' && params.live === 32_000)) ||
    (kind === 'strategy' && scenario.id === 'order' && id !== 'hierarchical') ||
    (kind === 'floor' && !FLOOR_IN_THE_LAB.includes(scenario.id)) ||
    (kind === 'native' && !NATIVE_IN_THE_LAB.includes(scenario.id));
  const found = isLeftOut ? 'left out of the lab for time' : lean([])(subject, scenario, params);
  return found && `${found}; pid-bench measures it`;
}

/** Where the floor is in the lab: where a goal compares with it, and where it says what the machine can do. */
const FLOOR_IN_THE_LAB = ['churn', 'lookup-hit', 'order', 'workers-throughput', 'workers-windows'];

/** Where native C is in the lab. */
const NATIVE_IN_THE_LAB = ['churn', 'lookup-hit'];

/** Where the twin is in the lab. */
const TWINS_IN_THE_LAB = ['churn', 'lookup-hit', 'lookup-miss', 'fork-exit', 'list', 'namespace'];

/** Baselines that are there for what somebody claimed, and where the lab needs them for that: E9, E10. */
const FOR_CLAIMS: Readonly<Record<string, (scenario: Scenario, params: Params) => boolean>> = {
  'one-space': ({ id }, { live }) => id === 'fork-exit' && live === 32_000,
  'before-2002': ({ id }, { live }) => id === 'churn' && live === 1_000,
};

const LARGE = 1_000_000;

/**
 * Each look takes its share of what may go wrong, and so makes every interval wider. In simulations with the spreads of recorded labs
 * five looks left as much open as three or four, and two left twice as much (docs/adr/0020).
 */
const LOOKS = [2, 3, 5, 8, 12];

/** What the lab spends on a process, and on one that takes half a second to get ready: more turns spread less, and cost little more. */
const EFFORT_OF_THE_LAB: Effort = { measureMs: 54, samples: 6, warmupMs: 10, warmupWindows: 8 };
const EFFORT_OF_SLOW: Effort = { ...EFFORT_OF_THE_LAB, measureMs: 108 };

/** What a process of a cell is to spend. */
export function effortFor(
  { effort, effortOfSlow = effort }: Pick<Settings, 'effort' | 'effortOfSlow'>,
  { scenario, params }: Pick<Cell, 'scenario' | 'params'>,
): Effort {
  return scenario.slow || Number(params.live ?? 0) >= LARGE ? effortOfSlow : effort;
}

/** The same for some scenarios only: no more time than half a minute for each. */
export function settingsFor(mode: Mode, scenarios: number): Settings {
  const settings = SETTINGS[mode];
  return mode === 'quick' ? { ...settings, budgetMs: Math.min(settings.budgetMs, scenarios * 30 * SECOND) } : settings;
}

export const SETTINGS: Readonly<Record<Mode, Settings>> = {
  quick: {
    looks: LOOKS,
    effort: { measureMs: 72, samples: 5, warmupMs: 20, warmupWindows: 5 },
    processLimitMs: 20 * SECOND,
    budgetMs: 2 * MINUTE,
  },
  lab: {
    looks: LOOKS,
    effort: EFFORT_OF_THE_LAB,
    effortOfSlow: EFFORT_OF_SLOW,
    processLimitMs: 30 * SECOND,
    budgetMs: 300 * SECOND,
    leavesOut: lab,
  },
  default: {
    looks: LOOKS,
    effort: { measureMs: 90, samples: 10, warmupMs: 25, warmupWindows: 10 },
    processLimitMs: 60 * SECOND,
    budgetMs: 30 * MINUTE,
    leavesOut: lean(['map']),
  },
  full: {
    looks: LOOKS,
    effort: { measureMs: 144, samples: 20, warmupMs: 40, warmupWindows: 10 },
    processLimitMs: 180 * SECOND,
    budgetMs: 44 * MINUTE,
    leavesOut: lean(['map']),
  },
};
