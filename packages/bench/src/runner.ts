import { duration } from './format.ts';
import { type Job, whyNot } from './measure.ts';
import { roundsOf, type Settings } from './modes.ts';
import { type Outcome, runInProcess } from './process.ts';
import { permutation } from './random.ts';
import { type Cell, type Result, type Row, summarize } from './results.ts';
import type { Mode, Params, Scenario } from './scenario.ts';
import { loadSubject, type SubjectSpec } from './subjects.ts';

/** What is to be measured, and how. */
export interface Plan {
  readonly subjects: readonly SubjectSpec[];
  readonly scenarios: readonly Scenario[];
  readonly mode: Mode;
  readonly settings: Settings;
  readonly seed: number;
}

/** Where a run is. */
export interface Progress {
  /** From 1. */
  readonly round: number;
  readonly rounds: number;
  readonly scenario: string;
  readonly params: Params;
  readonly subject: string;
  /** Processes done, and to be done if no cell is cut. */
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** No new round begins when these are used up. */
  readonly budgetMs: number;
}

/** Everything that a run needs from outside, so that tests can do without processes and clocks. */
export interface Hooks {
  onProgress?(progress: Progress): void;
  run?(job: Job, limitMs: number): Promise<Outcome>;
  now?(): number;
}

/**
 * Measures each subject in each cell, each time in a fresh process. A round goes through all cells, and in each cell
 * through all subjects one after the other, in an order of its own: so whatever drifts (heat, neighbours) hits all alike,
 * and the rounds of one cell lie far apart in time. Small cells come first, so that where time is short every scenario has
 * something to show. One process at a time: two would share caches and memory.
 */
export async function runBenchmark(plan: Plan, hooks: Hooks = {}): Promise<Result[]> {
  const { settings, seed } = plan;
  const now = hooks.now ?? (() => performance.now());
  const run = hooks.run ?? runInProcess;
  const cells = await makeCells(plan);
  const inOrder = [...cells].sort((a, b) => liveOf(a) - liveOf(b));
  const begin = now();
  let total = 0;
  for (const cell of cells) total += cell.rounds * cell.rows.filter((row) => row.status === 'ok').length;
  let done = 0;
  const specs: ReadonlyMap<string, SubjectSpec> = new Map(plan.subjects.map((spec) => [spec.id, spec]));

  for (let round = 0; round < settings.rounds; round++) {
    for (const [index, cell] of inOrder.entries()) {
      if (round >= cell.rounds) continue;
      const open = cell.rows.filter((row) => row.status === 'ok');
      if (now() - begin > settings.budgetMs) {
        for (const row of open) outOfTime(row, cell, settings);
        continue;
      }
      for (const at of permutation(seed + round * cells.length + index, open.length)) {
        const row = open[at];
        hooks.onProgress?.({
          round: round + 1,
          rounds: settings.rounds,
          scenario: cell.scenario.id,
          params: cell.params,
          subject: row.subject.id,
          done,
          total,
          elapsedMs: now() - begin,
          budgetMs: settings.budgetMs,
        });
        const job = {
          subject: specs.get(row.subject.id) as SubjectSpec,
          scenario: cell.scenario.id,
          params: cell.params,
          // Every subject of a round meets the same random choices; another round, others.
          seed: seed + round,
          effort: settings.effort,
        };
        note(row, round, await run(job, settings.processLimitMs));
        done++;
      }
    }
  }
  return cells.flatMap(summarize);
}

/** Live pids, as a measure of how long a cell takes; thousands are as good as none. */
function liveOf({ params }: Cell): number {
  return Math.max(Number(params.live ?? 0), 100_000);
}

async function makeCells({ subjects, scenarios, mode, settings }: Plan): Promise<Cell[]> {
  const loaded = await Promise.all(subjects.map(loadSubject));
  return scenarios.flatMap((scenario) =>
    scenario.plan[mode].map((params) => ({
      scenario,
      params,
      rounds: roundsOf(settings, scenario, params),
      rows: loaded.map((subject): Row => {
        const reason = whyNot(subject, scenario, params) ?? settings.leavesOut?.(subject, scenario, params);
        return {
          subject,
          measurements: new Map(),
          status: reason === undefined ? 'ok' : 'left-out',
          ...(reason === undefined ? {} : { reason }),
        };
      }),
    })),
  );
}

function note(row: Row, round: number, outcome: Outcome): void {
  if ('measurement' in outcome) {
    row.measurements.set(round, outcome.measurement);
    return;
  }
  // A cell that was cut or failed once is not tried again; what earlier rounds measured stays.
  row.status = 'cut' in outcome ? 'cut' : 'failed';
  row.reason = 'cut' in outcome ? outcome.cut : outcome.failed;
}

function outOfTime(row: Row, cell: Cell, settings: Settings): void {
  row.status = 'cut';
  const budget = duration(settings.budgetMs);
  row.reason = `${row.measurements.size} of ${cell.rounds} rounds: the ${budget} of this mode were used up`;
}
