import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { baselineSpecs, STRATEGIES } from './builtins.ts';
import { type Checked, checkInProcess } from './check.ts';
import { environment } from './environment.ts';
import { SETTINGS, type Settings } from './modes.ts';
import { documentOf } from './report/document.ts';
import { actionBenchmarks } from './report/github.ts';
import { html } from './report/html.ts';
import { markdown } from './report/markdown.ts';
import { type Report, SCHEMA_VERSION } from './report/report.ts';
import { targetsOf } from './report/targets.ts';
import { type Hooks, runBenchmark } from './runner.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** What the lab tells while it is at work. */
export interface LabHooks extends Hooks {
  /** A line about what is being done now. */
  onStep?(text: string): void;
}

/** What conformance, replay and benchmark may take together, and what the benchmark gets however long the others took. */
const LAB_MS = 340_000;
const MIN_BUDGET_MS = 120_000;

/** Runs everything on the built-in strategies: the conformance suite, both recorded builds, the benchmark. */
export async function runLab(seed: number, settings: Settings = SETTINGS.lab, hooks: LabHooks = {}): Promise<Report> {
  const strategies = Object.keys(STRATEGIES);
  hooks.onStep?.(`conformance and replay: ${strategies.join(', ')}`);
  const begin = performance.now();
  const checked = await checkAll(strategies, (name) => hooks.onStep?.(`conformance and replay: ${name} is done`));
  const spent = performance.now() - begin;
  const results = await runBenchmark(
    {
      subjects: [...strategies.map((id) => ({ id, kind: 'strategy' as const })), ...baselineSpecs(true)],
      scenarios: SCENARIOS,
      mode: 'lab',
      settings: { ...settings, budgetMs: Math.max(MIN_BUDGET_MS, Math.min(settings.budgetMs, LAB_MS - spent)) },
      seed,
    },
    hooks,
  );
  return {
    schemaVersion: SCHEMA_VERSION,
    environment: environment(seed, 'lab'),
    conformance: checked.flatMap(({ conformance }) => conformance),
    replay: checked.flatMap(({ replay }) => replay),
    targets: targetsOf(results),
    results,
  };
}

/** Checks each strategy in a process of its own, as many at once as there are cores: nothing is timed yet. */
async function checkAll(strategies: readonly string[], onDone: (name: string) => void): Promise<Checked[]> {
  const checked: Checked[] = [];
  const waiting = [...strategies.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, name] = next;
      checked[index] = await checkInProcess(name);
      onDone(name);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return checked;
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

/** Writes the report's files into `folder` and gives their paths. */
export function writeReport(report: Report, folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const blocks = documentOf(report);
  const files: Readonly<Record<string, string>> = {
    'lab.json': `${JSON.stringify(report, null, 2)}\n`,
    'lab.md': markdown(blocks),
    'lab.html': html(blocks),
    'lab.github-action-benchmark.json': `${JSON.stringify(actionBenchmarks(report.results), null, 2)}\n`,
  };
  return Object.entries(files).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  });
}
