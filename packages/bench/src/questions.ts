import { type Cell, lackOf, least, medians, type Row, rowOf } from './cells.ts';
import { goalsOf } from './goals.ts';
import type { Params } from './scenario.ts';
import {
  type Estimate,
  estimateOf,
  estimateValues,
  type LogMean,
  logMean,
  type Prior,
  priorOf,
  type Spread,
  spreadOf,
  sumOf,
} from './statistics.ts';
import { type Bounds, chanceOf, judge, judgePlain, type Look, type Verdict } from './verdict.ts';

/** A row in its cell. */
export interface Place {
  readonly cell: Cell;
  readonly row: Row;
}

/** A value, or the ratio of two that were measured in the same rounds. */
export interface Part {
  readonly of: Place;
  readonly over?: Place;
}

/** Something that rounds are spent on until it has an answer. */
export interface Question {
  /** The same at every look. */
  readonly id: string;
  readonly kind: 'goal' | 'comparison';
  /** What is asked about: the product of these, which are independent of each other. */
  readonly parts: readonly Part[];
  readonly bounds: Bounds;
  /** What the strategy is compared with, as text. */
  readonly against: string;
  readonly strategy: string;
  /** For goals: the sentence. */
  readonly target?: string;
}

/** Which of a strategy's comparisons one is. */
export type Versus = 'vsBaseline' | 'vsAnyBaseline' | 'vsFloor' | 'vsNative' | 'vsFastest';

/** The comparisons that rounds are spent on; the others are told as far as they are known. */
const DECIDED: readonly Versus[] = ['vsBaseline', 'vsNative', 'vsFastest'];

/** What a question found at this moment. */
export interface Finding {
  readonly verdict: Verdict;
  readonly estimate: Estimate;
}

/** The names of a cell, of a row in it, and of a comparison. */
export function cellKey({
  scenario,
  params,
}: {
  readonly scenario: { readonly id: string };
  readonly params: Params;
}): string {
  return `${scenario.id} ${JSON.stringify(params)}`;
}

/** A comparison's id. */
function versusId(cell: Cell, row: Row, versus: Versus): string {
  return `${cellKey(cell)} ${row.subject.id} ${versus}`;
}

/** Everything that is to be decided, the goals first. `first` rounds choose who is the best baseline and the fastest design. */
export function questionsOf(cells: readonly Cell[], first: number): Question[] {
  return [...goalsOf(cells, first), ...cells.flatMap((cell) => comparisonsOf(cell, first, DECIDED))];
}

/** The comparisons of a cell's strategies, and of its other rows with the floor. */
export function comparisonsOf(cell: Cell, first: number, which?: readonly Versus[]): Question[] {
  if (cell.exact || (which && cell.scenario.unasked)) return [];
  const rivals = rivalsOf(cell, first);
  return cell.rows.flatMap((row) => {
    if (row.measurements.size === 0 || row.subject.kind === 'twin') return [];
    return (Object.keys(rivals) as Versus[]).flatMap((versus): Question[] => {
      const rival = rivals[versus];
      if (!rival || rival === row || (which && !which.includes(versus))) return [];
      if (row.subject.kind !== 'strategy' && versus !== 'vsFloor' && versus !== 'vsNative') return [];
      if (row.subject.kind === 'native' || (row.subject.kind !== 'strategy' && which)) return [];
      const [mine, its] = [
        { cell, row },
        { cell, row: rival },
      ];
      // "So many times faster than a baseline" and "so many times the floor".
      const isGain = versus === 'vsBaseline' || versus === 'vsAnyBaseline';
      return [
        {
          id: versusId(cell, row, versus),
          kind: 'comparison',
          parts: [isGain ? { of: its, over: mine } : { of: mine, over: its }],
          bounds: isGain ? { atLeast: 1 } : { atMost: 1 },
          against: rival.subject.id,
          strategy: row.subject.id,
        },
      ];
    });
  });
}

/** Whom the strategies of a cell are compared with. */
export function rivalsOf(cell: Cell, first: number): Partial<Record<Versus, Row>> {
  const baselines = cell.rows.filter(({ subject }) => subject.kind === 'baseline');
  const same = least(
    baselines.filter((row) => lackOf(row, cell.scenario) === undefined),
    first,
  );
  const any = least(baselines, first);
  const found: Partial<Record<Versus, Row | undefined>> = {
    vsBaseline: same,
    vsAnyBaseline: any === same ? undefined : any,
    vsFloor: rowOf(cell, 'floor'),
    vsNative: rowOf(cell, 'native'),
    vsFastest: least(
      cell.rows.filter(({ subject }) => subject.kind === 'strategy'),
      first,
    ),
  };
  return Object.fromEntries(Object.entries(found).filter(([, row]) => row !== undefined));
}

/** How one strategy's row, or another's, and that of its twin differ. */
export function twinPart(cell: Cell): Part | undefined {
  const twin = rowOf(cell, 'twin');
  const row = cell.rows.find(({ subject }) => subject.id === twin?.subject.twinOf);
  return twin && row ? { of: { cell, row: twin }, over: { cell, row } } : undefined;
}

/** The logarithms of a part by round; undefined where a value has none. */
function logsOf({ of, over }: Part): Map<number, number> | undefined {
  const logs = new Map<number, number>();
  const others = over && medians(over.row);
  for (const [round, value] of medians(of.row)) {
    const other = others ? others.get(round) : 1;
    if (other === undefined) continue;
    if (!(value > 0 && other > 0)) return undefined;
    logs.set(round, Math.log(value / other));
  }
  return logs;
}

/** Rounds that a question has: those that every part of it has. */
export function roundsOf({ parts }: Pick<Question, 'parts'>): number {
  return Math.min(
    ...parts.map(({ of, over }) =>
      over
        ? [...of.row.measurements.keys()].filter((round) => over.row.measurements.has(round)).length
        : of.row.measurements.size,
    ),
  );
}

/** The spreads that a scenario's values have in common, and those that its ratios have. */
export class Priors {
  readonly #spreads = new Map<string, Map<string, Spread>>();
  readonly #priors = new Map<string, Prior>();

  /** Takes everything that was measured into account. */
  constructor(cells: readonly Cell[], questions: readonly Pick<Question, 'parts'>[]) {
    for (const cell of cells) for (const row of cell.rows) this.#take({ of: { cell, row } });
    for (const { parts } of questions) for (const part of parts) if (part.over) this.#take(part);
  }

  #take(part: Part): void {
    const logs = logsOf(part);
    if (!logs || logs.size < 2 || part.of.cell.exact) return;
    const group = groupOf(part);
    const spreads = this.#spreads.get(group) ?? new Map<string, Spread>();
    this.#spreads.set(group, spreads);
    const { of, over } = part;
    // Whichever is above the other, the spread is the same.
    const key = [of, over].map((place) => place && `${cellKey(place.cell)} ${place.row.subject.id}`).sort();
    spreads.set(key.join(), spreadOf([...logs.values()]));
  }

  of(part: Part): Prior {
    const group = groupOf(part);
    const prior = this.#priors.get(group) ?? priorOf([...(this.#spreads.get(group)?.values() ?? [])]);
    this.#priors.set(group, prior);
    return prior;
  }
}

function groupOf({ of, over }: Part): string {
  return `${of.cell.scenario.id} ${over ? 'ratios' : 'values'}`;
}

/** A part as a mean with its spread; undefined for less than two rounds. */
function meanOf(part: Part, priors: Priors): LogMean | undefined {
  const logs = logsOf(part);
  return logs && logMean([...logs.values()], priors.of(part));
}

/** A product of parts as a mean with its spread; undefined where one of them has none. */
function productOf(parts: readonly Part[], priors: Priors): LogMean | undefined {
  const means = parts.map((part) => meanOf(part, priors)).filter((each) => each !== undefined);
  if (means.length < parts.length) return undefined;
  return means.length === 1 ? means[0] : sumOf(means);
}

/** How likely a look is to decide a question; 1 where nothing is known that could tell. */
export function hopeOf({ parts, bounds }: Pick<Question, 'parts' | 'bounds'>, priors: Priors, look: Look): number {
  const found = productOf(parts, priors);
  return found ? chanceOf(found, bounds, look) : 1;
}

/** What a product of parts is, and whether it keeps the bounds within `margin`; undefined where nothing was measured. */
export function find(
  { parts, bounds }: Pick<Question, 'parts' | 'bounds'>,
  priors: Priors,
  error: number,
  margin?: number,
): Finding | undefined {
  const [first] = parts;
  if (roundsOf({ parts }) === 0) return undefined;
  const logs = parts.map(logsOf);
  if (parts.length === 1 && !first.over && (first.of.cell.exact || !logs[0])) {
    const estimate = valueIn(first.of, priors, error);
    return { estimate, verdict: judgePlain(estimate, bounds) };
  }
  const known = logs.filter((each) => each !== undefined);
  if (known.length < parts.length) return undefined;
  // By round, where all parts have it: for the range.
  const products = [...known[0]].flatMap(([round]) => {
    const all = known.map((each) => each.get(round));
    return all.every((each) => each !== undefined) ? all.reduce((total, each) => total + each, 0) : [];
  });
  const found = productOf(parts, priors);
  if (!found) {
    const estimate = estimateValues(products.map(Math.exp), priors.of(first), error);
    return { estimate, verdict: 'too few rounds' };
  }
  return { estimate: estimateOf(found, products, error), verdict: judge(found, bounds, error, margin) };
}

/** The value of a row. */
export function valueIn(place: Place, priors: Priors, error: number): Estimate {
  const values = [...medians(place.row).values()];
  if (!place.cell.exact) return estimateValues(values, priors.of({ of: place }), error);
  return { value: values[0], range: [Math.min(...values), Math.max(...values)], rounds: values.length, exact: true };
}
