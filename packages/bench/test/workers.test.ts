import { availableParallelism } from 'node:os';
import { describe, expect, it, vi } from 'vitest';
import { handOverNs } from '../src/crew.ts';
import type { Measurement } from '../src/job.ts';
import { prepare, whyNot } from '../src/measure.ts';
import { SETTINGS } from '../src/modes.ts';
import type { Findings } from '../src/results.ts';
import { runBenchmark } from '../src/runner.ts';
import type { Params } from '../src/scenario.ts';
import { churn } from '../src/scenarios/churn.ts';
import { scenariosOf } from '../src/scenarios/index.ts';
import { workersAloneLookup, workersThroughput } from '../src/scenarios/workers.ts';
import { loadSubject } from '../src/subjects.ts';
import { tables } from '../src/table.ts';
import { each } from './each.ts';

const POINTS = ['own', 'same'].map((namespaces) => ({ namespaces, live: 300, workers: 2 }));

describe('two workers in one allocator', () => {
  it.each(POINTS)('have done what was counted, and the allocator is sound: $namespaces', async (params) => {
    const subject = await loadSubject({ id: 'hierarchical', kind: 'strategy' });
    const state = await workersThroughput.setup(subject, params, 1);
    for (const times of state.crew.times) times[2] = -1;
    for (let i = 0; i < 3; i++) workersThroughput.run(state);
    for (const [begin, end, waited] of state.crew.times) {
      expect(end).toBeGreaterThan(begin);
      expect(waited).toBeGreaterThanOrEqual(0);
    }
    expect(workersThroughput.opsOf(state)).toBe(40_000);
    workersThroughput.verify(state);
    const { allocator } = state;
    // The pids of both, and what each thread may keep at hand.
    expect(allocator?.stats().pids).toBeGreaterThanOrEqual(600);
    expect(allocator?.stats().namespaces).toBe(params.namespaces === 'own' ? 3 : 2);
    workersThroughput.teardown?.(state);
    // They have given their places back: one more than there were can attach.
    expect(subject.strategy?.attachPidAllocator?.(allocator?.share() as never)).toMatchObject({ workerSlot: 1 });
  });

  it.each(['hierarchical', 'floor'])('a pid too many is noticed: %s', async (id) => {
    const subject = await loadSubject({ id, kind: id === 'floor' ? 'floor' : 'strategy' });
    const state = await workersThroughput.setup(subject, POINTS[1], 1);
    workersThroughput.run(state);
    if (state.allocator) state.allocator.allocPid(state.assignments[0].ns as never);
    else (state.assignments[0].shared as Int32Array)[16] |= 1;
    expect(() => workersThroughput.verify(state)).toThrow('601 numbers are taken by 600 live pids');
    workersThroughput.teardown?.(state);
  });

  it('a turn that was not taken is noticed', async () => {
    const subject = await loadSubject({ id: 'flat', kind: 'strategy' });
    const state = await workersThroughput.setup(subject, POINTS[0], 1);
    workersThroughput.run(state);
    state.turns++;
    expect(() => workersThroughput.verify(state)).toThrow('40000 operations in 2 turns');
    workersThroughput.teardown?.(state);
  });

  it('hand a word over as often as they are asked how long that takes, and work on', async () => {
    const subject = await loadSubject({ id: 'flat', kind: 'strategy' });
    const state = await workersThroughput.setup(subject, POINTS[0], 1);
    const { crew } = state;
    workersThroughput.run(state);
    const found: number[] = [];
    // A machine that is busy with something else mostly lets one of them wait for too long; one with a single core always does.
    for (let tries = 0; found.length < 2 && tries < (availableParallelism() > 1 ? 400 : 2); tries++)
      found.push(...[handOverNs(crew, 2) ?? []].flat());
    expect(found).toHaveLength(availableParallelism() > 1 ? 2 : 0);
    for (const ns of found) expect(ns).toBeGreaterThan(0);
    workersThroughput.run(state);
    workersThroughput.verify(state);
    workersThroughput.teardown?.(state);
  });

  it('are not asked with fewer cores than threads, and one alone is not', async () => {
    const subject = await loadSubject({ id: 'flat', kind: 'strategy' });
    for (const [workers, cores] of [
      [2, 1],
      [3, 2],
      [1, 2],
    ]) {
      const state = await workersThroughput.setup(subject, { ...POINTS[0], workers }, 1);
      expect(handOverNs(state.crew, cores)).toBeUndefined();
      expect(state.crew.times[0][3]).toBe(0);
      workersThroughput.teardown?.(state);
    }
  });

  it('are two of three, where there are three', async () => {
    const subject = await loadSubject({ id: 'flat', kind: 'strategy' });
    const state = await workersThroughput.setup(subject, { ...POINTS[0], workers: 3 }, 1);
    handOverNs(state.crew, 3);
    // NaN where the machine was busy with something else.
    expect(state.crew.times.map(([, , , ns]) => ns !== 0)).toEqual([true, false, false]);
    workersThroughput.teardown?.(state);
  });

  it('what goes wrong in a thread comes out', async () => {
    const subject = await loadSubject({ id: 'flat', kind: 'strategy' });
    // A block too small for the pids of the second.
    const crowded = { ...subject, create: (options: object) => subject.create({ ...options, pidMax: 400 }) };
    expect(() => workersThroughput.setup(crowded, POINTS[1], 1)).toThrow(/in a thread: PidError.*EAGAIN/s);
  });
});

describe('a measurement', () => {
  /** What is measured with two workers, if a hand-over takes so long. */
  async function measured(handOver?: number): Promise<Measurement> {
    const asked = vi.spyOn(workersThroughput, 'handOverNs').mockReturnValue(handOver);
    try {
      const work = await prepare({
        subject: { id: 'flat', kind: 'strategy' },
        scenario: workersThroughput.id,
        params: POINTS[0],
        ...{ round: 0, seed: 1, layout: { environmentBytes: 0, ballastBytes: 0, ballastObjects: 0 } },
        effort: { measureMs: 1, samples: 2, warmupMs: 1, warmupWindows: 1 },
      });
      let turns = 1;
      for (; !work.measure(); turns++) expect(asked).not.toHaveBeenCalled();
      expect(turns).toBeGreaterThan(1);
      const measurement = await work.finish();
      expect(asked).toHaveBeenCalledTimes(1);
      return measurement;
    } finally {
      asked.mockRestore();
    }
  }

  it('says how long a hand-over took, asked once after the last turn, and nothing where nobody can say', async () => {
    expect((await measured(51)).handOverNs).toBe(51);
    expect(await measured()).not.toHaveProperty('handOverNs');
  });
});

describe('a turn', () => {
  it('begins with runs that do not count, until the caches are warm', async () => {
    const run = vi.spyOn(churn, 'run');
    try {
      const work = await prepare({
        subject: { id: 'flat', kind: 'strategy' },
        scenario: churn.id,
        params: { live: 100, level: 0, order: 'random' },
        ...{ round: 0, seed: 1, layout: { environmentBytes: 0, ballastBytes: 0, ballastObjects: 0 } },
        effort: { measureMs: 20, samples: 2, warmupMs: 10, warmupWindows: 5 },
      });
      for (let window = 0; window < 5; window++) work.warmUp();
      run.mockClear();
      let turns = 1;
      while (!work.measure()) turns++;
      const { samples } = await work.finish();
      // A run takes some 50 µs, and 3 ms are there for them.
      expect(run.mock.calls.length - samples).toBeGreaterThan(2 * turns);
    } finally {
      run.mockRestore();
    }
  });
});

describe('what cannot be shared', () => {
  it('says so', async () => {
    const map = await loadSubject({ id: 'map', kind: 'baseline' });
    expect(whyNot(map, workersThroughput, POINTS[0])).toBe('objects cannot be shared by threads');
    const flat = await loadSubject({ id: 'flat', kind: 'strategy' });
    const traits = { ...flat.strategy?.traits, shared: false };
    const single = { ...flat, strategy: { ...flat.strategy, traits } } as typeof flat;
    expect(whyNot(single, workersThroughput, POINTS[0])).toBe('its traits say that it is for one thread');
    expect(whyNot(flat, workersThroughput, POINTS[0])).toBeUndefined();
  });
});

describe('the price of shared mode', () => {
  it('is measured on an allocator that is shared, against one that is not', async () => {
    const subject = await loadSubject({ id: 'pidspace', kind: 'strategy' });
    const descriptorOf = async (block: string) => {
      const { workload } = await workersAloneLookup.setup(subject, { block, live: 100 }, 1);
      return (workload as unknown as { share(): unknown }).share();
    };
    expect(await descriptorOf('shared')).toMatchObject({ strategy: 'pidspace' });
    await expect(descriptorOf('plain')).rejects.toThrow(/for one thread/);
  });
});

/** Findings of processes whose numbers are known. */
function findings(
  id: string,
  ns: (params: Params, round: number) => number,
  floor?: (params: Params, round: number) => number,
): Promise<Findings> {
  const measurement = (median: number): Measurement => ({
    median,
    p99: median,
    samples: 1,
    ops: 1,
    steady: true,
    gcShare: 0,
  });
  return runBenchmark(
    {
      subjects: [
        { id: 'flat', kind: 'strategy' as const },
        ...(floor ? [{ id: 'floor', kind: 'floor' as const }] : []),
      ],
      scenarios: scenariosOf(id),
      mode: 'quick',
      settings: SETTINGS.quick,
      seed: 1,
    },
    {
      run: each(async ({ params, subject, round }) => {
        const value = subject.id === 'floor' && floor ? floor(params, round) : ns(params, round);
        return {
          measurement: measurement(value * (1 + 0.004 * ((round * 7 + String(params.workers).length) % 3))),
          tookMs: 1,
        };
      }),
    },
  );
}

describe('cells that are measured for each other’s sake', () => {
  it('are compared within rounds: how much more gets done', async () => {
    // A machine that slows down from round to round slows down both.
    const found = await findings('workers-throughput', ({ workers, namespaces }, round) => {
      const alone = 100 * 3 ** round;
      return workers === 1
        ? alone
        : alone / (namespaces === 'own' ? 1.99 + 0.01 * (round % 2) : 0.8 + 0.01 * (round % 2));
    });
    const { pairs } = found;
    expect(pairs.map(({ common, goal, verdict }) => [common.namespaces, goal, verdict])).toEqual([
      ['own', 'at least 1.8×', 'met'],
      ['same', 'at least 1×', 'missed'],
    ]);
    expect(pairs[0].factor.value).toBeCloseTo(1.995, 2);
    expect(tables(found, 120)).toMatch(/same: workers 2 against 1\n {2}flat +missed +0\.8\d?× \[0\.7\d+, 0\.8\d+\]/);
    expect(found.targets.find(({ verdict }) => verdict === 'met')).toMatchObject({
      target: 'workers-throughput with 4,000 live, namespaces own: workers 2 against 1, at least 1.8×',
      strategy: 'flat',
    });
    expect(tables(found, 120)).toMatch(/own: workers 2 against 1\n {2}flat +met +2× .* \(goal: at least 1\.8×\)/);
  });

  it('are compared the other way where it is a price', async () => {
    const { pairs } = await findings('workers-alone-churn', ({ block }, round) =>
      block === 'plain' ? 50 : 140 + round,
    );
    expect(pairs.map(({ common }) => common.live)).toEqual([1_000, 32_000, 1_000_000]);
    for (const { factor, goal, verdict } of pairs) {
      expect(factor.value).toBeCloseTo(2.8, 1);
      expect([goal, verdict]).toEqual(['at most 2×', 'missed']);
    }
  });

  it('are told without a verdict where nothing was to be reached', async () => {
    const found = await findings('lookup-hash', ({ hash }, round) => (hash === 'capacity' ? 10 : 40 + round));
    expect(found.pairs.map(({ common, against, goal }) => [common.live, against, goal])).toEqual([
      [1_000, 'hash kernel against capacity', undefined],
      [32_000, 'hash kernel against capacity', undefined],
    ]);
    expect(found.targets.filter(({ verdict }) => verdict !== 'not measured')).toEqual([]);
    expect(tables(found, 120)).toMatch(/hash kernel against capacity\n {2}flat +4× /);
  });

  it('leave a missed goal open where the machine had no second core for the floor either', async () => {
    const slow = () => 100;
    const verdictWhen = async (floor: (params: Params, round: number) => number) => {
      const found = await findings('workers-throughput', slow, floor);
      const target = found.targets.find(({ target }) =>
        target.startsWith('workers-throughput with 4,000 live, namespaces own'),
      );
      return [target?.verdict, target?.reason?.slice(0, 34)];
    };
    expect(await verdictWhen(() => 20)).toEqual(['not measured', 'the machine had no second core fre']);
    // Twice as much on average, and next to nothing in one round: nobody can say.
    expect(await verdictWhen(({ workers }, round) => (workers === 1 ? 20 : [2, 40, 10][round % 3]))).toEqual([
      'not measured',
      'the machine had no second core fre',
    ]);
    expect(await verdictWhen(({ workers }) => 20 / Number(workers))).toEqual(['missed', undefined]);
  });
});

describe('the name of a family', () => {
  it('stands for all of it, unless it is a scenario', () => {
    const ids = (name: string) => scenariosOf(name).map(({ id }) => id);
    expect(ids('workers')).toEqual([
      ...['workers-throughput', 'workers-windows', 'workers-alone-churn', 'workers-alone-lookup'],
      ...['workers-reference', 'workers-rounds'],
    ]);
    expect(ids('namespace')).toEqual(['namespace']);
    expect(ids('workers-alone')).toEqual(['workers-alone-churn', 'workers-alone-lookup']);
    expect(() => ids('work')).toThrow(/no scenario is called 'work'/);
  });
});
