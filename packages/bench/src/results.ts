import type { Measurement } from './measure.ts';
import type { Params, Scenario } from './scenario.ts';
import { estimate, quantiles, type Ratio, ratio } from './statistics.ts';
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
}

/** A factor against another row of the same cell, from the rounds that both have. */
export interface Factor extends Ratio {
  /** The other row's subject. */
  readonly against: string;
}

/** One subject in one cell: a scenario with its parameters. */
export interface Result {
  readonly strategy: string;
  readonly kind: Subject['kind'];
  readonly scenario: string;
  readonly params: Params;
  /** `ns per look-up`. */
  readonly unit: string;
  /** `ok`; or why there is no number: `cut` short, `left-out` on purpose, or `failed`. */
  readonly status: 'ok' | 'cut' | 'left-out' | 'failed';
  /** For everything but `ok`: why. For `ok`: what was cut, if anything was. */
  readonly reason?: string;
  /** What this row does not do of the scenario's work. */
  readonly lacks?: string;
  /** The median of a round, averaged over rounds. */
  readonly median?: number;
  /** The 99th percentile of a sample's mean, not of a single operation. */
  readonly p99?: number;
  /** 95 % interval of the median over rounds. */
  readonly ci?: readonly [low: number, high: number];
  /** Samples in all rounds. */
  readonly samples: number;
  /** Operations in each sample. */
  readonly ops?: number;
  readonly rounds: readonly Round[];
  /** How many times less than the best baseline that does the same work; for strategies. */
  readonly vsBaseline?: Factor;
  /** The same against the best of all baselines, whatever it lacks; where that is another. */
  readonly vsAnyBaseline?: Factor;
  /** How many times the floor. */
  readonly vsFloor?: Factor;
}

/** One subject in one cell while it is being measured. */
export interface Row {
  readonly subject: Pick<Subject, 'id' | 'kind' | 'lacks'>;
  readonly measurements: Map<number, Measurement>;
  status: Result['status'];
  reason?: string;
}

/** A scenario with parameters, and everybody who was asked to run it. */
export interface Cell {
  readonly scenario: Scenario;
  readonly params: Params;
  /** How many times it is to be measured. */
  readonly rounds: number;
  readonly rows: readonly Row[];
}

/** Medians by round. */
function medians(row: Row): Map<number, number> {
  return new Map([...row.measurements].map(([round, { samples }]) => [round, positive(quantiles(samples).median)]));
}

function lackOf(row: Row, scenario: Scenario): string | undefined {
  return row.subject.lacks[scenario.id] ?? row.subject.lacks['*'];
}

/** The row with the least, among some; rows without a number do not count. */
function least(rows: readonly Row[]): Row | undefined {
  let best: Row | undefined;
  let bestValue = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.measurements.size === 0) continue;
    const { value } = estimate([...medians(row).values()]);
    if (value < bestValue) [best, bestValue] = [row, value];
  }
  return best;
}

/** Logarithms want more than 0, and a process can grow by no memory at all: then this little stands for it. */
function positive(value: number): number {
  return Math.max(value, 1e-3);
}

/** Sums up a cell, one result for each of its rows. */
export function summarize(cell: Cell): Result[] {
  const { scenario, rows } = cell;
  const baselines = rows.filter((row) => row.subject.kind === 'baseline');
  const same = least(baselines.filter((row) => lackOf(row, scenario) === undefined));
  const any = least(baselines);
  const floor = rows.find((row) => row.subject.kind === 'floor' && row.measurements.size > 0);
  return rows.map((row) => {
    const lacks = lackOf(row, scenario);
    const head = {
      strategy: row.subject.id,
      kind: row.subject.kind,
      scenario: scenario.id,
      params: cell.params,
      unit: `${scenario.measures} per ${scenario.unit}`,
      status: row.measurements.size > 0 ? 'ok' : row.status,
      ...(row.reason === undefined ? {} : { reason: row.reason }),
      ...(lacks === undefined ? {} : { lacks }),
    } as const;
    if (row.measurements.size === 0) return { ...head, samples: 0, rounds: [] };

    const rounds = [...row.measurements].map(([round, measured]) => ({
      round,
      ...quantiles(measured.samples),
      samples: measured.samples.length,
      steady: measured.steady,
      gcShare: measured.elapsedMs > 0 ? measured.gc.ms / measured.elapsedMs : 0,
    }));
    const middle = estimate([...medians(row).values()]);
    const all = Float64Array.from([...row.measurements.values()].flatMap(({ samples }) => [...samples])).sort();
    const factor = (name: string, other: Row | undefined, over: boolean): object => {
      if (!other || other === row) return {};
      const found = over ? ratio(medians(row), medians(other)) : ratio(medians(other), medians(row));
      return found ? { [name]: { against: other.subject.id, ...found } } : {};
    };
    return {
      ...head,
      median: middle.value,
      p99: quantiles(all).p99,
      ...(middle.ci ? { ci: middle.ci } : {}),
      samples: all.length,
      ops: [...row.measurements.values()][0].ops,
      rounds,
      ...(row.subject.kind === 'strategy' ? factor('vsBaseline', same, false) : {}),
      ...(row.subject.kind === 'strategy' && any !== same ? factor('vsAnyBaseline', any, false) : {}),
      ...factor('vsFloor', floor, true),
    };
  });
}
