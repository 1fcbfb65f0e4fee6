import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { compareRuns, refuseForeign } from './baseline-run.ts';
import { baselineSpecs, builtFile, STRATEGIES } from './builtins.ts';
import { type Checked, checkInProcess } from './check.ts';
import { journalOf } from './cli.ts';
import { environment } from './environment.ts';
import { SETTINGS, type Settings } from './modes.ts';
import { buildNative } from './native.ts';
import type { Count } from './observe/counted.ts';
import { checkWritable, writeWhole } from './output.ts';
import { documentOf } from './report/document.ts';
import { actionBenchmarks } from './report/github.ts';
import { html } from './report/html.ts';
import { markdown } from './report/markdown.ts';
import { type Document, methodOf, type Report, SCHEMA_VERSION } from './report/report.ts';
import { type Hooks, type Plan, runBenchmark } from './runner.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { type SubjectSpec, twinSpec } from './subjects.ts';

/** What the lab was asked for. */
export interface LabOptions {
  readonly seed: number;
  /** The report's folder. */
  readonly out: string;
  readonly mode: 'lab' | 'full';
  /** How long the benchmark may take, in minutes; else as long as is left of the mode's own time. */
  readonly minutes?: number;
  /** Whether to go on with the run that left its journal in `out`. */
  readonly resume: boolean;
  /** An older run to compare with, of whichever machine if `force`. */
  readonly baseline?: Document;
  readonly force: boolean;
  /** Instead of the mode's own. */
  readonly settings?: Settings;
}

/** What the lab tells while it is at work. */
export interface LabHooks extends Hooks {
  /** A line about what is being done now. */
  onStep?(text: string): void;
}

/** What conformance, replay and benchmark may take together, and what the benchmark gets however long the others took. */
const LAB_MS = { lab: 345_000, full: 2_640_000 } as const;
const MIN_BUDGET_MS = 120_000;

/**
 * Runs everything on the built-in strategies: the conformance suite, both recorded builds, the benchmark. A run that is
 * interrupted gives what it has and leaves a journal, from which `resume` goes on.
 */
export async function runLab(options: LabOptions, hooks: LabHooks = {}): Promise<Report> {
  const { seed, mode, out, baseline, force } = options;
  const native = buildNative();
  try {
    const env = environment(seed, mode, native.compiler);
    if (baseline) refuseForeign(baseline.environment, env, force);
    const settings = options.settings ?? SETTINGS[mode];
    const plan: Plan = { subjects: [...labSubjects(), native.spec], scenarios: SCENARIOS, mode, settings, seed };
    const journal = journalOf(join(out, 'lab.json'), plan, native, options.resume);
    const begin = performance.now();
    const checked = await checkAll(Object.keys(STRATEGIES), hooks);
    const counts = await countAll(Object.keys(STRATEGIES), hooks);
    const leftMs = LAB_MS[mode] - (performance.now() - begin);
    const ownMs = Math.max(MIN_BUDGET_MS, Math.min(settings.budgetMs, leftMs));
    const budgetMs = options.minutes === undefined ? ownMs : options.minutes * 60_000;
    const findings = await runBenchmark(
      { ...plan, settings: { ...settings, budgetMs } },
      { run: journal.run, ...hooks },
    );
    const isStopped = hooks.signal?.aborted ?? false;
    if (!isStopped) journal.remove();
    return {
      schemaVersion: SCHEMA_VERSION,
      environment: env,
      method: methodOf(settings.looks),
      ...(isStopped ? { interrupted: true as const } : {}),
      conformance: checked.flatMap(({ conformance }) => conformance),
      replay: checked.flatMap(({ replay }) => replay),
      counts,
      ...findings,
      ...(baseline ? { baseline: compareRuns(baseline, findings.results) } : {}),
    };
  } finally {
    native.dispose();
  }
}

function labSubjects(): SubjectSpec[] {
  const strategies = Object.keys(STRATEGIES).map((id) => ({ id, kind: 'strategy' as const }));
  return [...strategies, twinSpec(strategies[0]), ...baselineSpecs(true)];
}

/** What each call of each strategy does to memory. */
async function countAll(strategies: readonly string[], { onStep }: LabHooks): Promise<Count[]> {
  onStep?.('counting accesses');
  const { countOf } = await import('./observe/count.ts');
  const counts: Count[] = [];
  for (const id of strategies) counts.push(...(await countOf(id, builtFile(id))));
  return counts;
}

/** Checks each strategy in a process of its own, as many at once as there are cores: nothing is timed yet. */
async function checkAll(strategies: readonly string[], { onStep, signal }: LabHooks): Promise<Checked[]> {
  onStep?.(`conformance and replay: ${strategies.join(', ')}`);
  const checked: Checked[] = [];
  const waiting = [...strategies.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !signal?.aborted; next = waiting.shift()) {
      const [index, name] = next;
      const found = await checkInProcess(name, signal);
      // Ctrl-C stops that process: what it left undone is no failure.
      if (signal?.aborted) return;
      checked[index] = found;
      onStep?.(`conformance and replay: ${name} is done`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return checked.filter((each) => each !== undefined);
}

/** Whether every clause was kept and every build replayed, and no process of the benchmark failed. */
export function succeeded(report: Report): boolean {
  return (
    report.conformance.length > 0 &&
    report.conformance.every(({ failed }) => failed === 0) &&
    report.replay.length > 0 &&
    report.replay.every(({ status }) => status === 'passed') &&
    report.results.every(({ status }) => status !== 'failed')
  );
}

const FILES = ['lab.json', 'lab.md', 'lab.html', 'lab.github-action-benchmark.json'];

/** Throws an `OutputError` when the report could not be written into `folder`. */
export function checkReport(folder: string): void {
  checkWritable(
    FILES.map((name) => join(folder, name)),
    '--out',
  );
}

/** Writes the report's files into `folder` and gives their paths. */
export function writeReport(report: Report, folder: string): string[] {
  const blocks = documentOf(report);
  const texts = [
    `${JSON.stringify(report, null, 2)}\n`,
    markdown(blocks),
    html(blocks),
    `${JSON.stringify(actionBenchmarks(report.results), null, 2)}\n`,
  ];
  return FILES.map((name, i) => {
    const file = join(folder, name);
    writeWhole(file, texts[i]);
    return file;
  });
}
