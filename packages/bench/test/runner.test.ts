import { describe, expect, it } from 'vitest';
import type { Job } from '../src/measure.ts';
import { SETTINGS } from '../src/modes.ts';
import type { Outcome } from '../src/process.ts';
import type { Result } from '../src/results.ts';
import { type Hooks, type Progress, runBenchmark } from '../src/runner.ts';
import { scenarioOf } from '../src/scenarios/index.ts';
import type { SubjectSpec } from '../src/subjects.ts';

const SUBJECTS: SubjectSpec[] = [
  { id: 'hierarchical', kind: 'strategy' },
  { id: 'flat', kind: 'strategy' },
  { id: 'map', kind: 'baseline' },
  { id: 'idgen', kind: 'baseline' },
  { id: 'floor', kind: 'floor' },
];
const TRUE_NS: Record<string, number> = { hierarchical: 60, flat: 40, map: 240, idgen: 120, floor: 10 };

/** A process whose numbers are known. */
function measured(value: number): Outcome {
  return {
    measurement: {
      samples: Float64Array.of(value * 0.9, value, value * 1.1),
      ops: 500,
      steady: true,
      gc: { count: 1, ms: 2 },
      elapsedMs: 20,
      setupMs: 1,
    },
  };
}

function bench(hooks: Hooks, scenarios = ['churn'], subjects = SUBJECTS): Promise<Result[]> {
  return runBenchmark(
    { subjects, scenarios: scenarios.map(scenarioOf), mode: 'quick', settings: SETTINGS.quick, seed: 42 },
    hooks,
  );
}

describe('runBenchmark', () => {
  it('measures every subject in every round, in orders that differ, with one seed a round', async () => {
    const jobs: Job[] = [];
    await bench({
      run: async (job) => {
        jobs.push(job);
        return measured(TRUE_NS[job.subject.id]);
      },
    });
    const cells = 3;
    expect(jobs).toHaveLength(SETTINGS.quick.rounds * cells * SUBJECTS.length);
    const orders = new Set<string>();
    for (let at = 0; at < jobs.length; at += SUBJECTS.length) {
      const group = jobs.slice(at, at + SUBJECTS.length);
      expect(new Set(group.map(({ params }) => JSON.stringify(params))).size).toBe(1);
      expect(new Set(group.map(({ seed }) => seed)).size).toBe(1);
      expect(group.map(({ subject }) => subject.id).sort()).toEqual(SUBJECTS.map(({ id }) => id).sort());
      orders.add(group.map(({ subject }) => subject.id).join());
    }
    expect(orders.size).toBeGreaterThan(3);
    expect(new Set(jobs.map(({ seed }) => seed))).toEqual(new Set([42, 43, 44]));
  });

  it('compares within rounds, with the baseline that does the same work, and with the best of all', async () => {
    let count = 0;
    const drift = [1, 5, 2];
    const results = await bench({
      run: async (job) => {
        const round = Math.floor(count++ / (3 * SUBJECTS.length));
        return measured(TRUE_NS[job.subject.id] * drift[round]);
      },
    });
    const flat = results.find(({ strategy, params }) => strategy === 'flat' && params.live === 32_000);
    expect(flat?.vsBaseline).toMatchObject({ against: 'map', significant: true });
    expect(flat?.vsBaseline?.value).toBeCloseTo(6);
    expect(flat?.vsAnyBaseline?.against).toBe('idgen');
    expect(flat?.vsAnyBaseline?.value).toBeCloseTo(3);
    expect(flat?.vsFloor?.value).toBeCloseTo(4);
    expect(flat?.samples).toBe(9);
    expect(flat?.rounds).toHaveLength(3);
    expect(flat?.rounds[0].gcShare).toBeCloseTo(0.1);
    expect(flat?.unit).toBe('ns per free + alloc');
    const idgen = results.find(({ strategy }) => strategy === 'idgen');
    expect(idgen?.lacks).toMatch(/next in a cycle/);
    expect(idgen?.vsBaseline).toBeUndefined();
  });

  it('stops when time is up, and says what got fewer rounds', async () => {
    let clock = 0;
    const results = await bench({
      now: () => clock,
      run: async (job) => {
        clock += SETTINGS.quick.budgetMs / 20;
        return measured(TRUE_NS[job.subject.id]);
      },
    });
    expect(results).toHaveLength(15);
    const reasons = new Set(results.map(({ reason }) => reason));
    expect([...reasons].join()).toMatch(/^[12] of 3 rounds: the 2 min 0 s of this mode were used up/);
    for (const { status } of results) expect(status).toBe('ok');
  });

  it('does not try again what was cut or failed, keeps what it has, and goes on', async () => {
    const tried: Record<string, number> = {};
    const results = await bench(
      {
        run: async ({ subject }) => {
          tried[subject.id] = (tried[subject.id] ?? 0) + 1;
          if (subject.id === 'hierarchical') return { failed: 'Error: it broke\n    at line 1' };
          if (subject.id === 'map' && tried.map > 1) return { cut: 'stopped after 20 s' };
          return measured(TRUE_NS[subject.id]);
        },
      },
      ['namespace'],
      SUBJECTS,
    );
    const of = (id: string) => results.find(({ strategy }) => strategy === id);
    expect(of('hierarchical')).toMatchObject({ status: 'failed', samples: 0, rounds: [] });
    expect(of('hierarchical')?.median).toBeUndefined();
    expect(of('map')).toMatchObject({ status: 'ok', reason: 'stopped after 20 s', samples: 3 });
    expect(of('flat')).toMatchObject({ status: 'ok', samples: 9 });
    expect(of('floor')).toMatchObject({ status: 'left-out' });
    expect(tried).toMatchObject({ hierarchical: 1, map: 2, flat: 3 });
    expect(tried.floor).toBeUndefined();
  });

  it('tells where it is', async () => {
    const seen: Progress[] = [];
    await bench({ run: async () => measured(1), onProgress: (progress) => seen.push(progress) }, ['namespace']);
    expect(seen).toHaveLength(3 * 4);
    expect(seen[0]).toMatchObject({ round: 1, rounds: 3, scenario: 'namespace', done: 0, total: 12 });
    expect(seen.at(-1)).toMatchObject({ round: 3, done: 11 });
  });
});
