import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { Bench, hrtimeNowTimestampProvider } from 'tinybench';
import { numberOf, type Params, type Scenario, type TimedScenario } from './scenario.ts';
import { scenarioOf } from './scenarios/index.ts';
import { loadSubject, type SubjectSpec } from './subjects.ts';
import type { Subject } from './workload.ts';

/** How long a process measures. */
export interface Effort {
  /** Milliseconds of samples, and at least `samples` of them. */
  readonly measureMs: number;
  readonly samples: number;
  /** Milliseconds of one warm-up window; windows are repeated until two agree. */
  readonly warmupMs: number;
  readonly warmupWindows: number;
}

/** What one process is to measure. */
export interface Job {
  readonly subject: SubjectSpec;
  readonly scenario: string;
  readonly params: Params;
  readonly seed: number;
  readonly effort: Effort;
}

/** What it has measured. */
export interface Measurement {
  /** Ascending; each is the mean of the operations of one sample, in the scenario's unit. */
  readonly samples: Float64Array;
  /** Operations in each sample. */
  readonly ops: number;
  /** Whether the last two windows of the warm-up agreed within 5 %. */
  readonly steady: boolean;
  /** What the garbage collector did while samples were taken. */
  readonly gc: { readonly count: number; readonly ms: number };
  /** Milliseconds between the first and the last sample. */
  readonly elapsedMs: number;
  /** Milliseconds that it took to make the state. */
  readonly setupMs: number;
}

/** Why this subject does not run this scenario with these parameters, if so. Needs nothing loaded but its traits. */
export function whyNot(
  subject: Pick<Subject, 'id' | 'kind' | 'leavesOut' | 'maxLevel' | 'createProcesses' | 'strategy'>,
  scenario: Scenario,
  params: Params,
): string | undefined {
  if ('level' in params && numberOf(params, 'level') > subject.maxLevel)
    return `its namespaces nest ${subject.maxLevel} deep at most`;
  if (scenario.wholeContract && subject.kind !== 'strategy') return 'it does not keep the whole contract';
  return subject.leavesOut[scenario.id] ?? scenario.cannot?.(subject, params);
}

const STEADY = 0.05;

/** Measures in this process. One process should do one job: V8 learns from everything that it has seen. */
export async function measure(job: Job): Promise<Measurement> {
  const subject = await loadSubject(job.subject);
  const scenario = scenarioOf(job.scenario);
  if (scenario.kind === 'timed') return timed(scenario, subject, job);
  const start = performance.now();
  const value = scenario.measure(subject, job.params, job.seed);
  const elapsedMs = performance.now() - start;
  return {
    samples: Float64Array.of(value),
    ops: 1,
    steady: true,
    gc: { count: 0, ms: 0 },
    elapsedMs,
    setupMs: 0,
  };
}

async function timed(scenario: TimedScenario, subject: Subject, job: Job): Promise<Measurement> {
  const { effort } = job;
  const begin = performance.now();
  const state = await scenario.setup(subject, job.params, job.seed);
  const setupMs = performance.now() - begin;
  const ops = scenario.opsOf(state);
  const collections = observeCollections();

  // What setup left behind is collected now, so that nobody pays for it while being timed. What the operations themselves
  // allocate is theirs: its collection falls into the samples when the collector decides so.
  for (let i = 0; i < 2; i++) globalThis.gc?.();

  const steady = warmUp(scenario, state, effort);
  globalThis.gc?.();
  const start = performance.now();
  const latency = window(scenario, state, effort.measureMs, effort.samples);
  const elapsedMs = performance.now() - start;
  scenario.verify(state);
  scenario.teardown?.(state);
  return {
    samples: Float64Array.from(latency, (ms) => (ms * 1e6) / ops),
    ops,
    steady,
    gc: await collections(start, start + elapsedMs),
    elapsedMs,
    setupMs,
  };
}

/** Repeats windows until the medians of two agree, and says whether they did. */
function warmUp(scenario: TimedScenario, state: unknown, { warmupMs, warmupWindows }: Effort): boolean {
  let before = Number.NaN;
  for (let i = 0; i < warmupWindows; i++) {
    const samples = window(scenario, state, warmupMs, 3);
    const median = samples[samples.length >> 1];
    if (Math.abs(median - before) <= STEADY * median) return true;
    before = median;
  }
  return false;
}

/** Samples of at least `ms` in all and at least `count`, ascending, in ms. */
function window(scenario: TimedScenario, state: unknown, ms: number, count: number): readonly number[] {
  const bench = new Bench({
    time: ms,
    iterations: count,
    warmup: false,
    retainSamples: true,
    throws: true,
    timestampProvider: hrtimeNowTimestampProvider,
  });
  let saturated: string | undefined;
  bench.addEventListener('warning', (event) => {
    saturated = event.reason;
  });
  // tinybench would call the function once, outside its hooks, to see whether it is async.
  bench.add(
    scenario.id,
    () => {
      scenario.run(state);
      return scenario.lasted ? { overriddenDuration: scenario.lasted(state) } : undefined;
    },
    { async: false },
  );
  const [{ result }] = bench.runSync();
  if (result.state !== 'completed') throw new Error(`tinybench says '${result.state}'`);
  if (saturated)
    throw new Error(`a sample is too short for this clock (${saturated}): more operations must go into one`);
  const { samples } = result.latency;
  if (!samples) throw new Error('tinybench kept no samples');
  return samples;
}

/** Notes collections from now on; the function that it gives sums up those between two times. */
function observeCollections(): (from: number, to: number) => Promise<{ count: number; ms: number }> {
  const seen: { startTime: number; duration: number }[] = [];
  const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return async (from, to) => {
    for (let i = 0; i < 3; i++) await setImmediate();
    observer.disconnect();
    const during = seen.filter((entry) => entry.startTime >= from && entry.startTime <= to);
    return { count: during.length, ms: during.reduce((sum, entry) => sum + entry.duration, 0) };
  };
}
