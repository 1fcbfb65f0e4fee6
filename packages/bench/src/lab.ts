import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { compareRuns, refuseForeign } from './baseline-run.ts';
import { BASELINES } from './baselines/index.ts';
import { differencesOf } from './behaviour.ts';
import { baselineSpecs, STRATEGIES } from './builtins.ts';
import { type Checked, type CheckOptions, checkInProcess } from './check.ts';
import { adviceOf } from './claims/advice.ts';
import { claimsOf } from './claims/claims.ts';
import { foundOf } from './claims/found.ts';
import { sweepsOf } from './claims/sweep.ts';
import type { Findings } from './claims/view.ts';
import { journalOf } from './cli.ts';
import { type Environment, environment } from './environment.ts';
import { SETTINGS, type Settings } from './modes.ts';
import { buildNative } from './native.ts';
import { inParallel } from './parallel.ts';
import { type Document, methodOf, type Report, SCHEMA_VERSION } from './report/report.ts';
import { type Hooks, type Plan, runBenchmark } from './runner.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { moduleSpecs, type SubjectSpec, traitsOf, twinSpec } from './subjects.ts';
import { reckonedTallies } from './tallies/reckoned.ts';

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
  /** Modules of one's own, each a column beside the built-in strategies. */
  readonly modules?: readonly string[];
}

/** What the lab tells while it is at work. */
export interface LabHooks extends Hooks {
  /** A line about what is being done now. */
  onStep?(text: string): void;
}

/** What conformance, replay and benchmark may take together, and what the benchmark gets however long the others took. */
const LAB_MS = { lab: 340_000, full: 2_640_000 } as const;
const MIN_BUDGET_MS = 120_000;

/**
 * Runs everything on the built-in strategies, and on those of the modules: the conformance suite, both recorded builds, the counts,
 * the benchmark. A run that is
 * interrupted gives what it has and leaves a journal, from which `resume` goes on.
 */
export async function runLab(options: LabOptions, hooks: LabHooks = {}): Promise<Report> {
  const { seed, mode, out, baseline, force, minutes, modules = [] } = options;
  const native = buildNative();
  try {
    const env: Environment = {
      ...environment(seed, mode, native.compiler),
      ...(minutes === undefined ? {} : { minutes }),
      ...(modules.length > 0 ? { modules } : {}),
    };
    if (baseline) refuseForeign(baseline.environment, env, force);
    const settings = options.settings ?? SETTINGS[mode];
    const strategies = await labStrategies(modules);
    const subjects = [...strategies, twinSpec(strategies[0]), ...baselineSpecs(true), native.spec];
    const plan: Plan = { subjects, scenarios: SCENARIOS, mode, settings, seed };
    const journal = journalOf(join(out, 'lab.json'), plan, native, options.resume);
    const begin = performance.now();
    const traits = await traitsOf(strategies);
    const checked = await checkAll(strategies, { scale: mode === 'full' }, hooks);
    const leftMs = LAB_MS[mode] - (performance.now() - begin);
    const ownMs = Math.max(MIN_BUDGET_MS, Math.min(settings.budgetMs, leftMs));
    const budgetMs = minutes === undefined ? ownMs : minutes * 60_000;
    const findings = await runBenchmark(
      { ...plan, settings: { ...settings, budgetMs } },
      { run: journal.run, ...hooks },
    );
    const isStopped = hooks.signal?.aborted ?? false;
    if (!isStopped) journal.remove();
    return withEvidence({
      schemaVersion: SCHEMA_VERSION,
      environment: env,
      method: methodOf(settings.looks),
      ...(isStopped ? { interrupted: true as const } : {}),
      conformance: checked.flatMap(({ conformance }) => conformance),
      replay: checked.flatMap(({ replay }) => replay),
      counts: checked.flatMap(({ counts }) => counts),
      tallies: [...checked.flatMap(({ tallies }) => tallies), ...reckonedTallies()],
      traits,
      differences: differencesOf(new Map(checked.map(({ strategy, transcripts }) => [strategy, transcripts]))),
      ...findings,
      ...(baseline ? { baseline: compareRuns(baseline, findings.results) } : {}),
    });
  } finally {
    native.dispose();
  }
}

/** What was found with what it says of the claims, of what to take, and as curves. */
export function withEvidence(findings: Findings): Report {
  return {
    ...findings,
    claims: claimsOf(findings),
    found: foundOf(findings),
    advice: adviceOf(findings),
    sweeps: sweepsOf(findings),
  };
}

/** The built-in strategies, and those of the modules. */
async function labStrategies(modules: readonly string[]): Promise<SubjectSpec[]> {
  const builtIn = Object.keys(STRATEGIES).map((id): SubjectSpec => ({ id, kind: 'strategy' }));
  return [...builtIn, ...(await moduleSpecs(modules, [...Object.keys(STRATEGIES), ...Object.keys(BASELINES)]))];
}

/** Checks each strategy, and counts what it does, in a process of its own, as many at once as there are cores: nothing is timed yet. */
async function checkAll(
  strategies: readonly SubjectSpec[],
  options: CheckOptions,
  { onStep, signal }: LabHooks,
): Promise<Checked[]> {
  onStep?.(`conformance, replay and counts: ${strategies.map(({ id }) => id).join(', ')}`);
  const checked = await inParallel(strategies, availableParallelism(), async (spec) => {
    if (signal?.aborted) return undefined;
    const found = await checkInProcess(spec, options, signal);
    // Ctrl-C stops that process: what it left undone is no failure.
    if (signal?.aborted) return undefined;
    onStep?.(`conformance, replay and counts: ${spec.id} is done`);
    return found;
  });
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
