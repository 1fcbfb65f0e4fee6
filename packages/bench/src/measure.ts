import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { Bench, hrtimeNowTimestampProvider } from 'tinybench';
import { type Effort, type Job, type Measurement, TURN_MS, wakeMsFor } from './job.ts';
import type { Layout } from './random.ts';
import { medianOf, p99Of } from './samples.ts';
import { numberOf, type OnceScenario, type Params, type Scenario, type TimedScenario } from './scenario.ts';
import { scenarioOf } from './scenarios/index.ts';
import { loadSubject } from './subjects.ts';
import type { Subject } from './workload.ts';

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

/** A job that is made ready, a turn at a time, so that several processes can take turns. */
export interface Work {
  /**
   * A window of warm-up; whether it was the last: it took as long as the one before, within 5 %, or all of them took as long as the most
   * that there may be. What is measured once is always warm.
   */
  warmUp(): boolean;
  /** A turn of samples; whether there are enough by now. */
  measure(): boolean;
  /** Checks that what was timed has happened, ends it, and gives what was measured. */
  finish(): Promise<Measurement>;
}

/** Makes a job ready in this process. One process should do one job: V8 learns from everything that it has seen. */
export async function prepare(job: Job): Promise<Work> {
  const ballast = loadBallast(job.layout);
  const subject = await loadSubject(job.subject);
  const scenario = scenarioOf(job.scenario);
  const work = scenario.kind === 'timed' ? await timed(scenario, subject, job) : once(scenario, subject, job);
  return {
    ...work,
    finish() {
      if (ballast.length < 2) throw new Error('the ballast is gone');
      return work.finish();
    },
  };
}

/** What is kept until the process ends, so that everything else lies elsewhere. */
function loadBallast({ ballastBytes, ballastObjects }: Layout): readonly unknown[] {
  return [new Uint8Array(ballastBytes), Array.from({ length: ballastObjects }, (_, i) => ({ i }))];
}

/**
 * The samples of some turns as a measurement. The median is that of the quicker half of the turns: whatever else the machine does takes
 * time from a turn and never gives it any. The p99 is that of all.
 */
export function summed(
  turns: readonly (readonly number[])[],
  rest: Omit<Measurement, 'median' | 'p99' | 'samples'>,
): Measurement {
  const ascending = turns.map((turn) => Float64Array.from(turn).sort()).sort((a, b) => medianOf(a) - medianOf(b));
  const quicker = ascending.slice(0, Math.ceil(turns.length / 2));
  const all = Float64Array.from(turns.flat()).sort();
  return {
    median: medianOf(Float64Array.from(quicker.flatMap((turn) => [...turn])).sort()),
    p99: p99Of(all),
    samples: all.length,
    ...rest,
  };
}

function once(scenario: OnceScenario, subject: Subject, { params, seed }: Job): Work {
  return {
    warmUp: () => true,
    measure: () => true,
    finish: async () => summed([[scenario.measure(subject, params, seed)]], { ops: 1, steady: true, gcShare: 0 }),
  };
}

/** Two windows of warm-up that differ by no more are alike. */
const STEADY = 0.05;

/** Windows of warm-up before it can be long enough, however long each of them is. */
const LEAST_WINDOWS = 3;

/** Samples that there are at least, however long each of them is, and times the least that all are to take which makes them long. */
const LEAST_SAMPLES = 3;
const LONG = 5;

async function timed(scenario: TimedScenario, subject: Subject, job: Job): Promise<Work> {
  const { effort } = job;
  const state = await scenario.setup(subject, job.params, job.seed);
  const ops = scenario.opsOf(state);
  const wakeMs = wakeMsFor(job.params);
  const collections = observeCollections();
  const turns: number[][] = [];
  let measuredMs = 0;
  let windows = 0;
  let warmUpMs = 0;
  let steady = false;
  let before = Number.NaN;
  let handOverNs: number | undefined;

  // What setup left behind is collected now, so that nobody pays for it while being timed. What the operations themselves
  // allocate is theirs: its collection falls into the samples when the collector decides so.
  for (let i = 0; i < 2; i++) globalThis.gc?.();

  return {
    warmUp() {
      const start = performance.now();
      const window = sample(scenario, state, effort.warmupMs, 1);
      warmUpMs += performance.now() - start;
      const median = window[window.length >> 1];
      steady ||= Math.abs(median - before) <= STEADY * median;
      before = median;
      return steady || (++windows >= LEAST_WINDOWS && warmUpMs >= effort.warmupMs * effort.warmupWindows);
    },
    measure() {
      if (turns.length === 0) globalThis.gc?.();
      // A sample that fills a turn wakes up by itself.
      if (!(before > TURN_MS)) sample(scenario, state, wakeMs, 1);
      const start = performance.now();
      const turn = sample(scenario, state, Math.min(TURN_MS, effort.measureMs), 1, MOST_TRIES);
      const end = performance.now();
      collections.during(start, end);
      measuredMs += end - start;
      turns.push(turn.map((ms) => (ms * 1e6) / ops));
      const count = turns.flat().length;
      const isEnough = count >= effort.samples ? measuredMs >= effort.measureMs : isLong(count, measuredMs, effort);
      // Now, while no other process has a turn.
      if (isEnough) handOverNs = scenario.handOverNs?.(state);
      return isEnough;
    },
    async finish() {
      scenario.verify(state);
      scenario.teardown?.(state);
      const collectedMs = await collections.total();
      const gcShare = measuredMs > 0 ? collectedMs / measuredMs : 0;
      return summed(turns, { ops, steady, gcShare, ...(handOverNs === undefined ? {} : { handOverNs }) });
    },
  };
}

/** Whether so few samples are enough, since each of them is long: they have taken as long as many would. */
function isLong(count: number, measuredMs: number, { measureMs }: Effort): boolean {
  return count >= LEAST_SAMPLES && measuredMs >= LONG * measureMs;
}

/** How often something is run until it counts, however disturbed it was: by then that is what this machine gives. */
const MOST_TRIES = 5;

/** Runs it, and again as long as it is disturbed, `tries` times in all at most. */
export function runUndisturbed<S>(
  { run, disturbed }: Pick<TimedScenario<S>, 'run' | 'disturbed'>,
  state: S,
  tries: number,
): void {
  do run(state);
  while (--tries > 0 && disturbed?.(state));
}

/** Samples of at least `ms` in all and at least `count`, ascending, in ms; each is the last of at most so many tries. */
function sample(scenario: TimedScenario, state: unknown, ms: number, count: number, tries = 1): readonly number[] {
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
      runUndisturbed(scenario, state, tries);
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

/** Notes collections from now on, and gives the milliseconds of those in the times that count. */
function observeCollections(): { during(from: number, to: number): void; total(): Promise<number> } {
  const seen: { startTime: number; duration: number }[] = [];
  const counted: (readonly [from: number, to: number])[] = [];
  const observer = new PerformanceObserver((list) => seen.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  return {
    during: (from, to) => counted.push([from, to]),
    async total() {
      for (let i = 0; i < 3; i++) await setImmediate();
      observer.disconnect();
      const within = seen.filter(({ startTime }) => counted.some(([from, to]) => startTime >= from && startTime <= to));
      return within.reduce((total, { duration }) => total + duration, 0);
    },
  };
}
