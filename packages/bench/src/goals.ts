import { type Cell, cellOf, commonOfParams, rowOf } from './cells.ts';
import { paramsText } from './format.ts';
import { type Part, type Place, type Question, rivalsOf } from './questions.ts';
import type { Params, Versus } from './scenario.ts';
import type { Bounds } from './verdict.ts';

// What this project set out to reach. Shown, never asserted: another machine is another answer. A goal is a limit on a value,
// on a ratio, or on a product of ratios; all at level 0 unless its sentence says otherwise.

/** A goal for every strategy. */
interface Goal extends Bounds {
  readonly target: string;
  /** What the strategy is compared with, as text. */
  readonly against: string;
  /** Undefined where something that it needs was not measured. */
  parts(cells: readonly Cell[], strategy: string, first: number): Part[] | undefined;
}

const SIZES = [1_000, 32_000, 1_000_000, 4_000_000];
const LARGE = 4_000_000;
const MEDIUM = 32_000;
const RANDOM: Params = { order: 'random' };

/** Goals of a ratio to native C: never slower for churn; what checked handles and a hash cost may show in a look-up. */
const NATIVE: readonly (readonly [scenario: string, extra: Params, atMost: (live: number) => number])[] = [
  ['churn', RANDOM, () => 1],
  ['lookup-hit', {}, (live) => (live < MEDIUM ? 3 : 1.5)],
];

/** Goals of a ratio to the floor, which does less than anybody could. */
const FLOOR: readonly (readonly [scenario: string, extra: Params, atMost: number])[] = [
  ['churn', RANDOM, 3],
  ['lookup-hit', {}, 3],
];

/** The goals, in the order of the report. */
export const GOALS: readonly Goal[] = [
  ...NATIVE.flatMap(([scenario, extra, atMost]) =>
    SIZES.map((live) => toRow('native', scenario, live, extra, atMost(live))),
  ),
  ...FLOOR.flatMap(([scenario, extra, atMost]) => SIZES.map((live) => toRow('floor', scenario, live, extra, atMost))),
  ...['random', 'oldest'].flatMap((order) => SIZES.map((live) => overBest('churn', { live, order }, 3))),
  ...['lookup-hit', 'lookup-use'].flatMap((scenario) => SIZES.map((live) => overMap(scenario, live))),
  growth('churn', RANDOM),
  growth('lookup-hit', {}),
  overBest('fork-exit-wait', { live: 10_000 }, 2, 'the plain class-and-Map table of processes'),
  ...[0, 1].flatMap((level) => [
    value(`at most 80 bytes per pid at 1,000,000 live, level ${level}, by the allocator’s account`, 80, 'memory', {
      live: 1_000_000,
      level,
      by: 'stats',
    }),
    value(`the same by the resident memory of the process, level ${level}`, 80, 'memory', {
      live: 1_000_000,
      level,
      by: 'process',
    }),
  ]),
  value('an empty namespace takes at most two pages', 2, 'namespace-memory', { pids: 0 }),
  value('an allocator for 4,194,304 pids is made in less than 20 ms', 20, 'create-time', {}),
  value('and takes less than 2 MiB of memory before it is used', 2_048, 'create-memory', {}),
];

/** Every goal for every strategy, as far as it was measured. */
export function goalsOf(cells: readonly Cell[], first: number): Question[] {
  const strategies = strategiesOf(cells);
  const fixed = GOALS.flatMap(({ target, against, atLeast, atMost, parts: partsOf }) =>
    strategies.flatMap((strategy): Question[] => {
      const parts = partsOf(cells, strategy, first);
      if (!parts) return [];
      const bounds = { ...(atLeast === undefined ? {} : { atLeast }), ...(atMost === undefined ? {} : { atMost }) };
      return [{ id: `${target} ${strategy}`, kind: 'goal', parts, bounds, against, strategy, target }];
    }),
  );
  return [...fixed, ...pairsOf(cells).flatMap((pair) => pairGoal(pair))];
}

/** The strategies of a run, each once. */
export function strategiesOf(cells: readonly Cell[]): string[] {
  const all = cells.flatMap(({ rows }) => rows.filter(({ subject }) => subject.kind === 'strategy'));
  return [...new Set(all.map(({ subject }) => subject.id))];
}

function placeOf(cells: readonly Cell[], scenario: string, params: Params, strategy: string): Place | undefined {
  const cell = cellOf(cells, scenario, params);
  const row = cell?.rows.find(({ subject, measurements }) => subject.id === strategy && measurements.size > 0);
  return cell && row && { cell, row };
}

function at(scenario: string, { live, order }: Params): string {
  return `${scenario}${order ? ` (${order} first)` : ''} at ${live.toLocaleString('en')} live`;
}

/** At most so many times what a row of that kind takes. */
function toRow(kind: 'native' | 'floor', scenario: string, live: number, extra: Params, atMost: number): Goal {
  const params = { live, level: 0, ...extra };
  const than = { native: 'native C', floor: 'the floor' }[kind];
  return {
    target: `${at(scenario, params)}: ${atMost === 1 ? `never slower than ${than}` : `at most ${atMost}× ${than}`}`,
    atMost,
    against: than,
    parts(cells, strategy) {
      const of = placeOf(cells, scenario, params, strategy);
      const row = of && rowOf(of.cell, kind);
      return row && [{ of, over: { cell: of.cell, row } }];
    },
  };
}

/** At least so many times as fast as the best baseline that does the same work. */
function overBest(scenario: string, params: Params, atLeast: number, than = 'the best baseline'): Goal {
  return {
    target: `${at(scenario, params)}: at least ${atLeast}× as fast as ${than}`,
    atLeast,
    against: than,
    parts(cells, strategy, first) {
      const over = placeOf(cells, scenario, { level: 0, ...params }, strategy);
      const row = over && rivalsOf(over.cell, first).vsBaseline;
      return row && [{ of: { cell: over.cell, row }, over }];
    },
  };
}

/** Never slower than a `Map`, and twice as fast where there are a million. */
function overMap(scenario: string, live: number): Goal {
  const params = { live, level: 0 };
  const atLeast = live === 1_000_000 ? 2 : 1;
  return {
    target: `${at(scenario, params)}: ${atLeast === 1 ? 'never slower than' : `at least ${atLeast}× as fast as`} Map`,
    atLeast,
    against: 'map',
    parts(cells, strategy) {
      const over = placeOf(cells, scenario, params, strategy);
      const of = placeOf(cells, scenario, params, 'map');
      return over && of && [{ of, over }];
    },
  };
}

/** What more pids cost, as the machine makes everybody pay for them: against what they cost the floor. */
function growth(scenario: string, extra: Params): Goal {
  const [large, small] = [LARGE, MEDIUM].map((live) => ({ live, level: 0, ...extra }));
  return {
    target: `${at(scenario, large)}: grows since ${MEDIUM.toLocaleString('en')} at most 1.5× as much as the floor does`,
    atMost: 1.5,
    against: 'the floor’s growth',
    parts(cells, strategy) {
      const mine = [large, small].map((params) => placeOf(cells, scenario, params, strategy));
      const floor = [large, small].map((params) => placeOf(cells, scenario, params, 'floor'));
      if (!mine[0] || !mine[1] || !floor[0] || !floor[1]) return undefined;
      return [
        { of: mine[0], over: floor[0] },
        { of: floor[1], over: mine[1] },
      ];
    },
  };
}

function value(target: string, atMost: number, scenario: string, params: Params): Goal {
  return {
    target,
    atMost,
    against: '',
    parts(cells, strategy) {
      const of = placeOf(cells, scenario, params, strategy);
      return of && [{ of }];
    },
  };
}

/** One subject in two cells that differ in one parameter, measured in the same rounds. */
export interface PairOfCells {
  readonly result: Place;
  readonly base: Place;
  readonly versus: Versus;
}

/** Every pair that was measured, in the order of the cells. */
export function pairsOf(cells: readonly Cell[]): PairOfCells[] {
  return cells.flatMap((cell) => {
    const { versus } = cell.scenario;
    if (!versus || cell.params[versus.param] === versus.base) return [];
    const base = cellOf(cells, cell.scenario.id, { ...cell.params, [versus.param]: versus.base });
    return cell.rows.flatMap((row): PairOfCells[] => {
      const other = base?.rows.find(({ subject }) => subject.id === row.subject.id);
      if (!base || !other || row.measurements.size === 0 || other.measurements.size === 0) return [];
      return [{ result: { cell, row }, base: { cell: base, row: other }, versus }];
    });
  });
}

/** A pair's ratio: how many times as fast, or how many times the time. */
export function pairPart({ result, base, versus }: PairOfCells): Part {
  return versus.isGain ? { of: base, over: result } : { of: result, over: base };
}

/** `workers 2 against 1`. */
export function pairText({ result, versus }: PairOfCells): string {
  return `${versus.param} ${result.cell.params[versus.param]} against ${versus.base}`;
}

/** What both cells of a pair have in common. */
export function commonOf({ result }: PairOfCells): Params {
  return commonOfParams(result.cell);
}

/** `at least 1.8×`; undefined where nothing was to be reached. */
export function goalText({ result, versus }: PairOfCells): string | undefined {
  const goal = versus.goal?.(result.cell.params);
  if (!goal) return undefined;
  return goal.atLeast === undefined ? `at most ${goal.atMost}×` : `at least ${goal.atLeast}×`;
}

/** The id of a pair's question. */
export function pairId({ result }: PairOfCells): string {
  return `pair ${result.cell.scenario.id} ${JSON.stringify(result.cell.params)} ${result.row.subject.id}`;
}

function pairGoal(pair: PairOfCells): Question[] {
  const { result, versus } = pair;
  const bounds = versus.goal?.(result.cell.params);
  const { kind, id } = result.row.subject;
  // The floor has to show that the machine has room for the goal, so its pair is one as well.
  const isRoom = kind === 'floor' && versus.room;
  if (!bounds || (kind !== 'strategy' && !isRoom)) return [];
  return [
    {
      id: pairId(pair),
      kind: 'goal',
      parts: [pairPart(pair)],
      bounds: isRoom ? { atLeast: isRoom.atLeast } : bounds,
      against: pairText(pair),
      strategy: id,
      ...(isRoom
        ? {}
        : {
            target: `${result.cell.scenario.id} with ${paramsText(commonOf(pair))}: ${pairText(pair)}, ${goalText(pair)}`,
          }),
    },
  ];
}

/** The floor's pair that has to show that the machine has room for a pair's goal; undefined where nobody asks. */
export function roomOf(pair: PairOfCells, pairs: readonly PairOfCells[]): PairOfCells | undefined {
  const { room } = pair.versus;
  if (!room) return undefined;
  const wanted = Object.entries({ ...pair.result.cell.params, ...room.params });
  return pairs.find(
    ({ result }) =>
      result.row.subject.kind === 'floor' &&
      result.cell.scenario === pair.result.cell.scenario &&
      wanted.every(([name, value]) => result.cell.params[name] === value),
  );
}
