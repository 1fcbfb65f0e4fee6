import type { Measurement } from './job.ts';
import type { Params, Scenario } from './scenario.ts';
import type { Subject } from './workload.ts';

/** `ok`; or why there is no number: `cut` short, `left-out` on purpose, or `failed`. */
export type Status = 'ok' | 'cut' | 'left-out' | 'failed';

/** One subject in one cell while it is being measured. */
export interface Row {
  readonly subject: Pick<Subject, 'id' | 'kind' | 'lacks' | 'twinOf'>;
  /** By round, those that count. */
  readonly measurements: Map<number, Measurement>;
  /** By round, those that do not: see `setAside`. */
  readonly aside: Map<number, Measurement>;
  /** Whether none would count, so that all do for now, and nothing is decided by them. */
  isUnusual: boolean;
  status: Status;
  reason?: string;
  /** How long its last process took, from start to end. */
  tookMs: number;
}

/** A scenario with parameters, and everybody who was asked to run it. */
export interface Cell {
  readonly scenario: Scenario;
  readonly params: Params;
  /** Whether it gives the same number every time, so that one round is enough. */
  readonly exact: boolean;
  readonly rows: readonly Row[];
}

/** The medians of a row by round. */
export function medians({ measurements }: Row): Map<number, number> {
  return new Map([...measurements].map(([round, { median }]) => [round, median]));
}

/** What a row does not do of a scenario's work. */
export function lackOf({ subject }: Row, scenario: Scenario): string | undefined {
  return subject.lacks[scenario.id] ?? subject.lacks['*'];
}

/** The row of that kind, if it has a number. */
export function rowOf({ rows }: Cell, kind: Subject['kind']): Row | undefined {
  return rows.find((row) => row.subject.kind === kind && row.measurements.size > 0);
}

/**
 * The row with the least among some, by the first `rounds` rounds that each has: chosen once, so that later rounds judge the choice
 * and do not make it, unless one of these is set aside. Rows without a number do not count.
 */
export function least(rows: readonly Row[], rounds: number): Row | undefined {
  let best: Row | undefined;
  let bestValue = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const first = [...row.measurements.values()].slice(0, rounds).map(({ median }) => median);
    if (first.length === 0) continue;
    const value = first.reduce((total, each) => total + Math.log(Math.max(each, Number.MIN_VALUE)), 0) / first.length;
    if (value < bestValue) [best, bestValue] = [row, value];
  }
  return best;
}

/** The cell of a scenario whose parameters include these. */
export function cellOf(cells: readonly Cell[], scenario: string, params: Params): Cell | undefined {
  return cells.find(
    (cell) =>
      cell.scenario.id === scenario && Object.entries(params).every(([name, value]) => cell.params[name] === value),
  );
}

/** What a cell has in common with those that are measured for its sake. */
export function commonOfParams({ scenario: { versus }, params }: Pick<Cell, 'scenario' | 'params'>): Params {
  if (!versus) return params;
  const { [versus.param]: _, ...common } = params;
  return common;
}

/** Cells that are measured side by side: one alone, or those of a scenario that are there for each other's sake. */
export function companiesOf(cells: readonly Cell[]): Cell[][] {
  const companies = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.scenario.id} ${JSON.stringify(commonOfParams(cell))}`;
    companies.set(key, [...(companies.get(key) ?? []), cell]);
  }
  return [...companies.values()];
}
