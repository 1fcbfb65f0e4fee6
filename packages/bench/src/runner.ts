import { freemem } from 'node:os';
import { type Cell, companiesOf, type Row } from './cells.ts';
import { Docket, rowsOf } from './docket.ts';
import { duration } from './format.ts';
import type { Job } from './job.ts';
import { whyNot } from './measure.ts';
import { effortFor, type Settings } from './modes.ts';
import { type Outcome, runTogether } from './process.ts';
import { cellKey, type Place, type Question } from './questions.ts';
import { layoutOf } from './random.ts';
import { type Findings, summarize } from './results.ts';
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
  readonly scenario: string;
  readonly params: Params;
  /** Who is measured side by side. */
  readonly subjects: readonly string[];
  /** Processes of the first rounds, which every row gets: done, and to be done. */
  readonly done: number;
  readonly total: number;
  /** Questions that are not decided, once the first rounds are over. */
  readonly open?: number;
  /** At most so long, in ms. */
  readonly leftMs: number;
}

/** Everything that a run needs from outside, so that tests can do without processes and clocks, and on any machine. */
export interface Hooks {
  onProgress?(progress: Progress): void;
  /** Measures jobs side by side, and says of each what became of it. */
  run?(jobs: readonly Job[], limitMs: number): Promise<readonly Outcome[]>;
  /** How much memory is free. */
  freeBytes?(): number;
  /** Ends the run after the processes that are at work; what was measured so far is summed up. */
  readonly signal?: AbortSignal;
}

/**
 * Measures each subject in each cell, each time in a fresh process. First every row gets as many rounds as the first look
 * wants; then only the rows that an open question needs, until all are decided or the time is up.
 *
 * A round goes through the cells, and the rounds of one cell lie far apart in time. Rows that are compared with each other are
 * a company: they make themselves ready at the same time and then take turns, so that what drifts or disturbs (heat, neighbours)
 * hits all alike. Small cells come first, so that where time is short every scenario has something to show. One process measures at a
 * time: two would share caches and memory.
 */
export async function runBenchmark(plan: Plan, hooks: Hooks = {}): Promise<Findings> {
  const cells = await makeCells(plan);
  const run = new Run(plan, hooks, cells);
  await run.firstRounds();
  const docket = new Docket(cells, plan.settings.looks);
  await run.decide(docket);
  return summarize(cells, docket, docket.close(hooks.signal?.aborted ? 'interrupted' : 'out of time'));
}

/** A run while it is at work. */
class Run {
  readonly #plan: Plan;
  readonly #hooks: Hooks;
  readonly #cells: readonly Cell[];
  readonly #companies: readonly (readonly Cell[])[];
  readonly #specs: ReadonlyMap<string, SubjectSpec>;
  /** What processes have taken so far; with a journal, those of earlier runs too. */
  #spentMs = 0;
  #done = 0;
  readonly #total: number;

  constructor(plan: Plan, hooks: Hooks, cells: readonly Cell[]) {
    this.#plan = plan;
    this.#hooks = hooks;
    this.#cells = [...cells].sort((a, b) => sizeOf(a) - sizeOf(b));
    this.#companies = companiesOf(this.#cells);
    this.#specs = new Map(plan.subjects.map((spec) => [spec.id, spec]));
    this.#total = cells.reduce((total, cell) => total + this.#firstOf(cell) * openRows(cell).length, 0);
  }

  get #leftMs(): number {
    return this.#plan.settings.budgetMs - this.#spentMs;
  }

  get #isStopped(): boolean {
    return this.#hooks.signal?.aborted ?? false;
  }

  /** Rounds that every row of a cell gets. */
  #firstOf({ exact }: Cell): number {
    return exact ? 1 : this.#plan.settings.looks[0];
  }

  async firstRounds(): Promise<void> {
    for (let round = 0; round < this.#plan.settings.looks[0]; round++)
      for (const company of this.#companies)
        await this.#round(
          company.flatMap((cell) => (round < this.#firstOf(cell) ? placesOf(cell, openRows(cell)) : [])),
          round,
        );
    for (const cell of this.#cells)
      for (const row of openRows(cell))
        if (row.measurements.size < this.#firstOf(cell)) this.#cut(row, this.#firstOf(cell));
  }

  /**
   * Rounds for what open questions need, those first of which most will be decided for the time that they take; until all are
   * decided, or what is left of the time is too short for any of the companies.
   */
  async decide(docket: Docket): Promise<void> {
    for (let round = this.#plan.settings.looks[0]; !this.#isStopped; round++) {
      const open = docket.look();
      const rows = this.#affordable(open, docket);
      const before = this.#done;
      for (const company of this.#companies) {
        const needed = company.flatMap((cell) =>
          placesOf(
            cell,
            openRows(cell).filter((row) => rows.has(row) || isTwinOfOne(row, cell, rows)),
          ),
        );
        await this.#round(needed, round, open.length);
      }
      if (this.#done === before) return;
    }
  }

  /**
   * The rows that get another round. Time is set apart for one question after the other, up to the look that promises most for what it
   * takes, as long as something fits into what is left. Rows for which time is set apart already cost the next one nothing.
   */
  #affordable(open: readonly Question[], docket: Docket): Set<Row> {
    const outlooks = docket.outlooks(open);
    const rounds = new Map<Row, number>();
    for (let leftMs = this.#leftMs; ; ) {
      const fitting = [...outlooks].flatMap(([question, looks]) =>
        looks
          .map(({ more, hope }) => ({ question, more, hope, cost: costOf(question, more, rounds) }))
          .filter(({ cost }) => cost <= leftMs),
      );
      if (fitting.length === 0) return new Set(rounds.keys());
      const { question, more, cost } = fitting.reduce((most, each) => (worthOf(each) > worthOf(most) ? each : most));
      outlooks.delete(question);
      leftMs -= cost;
      for (const row of rowsOf(question)) rounds.set(row, Math.max(more, rounds.get(row) ?? 0));
    }
  }

  /** A process for each of some rows of a company: all side by side, or one by one where that is what they need. */
  async #round(places: readonly Place[], round: number, open?: number): Promise<void> {
    const { freeBytes = freemem } = this.#hooks;
    for (const together of canShareTime(places, freeBytes()) ? [places] : places.map((place) => [place]))
      await this.#measure(together, round, open);
  }

  async #measure(places: readonly Place[], round: number, open?: number): Promise<void> {
    const expectedMs = places.reduce((total, { row }) => total + row.tookMs, 0);
    if (places.length === 0 || this.#isStopped || expectedMs > this.#leftMs || this.#leftMs <= 0) return;
    const [{ cell }] = places;
    this.#hooks.onProgress?.({
      round: round + 1,
      scenario: cell.scenario.id,
      params: cell.params,
      subjects: [...new Set(places.map(({ row }) => row.subject.id))],
      done: this.#done,
      total: this.#total,
      ...(open === undefined ? {} : { open }),
      leftMs: this.#guessLeft(open === undefined),
    });
    const jobs = places.map((place) => this.#job(place, round));
    const outcomes = await (this.#hooks.run ?? runTogether)(jobs, this.#plan.settings.processLimitMs);
    for (const [at, { row }] of places.entries()) {
      if (this.#isStopped && !('measurement' in outcomes[at])) continue;
      this.#note(row, round, outcomes[at]);
      this.#done++;
    }
  }

  #job({ cell, row }: Place, round: number): Job {
    const { seed, settings } = this.#plan;
    return {
      subject: this.#specs.get(row.subject.id) as SubjectSpec,
      scenario: cell.scenario.id,
      params: cell.params,
      round,
      // Every subject of a round meets the same random choices; another round, others.
      seed: seed + round,
      layout: layoutOf(seed + round, `${cellKey(cell)} ${row.subject.id}`),
      effort: effortFor(settings, cell),
    };
  }

  #note(row: Row, round: number, outcome: Outcome): void {
    this.#spentMs += outcome.tookMs;
    row.tookMs = outcome.tookMs;
    if ('measurement' in outcome && Number.isFinite(outcome.measurement.median)) {
      row.measurements.set(round, outcome.measurement);
      return;
    }
    // A row that was cut or failed once is not tried again; what earlier rounds measured stays.
    row.status = 'cut' in outcome ? 'cut' : 'failed';
    row.reason = reasonOf(outcome);
  }

  #cut(row: Row, rounds: number): void {
    row.status = 'cut';
    const why = this.#isStopped
      ? 'the run was interrupted'
      : `the ${duration(this.#plan.settings.budgetMs)} of this mode were used up`;
    row.reason = `${row.measurements.size} of the first ${rounds} rounds: ${why}`;
  }

  /** In the first rounds by what they took so far; then whatever is left, if nothing is decided sooner. */
  #guessLeft(isFirst: boolean): number {
    if (!isFirst || this.#done === 0) return this.#leftMs;
    return Math.min(this.#leftMs, (this.#spentMs / this.#done) * (this.#total - this.#done));
  }
}

/** Why there is no number. */
function reasonOf(outcome: Outcome): string {
  if ('cut' in outcome) return outcome.cut;
  return 'failed' in outcome ? outcome.failed : `it measured ${outcome.measurement.median}`;
}

/** A goal is worth as many comparisons. */
const WORTH_OF_A_GOAL = 3;

/** What time for a question promises. It is never nothing: time that nobody else can use is still spent. */
function worthOf({ question, hope, cost }: { question: Question; hope: number; cost: number }): number {
  return ((question.kind === 'goal' ? WORTH_OF_A_GOAL : 1) * Math.max(hope, 0.001)) / Math.max(cost, 1);
}

/** What `more` rounds of the rows that a question needs take, but for those for which time is set apart. */
function costOf(question: Question, more: number, rounds: ReadonlyMap<Row, number>): number {
  return [...new Set(rowsOf(question))].reduce(
    (total, row) => total + row.tookMs * Math.max(0, more - (rounds.get(row) ?? 0)),
    0,
  );
}

function placesOf(cell: Cell, rows: readonly Row[]): Place[] {
  return rows.map((row) => ({ cell, row }));
}

/** What a live pid takes at each level, with the tables of choices: in a Map of objects, and elsewhere. */
const BYTES_A_PID = { baseline: 350, other: 150 } as const;

/** What a process takes besides. */
const BYTES_A_PROCESS = 100 * 2 ** 20;

/**
 * Whether these rows can be measured side by side: who is timed and takes no turns needs the machine for itself, and half of the
 * memory must be enough.
 */
function canShareTime(places: readonly Place[], freeBytes: number): boolean {
  const bytes = places.reduce((total, place) => total + bytesOf(place), 0);
  return (
    bytes < freeBytes / 2 &&
    places.every(({ cell: { scenario } }) => scenario.kind === 'timed' || scenario.measures !== 'ms')
  );
}

function bytesOf({ cell, row }: Place): number {
  const levels = 1 + Number(cell.params.level ?? 0);
  return BYTES_A_PROCESS + sizeOf(cell) * levels * BYTES_A_PID[row.subject.kind === 'baseline' ? 'baseline' : 'other'];
}

function openRows({ rows }: Cell): Row[] {
  return rows.filter(({ status }) => status === 'ok');
}

/** A twin runs whenever its strategy does. */
function isTwinOfOne({ subject }: Row, cell: Cell, rows: ReadonlySet<Row>): boolean {
  return cell.rows.some((row) => rows.has(row) && row.subject.id === subject.twinOf);
}

/** Live pids, as a measure of how long a cell takes; thousands are as good as none. */
function sizeOf({ params }: Cell): number {
  return Math.max(Number(params.live ?? 0), 100_000);
}

async function makeCells({ subjects, scenarios, mode, settings }: Plan): Promise<Cell[]> {
  const loaded = await Promise.all(subjects.map(loadSubject));
  return scenarios.flatMap((scenario) =>
    scenario.plan[mode].map((params) => ({
      scenario,
      params,
      exact: scenario.exact?.(params) ?? false,
      rows: loaded.map((subject): Row => {
        const reason = whyNot(subject, scenario, params) ?? settings.leavesOut?.(subject, scenario, params);
        return {
          subject,
          measurements: new Map(),
          aside: new Map(),
          isUnusual: false,
          status: reason === undefined ? 'ok' : 'left-out',
          ...(reason === undefined ? {} : { reason }),
          tookMs: 0,
        };
      }),
    })),
  );
}
