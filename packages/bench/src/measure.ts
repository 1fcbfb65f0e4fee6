import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { Bench, hrtimeNowTimestampProvider } from 'tinybench';
import type { Layout } from './random.ts';
import { quantiles } from './samples.ts';
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
  /** From 0. */
  readonly round: number;
  readonly seed: number;
  readonly layout: Layout;
  readonly effort: Effort;
}

/** What it has measured. */
export interface Measurement {
  /** Of the samples, each the mean of its operations, in the scenario's unit. */
  readonly median: number;
  readonly p99: number;
  /** How many there were. */
  readonly samples: number;
  /** Operations in each sample. */
  readonly ops: number;
  /** Whether the last two windows of the warm-up agreed within 5 %. */
  readonly steady: boolean;
  /** The part of the measured time that the garbage collector took. */
  readonly gcShare: number;
}

/** Why this subject does not run this scenario with these parameters, if so. Needs nothing loaded but its traits. */
export function whyNot(
  subject: Pick<Subject, 'id' | 'kind' | 'leavesOut' | 'maxLevel' | 'createProcesses' | 'strategy' | 'cannot'>,
  scenario: Scenario,
  params: Params,
): string | undefined {
  if (subject.kind === 'twin' && scenario.kind !== 'timed') return 'a twin says how times differ';
  if ('level' in params && numberOf(params, 'level') > subject.maxLevel)
    return `its namespaces nest ${subject.maxLevel} deep at most`;
  const cannot = subject.cannot?.(scenario.id, params);
  if (cannot !== undefined) return cannot;
  if (scenario.wholeContract && !subject.strategy) return 'it does not keep the whole contract';
  return subject.leavesOut[scenario.id] ?? subject.leavesOut['*'] ?? scenario.cannot?.(subject, params);
}

const STEADY = 0.05;

/** Measures in this process. One process should do one job: V8 learns from everything that it has seen. */
export async function measure(job: Job): Promise<Measurement> {
  const ballast = loadBallast(job.layout);
  const subject = await loadSubject(job.subject);
  const scenario = scenarioOf(job.scenario);
  const measured =
    scenario.kind === 'timed'
      ? await timed(scenario, subject, job)
      : summed([scenario.measure(subject, job.params, job.seed)], { ops: 1, steady: true, gcShare: 0 });
  if (ballast.length < 2) throw new Error('the ballast is gone');
  return measured;
}

/** What is kept until the process ends, so that everything else lies elsewhere. */
function loadBallast({ ballastBytes, ballastObjects }: Layout): readonly unknown[] {
  return [new Uint8Array(ballastBytes), Array.from({ length: ballastObjects }, (_, i) => ({ i }))];
}

/** Values of samples as a measurement. */
export function summed(samples: readonly number[], rest: Pick<Measurement, 'ops' | 'steady' | 'gcShare'>): Measurement {
  const ascending = Float64Array.from(samples).sort();
  return { ...quantiles(ascending), samples: ascending.length, ...rest };
}

async function timed(scenario: TimedScenario, subject: Subject, job: Job): Promise<Measurement> {
  const { effort } = job;
  const state = await scenario.setup(subject, job.params, job.seed);
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
  const collectedMs = await collections(start, start + elapsedMs);
  return summed(
    latency.map((ms) => (ms * 1e6) / ops),
    { ops, steady, gcShare: elapsedMs > 0 ? collectedMs / elapsedMs : 0 },
  );
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

/** Notes collections from now on; the function that it gives sums up the milliseconds of those between two times. */
function observeCollections(): (from: number, to: number) => Promise<number> {
  const seen: { startTime: number; duration: number }[] = [];
  const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return async (from, to) => {
    for (let i = 0; i < 3; i++) await setImmediate();
    observer.disconnect();
    const during = seen.filter((entry) => entry.startTime >= from && entry.startTime <= to);
    return during.reduce((total, entry) => total + entry.duration, 0);
  };
}
