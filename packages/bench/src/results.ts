import { median } from 'simple-statistics';
import { type Cell, lackOf, type Row, type Status } from './cells.ts';
import type { Decision, Docket, Stop } from './docket.ts';
import {
  commonOf,
  GOALS,
  goalText,
  type PairOfCells,
  pairId,
  pairPart,
  pairsOf,
  pairText,
  roomOf,
  strategiesOf,
} from './goals.ts';
import { type Noise, noiseOf } from './noise.ts';
import { comparisonsOf, find, type Priors, type Question, type Versus, valueIn } from './questions.ts';
import type { Params } from './scenario.ts';
import type { Estimate } from './statistics.ts';
import { type Bounds, type Comparison, comparisonOf, type Verdict } from './verdict.ts';
import type { Subject } from './workload.ts';

/** What one process saw. */
export interface Round {
  readonly round: number;
  readonly median: number;
  readonly p99: number;
  readonly samples: number;
  /** Whether the warm-up had come to rest. */
  readonly steady: boolean;
  /** Share of the measured time that the garbage collector took. */
  readonly gcShare: number;
  /** Nanoseconds in which one thread handed a word over to another; for what threads do. */
  readonly handOverNs?: number;
}

/** A factor against another row of the same cell, from the rounds that both have. */
export interface Factor extends Estimate {
  /** The other row's subject. */
  readonly against: string;
  /** Missing where no rounds were spent on it, and those that others needed do not show it. */
  readonly verdict?: Comparison;
  /** Within so many times of one another they are the same; beside a verdict. */
  readonly within?: number;
  /** Why it was looked at no more; missing where no rounds were spent on it. */
  readonly stop?: Stop;
}

/** One subject in one cell: a scenario with its parameters. */
export interface Result {
  readonly strategy: string;
  readonly kind: Subject['kind'];
  /** For a twin: whose. */
  readonly twinOf?: string;
  readonly scenario: string;
  readonly params: Params;
  /** `ns per look-up`. */
  readonly unit: string;
  readonly status: Status;
  /** For everything but `ok`: why. For `ok`: what was cut, if anything was. */
  readonly reason?: string;
  /** What this row does not do of the scenario's work. */
  readonly lacks?: string;
  /** The median of a round, its geometric mean over rounds; their median, where one is 0. */
  readonly median?: number;
  /** The 99th percentile of a sample's mean, not of a single operation; the median of the rounds'. */
  readonly p99?: number;
  /** 95 % interval of the median, where there are rounds enough for one. */
  readonly ci?: readonly [low: number, high: number];
  /** The least and the most of a round. */
  readonly range?: readonly [low: number, high: number];
  /** Rounds that an interval would still need. */
  readonly missing?: number;
  /** Whether it is the same every time. */
  readonly exact?: true;
  /** Samples in all rounds. */
  readonly samples: number;
  /** Operations in each sample. */
  readonly ops?: number;
  readonly rounds: readonly Round[];
  /** Rounds that nothing else here counts: the cores were further apart, or nearer, than they were in the run as a rule. */
  readonly aside?: readonly Round[];
  /** How many times less than the best baseline that does the same work; for strategies. */
  readonly vsBaseline?: Factor;
  /** The same against the best of all baselines, whatever it lacks; where that is another. */
  readonly vsAnyBaseline?: Factor;
  /** How many times the floor. */
  readonly vsFloor?: Factor;
  /** How many times native C. */
  readonly vsNative?: Factor;
  /** How many times the fastest strategy; for the others. */
  readonly vsFastest?: Factor;
}

/** One strategy against one target of the project. */
export interface Target extends Bounds {
  readonly target: string;
  readonly strategy: string;
  readonly verdict: Verdict | 'not measured';
  /** What was measured; missing where nothing was. */
  readonly measured?: Estimate & { readonly against: string; readonly unit: string };
  /** Why it was looked at no more. */
  readonly stop?: Stop;
  /** Why it was not measured, or what keeps it from being said. */
  readonly reason?: string;
}

/** One subject in two cells that differ in one parameter. */
export interface Pair {
  readonly strategy: string;
  readonly kind: Result['kind'];
  readonly scenario: string;
  /** What both cells have in common. */
  readonly common: Params;
  /** `workers 2 against 1`. */
  readonly against: string;
  readonly factor: Estimate;
  readonly isGain: boolean;
  /** `at least 1.8×`, if anything was to be reached. */
  readonly goal?: string;
  readonly verdict?: Target['verdict'];
}

/** Everything that a run found. */
export interface Findings {
  readonly results: readonly Result[];
  readonly pairs: readonly Pair[];
  readonly targets: readonly Target[];
  readonly noise?: Noise;
}

/** Sums up a run that is over. */
export function summarize(cells: readonly Cell[], docket: Docket, decisions: ReadonlyMap<string, Decision>): Findings {
  const questions = docket.questions();
  const context: Context = { cells, docket, decisions, priors: docket.priors(questions) };
  const noise = noiseOf(cells);
  return {
    results: cells.flatMap((cell) => cell.rows.map((row) => resultOf(cell, row, context))),
    pairs: pairsOf(cells).flatMap((pair) => pairOf(pair, context)),
    targets: targetsOf(questions, context),
    ...(noise ? { noise } : {}),
  };
}

interface Context {
  readonly cells: readonly Cell[];
  readonly docket: Docket;
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly priors: Priors;
}

function resultOf(cell: Cell, row: Row, context: Context): Result {
  const { scenario } = cell;
  const lacks = lackOf(row, scenario);
  const head = {
    strategy: row.subject.id,
    kind: row.subject.kind,
    ...(row.subject.twinOf === undefined ? {} : { twinOf: row.subject.twinOf }),
    scenario: scenario.id,
    params: cell.params,
    unit: unitOf(cell),
    status: row.measurements.size > 0 ? ('ok' as const) : row.status,
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    ...(lacks === undefined ? {} : { lacks }),
  };
  if (row.measurements.size === 0) return { ...head, samples: 0, rounds: [] };
  const measured = [...row.measurements.values()];
  const { value, rounds: _, ...estimate } = valueIn({ cell, row }, context.priors, context.docket.error);
  return {
    ...head,
    median: value,
    p99: median(measured.map(({ p99 }) => p99)),
    ...estimate,
    samples: measured.reduce((total, { samples }) => total + samples, 0),
    ops: measured[0].ops,
    rounds: roundsIn(row.measurements),
    ...(row.aside.size > 0 ? { aside: roundsIn(row.aside) } : {}),
    ...factorsOf(cell, row, context),
  };
}

function roundsIn(measurements: Row['measurements']): Round[] {
  return [...measurements].map(([round, { ops: _, ...measurement }]) => ({ round, ...measurement }));
}

function unitOf({ scenario }: Cell): string {
  return `${scenario.measures} per ${scenario.unit}`;
}

function factorsOf(cell: Cell, row: Row, { docket, decisions, priors }: Context): Partial<Record<Versus, Factor>> {
  // The rivals are the same for all questions of a cell, so this asks for those of one row only.
  const mine = comparisonsOf(cell, docket.first).filter(({ strategy }) => strategy === row.subject.id);
  return Object.fromEntries(
    mine.flatMap((question): [string, Factor][] => {
      const decision = decisions.get(question.id);
      const within = decision?.within ?? docket.margin(question, priors);
      const finding = decision ?? find(question, priors, docket.error, within);
      if (!finding) return [];
      const versus = question.id.slice(question.id.lastIndexOf(' ') + 1);
      const isTold = decision || finding.verdict !== 'too few rounds';
      const factor = {
        against: decision?.against ?? question.against,
        ...finding.estimate,
        ...(isTold ? { verdict: comparisonOf(finding.verdict), within } : {}),
        ...(decision ? { stop: decision.stop } : {}),
      };
      return [[versus, factor]];
    }),
  );
}

function targetsOf(questions: readonly Question[], { cells, decisions }: Context): Target[] {
  const asked = new Map(questions.map((question) => [question.id, question]));
  const pairs = pairsOf(cells);
  const fixed = GOALS.flatMap(({ target, atLeast, atMost }) =>
    strategiesOf(cells).map((strategy) => {
      const bounds = { ...(atLeast === undefined ? {} : { atLeast }), ...(atMost === undefined ? {} : { atMost }) };
      return targetOf({ target, strategy, ...bounds }, asked.get(`${target} ${strategy}`), decisions);
    }),
  );
  const ofPairs = pairs.flatMap((pair) => {
    const question = asked.get(pairId(pair));
    if (!question?.target) return [];
    const { target, strategy, bounds } = question;
    const found = targetOf({ target, strategy, ...bounds }, question, decisions);
    return [hasRoom(pair, pairs, decisions) || found.verdict === 'met' ? found : withoutRoom(found)];
  });
  return [...fixed, ...ofPairs];
}

function targetOf(
  head: Pick<Target, 'target' | 'strategy'> & Bounds,
  question: Question | undefined,
  decisions: ReadonlyMap<string, Decision>,
): Target {
  const decision = question && decisions.get(question.id);
  if (!decision) return { ...head, verdict: 'not measured' };
  const [{ of, over }] = question.parts;
  const unit = over ? '×' : of.cell.scenario.measures;
  const { verdict, estimate, against, stop } = decision;
  return { ...head, verdict, measured: { ...estimate, against, unit }, stop };
}

/** Whether the floor showed that the machine has room for a pair's goal; true where nobody asks, or it was not measured. */
function hasRoom(pair: PairOfCells, pairs: readonly PairOfCells[], decisions: ReadonlyMap<string, Decision>): boolean {
  const room = roomOf(pair, pairs);
  return room === undefined || decisions.get(pairId(room))?.verdict === 'met';
}

function withoutRoom(target: Target): Target {
  const reason = 'the machine had no second core free: the floor did not gain enough either';
  return { ...target, verdict: 'not measured', reason };
}

function pairOf(pair: PairOfCells, context: Context): Pair[] {
  const { decisions, docket, priors, cells } = context;
  const { result, versus } = pair;
  const decision = decisions.get(pairId(pair));
  const found = decision ?? find({ parts: [pairPart(pair)], bounds: {} }, priors, docket.error);
  if (!found) return [];
  const goal = result.row.subject.kind === 'strategy' ? goalText(pair) : undefined;
  const kept = decision && (decision.verdict === 'met' || hasRoom(pair, pairsOf(cells), decisions));
  return [
    {
      strategy: result.row.subject.id,
      kind: result.row.subject.kind,
      scenario: result.cell.scenario.id,
      common: commonOf(pair),
      against: pairText(pair),
      factor: found.estimate,
      isGain: versus.isGain,
      ...(goal ? { goal, verdict: kept ? decision.verdict : 'not measured' } : {}),
    },
  ];
}

/** Results that belong to the same scenario and parameters, in the order in which they came. */
export function cellsOf(results: readonly Result[]): Result[][] {
  const cells = new Map<string, Result[]>();
  for (const result of results) {
    const key = `${result.scenario} ${JSON.stringify(result.params)}`;
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return [...cells.values()];
}
