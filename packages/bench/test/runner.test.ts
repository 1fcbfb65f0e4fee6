import { describe, expect, it } from 'vitest';
import type { Job, Measurement } from '../src/job.ts';
import { SETTINGS } from '../src/modes.ts';
import type { Outcome } from '../src/process.ts';
import type { Findings, Result } from '../src/results.ts';
import { type Hooks, type Progress, runBenchmark } from '../src/runner.ts';
import { scenarioOf } from '../src/scenarios/index.ts';
import { type SubjectSpec, twinSpec } from '../src/subjects.ts';
import { tables } from '../src/table.ts';
import { each } from './each.ts';

const FLAT: SubjectSpec = { id: 'flat', kind: 'strategy' };
const SUBJECTS: SubjectSpec[] = [
  { id: 'hierarchical', kind: 'strategy' },
  FLAT,
  twinSpec(FLAT),
  { id: 'map', kind: 'baseline' },
  { id: 'idgen', kind: 'baseline' },
  { id: 'floor', kind: 'floor' },
  { id: 'native C', kind: 'native', program: '/nowhere' },
];
const TRUE_NS: Record<string, number> = {
  hierarchical: 60,
  flat: 40,
  twin: 40,
  map: 240,
  idgen: 120,
  floor: 10,
  'native C': 36,
};
const { looks, budgetMs } = SETTINGS.quick;
/** Of a machine that has room for seven processes with a million pids, and none for four hundred. */
const freeBytes = (): number => 2 ** 34;

/** A process whose numbers are known. */
function measured(value: number, tookMs = 1): Outcome {
  const measurement: Measurement = {
    median: value,
    p99: 1.1 * value,
    samples: 3,
    ops: 500,
    steady: true,
    gcShare: 0.1,
  };
  return { measurement, tookMs };
}

/** A little more and less from round to round, the same every time. */
function noisy(job: Job, by = 0.02): number {
  return (
    TRUE_NS[job.subject.id] * (1 + by * Math.sin(7 * job.round + job.subject.id.length + Number(job.params.live ?? 1)))
  );
}

function bench(hooks: Hooks, scenarios = ['churn'], subjects = SUBJECTS, settings = SETTINGS.quick): Promise<Findings> {
  const plan = { subjects, scenarios: scenarios.map(scenarioOf), mode: 'quick', settings, seed: 42 } as const;
  return runBenchmark(plan, { freeBytes, ...hooks });
}

function rowOf({ results }: Findings, id: string, live?: number): Result {
  const found = results.find(({ strategy, params }) => strategy === id && (live === undefined || params.live === live));
  if (!found) throw new Error(`no row ${id}`);
  return found;
}

describe('the first rounds', () => {
  it('measure every subject, those of a cell side by side, with one seed a round and a layout for each process', async () => {
    const together: (readonly Job[])[] = [];
    await bench({
      run: (jobs, limitMs) => {
        together.push(jobs);
        return each(async (job) => measured(noisy(job)))(jobs, limitMs);
      },
    });
    const first = together.filter(([{ round }]) => round < looks[0]);
    expect(first).toHaveLength(looks[0] * 3);
    for (const jobs of first) {
      expect(new Set(jobs.map(({ params }) => JSON.stringify(params))).size).toBe(1);
      expect(new Set(jobs.map(({ seed }) => seed)).size).toBe(1);
      expect(jobs.map(({ subject }) => subject.id).sort()).toEqual(SUBJECTS.map(({ id }) => id).sort());
    }
    expect(new Set(first.map(([{ seed }]) => seed))).toEqual(new Set([42, 43]));
    const layouts = together.flat().map(({ layout }) => JSON.stringify(layout));
    expect(new Set(layouts).size).toBeGreaterThan(0.9 * layouts.length);
  });

  it('measure longer where processes take long to get ready, if the mode says so', async () => {
    const efforts = new Map<unknown, Set<number>>();
    const run = each(async (job) => {
      const { live } = job.params;
      efforts.set(live, (efforts.get(live) ?? new Set()).add(job.effort.measureMs));
      return measured(noisy(job));
    });
    const effortOfSlow = { ...SETTINGS.quick.effort, measureMs: 1_234 };
    await bench({ run }, ['churn'], [FLAT], { ...SETTINGS.quick, effortOfSlow });
    const { measureMs } = SETTINGS.quick.effort;
    expect([...efforts].map(([live, all]) => [live, ...all])).toEqual([
      [1_000, measureMs],
      [32_000, measureMs],
      [1_000_000, 1_234],
    ]);
  });

  it('put side by side what is compared, and nothing that is timed only once or would not fit', async () => {
    const companies = async (scenario: string, subjects = SUBJECTS): Promise<string[]> => {
      const seen = new Set<string>();
      await bench(
        {
          run: (jobs, limitMs) => {
            seen.add(jobs.map(({ subject, params }) => `${subject.id} ${params.workers ?? params.live}`).join(', '));
            return each(async (job) => measured(noisy(job)))(jobs, limitMs);
          },
        },
        [scenario],
        subjects,
      );
      return [...seen];
    };
    expect(await companies('workers-throughput', [FLAT])).toEqual(['flat 1, flat 2']);
    expect(await companies('create-time', [SUBJECTS[0], FLAT])).toEqual(['hierarchical undefined', 'flat undefined']);
    expect(await companies('create-memory', [SUBJECTS[0], FLAT])).toEqual(['hierarchical undefined, flat undefined']);
    const crowd = Array.from({ length: 400 }, () => FLAT);
    for (const jobs of await companies('churn', crowd)) expect(jobs).not.toContain(',');
  });

  it('are one where the number is the same every time', async () => {
    let processes = 0;
    const { results } = await bench(
      {
        run: each(async ({ params }) => {
          processes++;
          return measured(Number(params.pids));
        }),
      },
      ['namespace-memory'],
      [FLAT],
    );
    expect(processes).toBe(2);
    expect(results.map(({ exact, ci, median }) => [exact, ci, median])).toEqual([
      [true, undefined, 0],
      [true, undefined, 1],
    ]);
  });
});

describe('the later rounds', () => {
  it('go to rows of open questions only, and to the twin of one of them', async () => {
    const rounds: Record<string, number> = {};
    const found = await bench(
      {
        run: each(async (job) => {
          rounds[job.subject.id] = job.round + 1;
          // Flat and native C are so close, and so restless, that nobody can say which one is faster.
          return measured(noisy(job, job.subject.id === 'flat' ? 0.2 : 0.001));
        }),
      },
      ['churn'],
    );
    expect(rounds.flat).toBe(looks.at(-1));
    expect(rounds.twin).toBe(looks.at(-1));
    expect(rounds['native C']).toBe(looks.at(-1));
    expect(rounds.idgen).toBe(looks[0]);
    const goal = found.targets.find(
      ({ target, strategy }) => /never slower than native C/.test(target) && strategy === 'flat',
    );
    expect(goal).toMatchObject({ verdict: 'too few rounds', stop: 'no look left' });
  });

  it('stop as soon as everything is decided', async () => {
    const jobs: Job[] = [];
    const found = await bench({
      run: each(async (job) => {
        jobs.push(job);
        return measured(noisy(job, 0.0005));
      }),
    });
    expect(Math.max(...jobs.map(({ round }) => round))).toBe(looks[0] - 1);
    for (const { verdict, stop } of found.targets.filter((target) => target.verdict !== 'not measured'))
      expect([verdict === 'too few rounds', stop]).toEqual([false, 'decided']);
  });

  it('are not spent on who is faster at one cold call, which is told all the same', async () => {
    const told = async (by: number) => {
      const run = each(async (job) => measured(noisy(job, by)));
      const { results } = await bench({ run }, ['create-time'], [SUBJECTS[0], FLAT]);
      return results[0].vsFastest;
    };
    const shown = await told(0.001);
    expect(shown).toMatchObject({ against: 'flat', verdict: 'slower', within: 1.05 });
    expect(shown?.value).toBeCloseTo(1.5, 1);
    expect(shown?.stop).toBeUndefined();
    // Where these rounds do not show it, nobody has promised that they would.
    const open = await told(0.5);
    expect(open?.value).toBeGreaterThan(0);
    expect([open?.verdict, open?.within, open?.stop]).toEqual([undefined, undefined, undefined]);
  });

  it('are not spent on a ratio that has a zero in it', async () => {
    const found = await bench(
      { run: each(async ({ subject, round }) => measured(subject.id === 'map' ? 0 : round % 2 === 0 ? 0 : 128)) },
      ['fork-exit'],
      [FLAT, { id: 'hierarchical', kind: 'strategy' }, { id: 'map', kind: 'baseline' }],
    );
    expect(new Set(found.results.map(({ rounds }) => rounds.length))).toEqual(new Set([looks[0]]));
  });

  it('keep the verdict of the look that decided, whatever later rounds say', async () => {
    const found = await bench({
      run: each(async (job) => {
        const steady = noisy(job, 0.0005);
        // Later it is a machine on which hierarchical is slower than map. Nobody asks.
        if (job.subject.id === 'hierarchical' && job.round >= looks[0]) return measured(10 * steady);
        return measured(job.subject.id === 'flat' ? noisy(job, 0.2) : steady);
      }),
    });
    const goal = found.targets.find(
      ({ target, strategy }) =>
        strategy === 'hierarchical' && target.startsWith('churn (random first) at 32,000 live: at least 3×'),
    );
    expect(goal).toMatchObject({ verdict: 'met', stop: 'decided' });
    expect(goal?.measured?.rounds).toBe(looks[0]);
  });

  it('go first to what they will most probably decide', async () => {
    const subjects = SUBJECTS.filter(({ id }) => ['flat', 'native C'].includes(id));
    const rounds = async (close: number): Promise<number[]> => {
      const found = await bench(
        {
          run: each(async ({ subject, params, round }) => {
            const by = subject.id === 'flat' ? (params.live === close ? 1 : 1.3) : 1;
            // In all cells alike, and against each other.
            const noise = 0.05 * Math.sin(2 * round) * (subject.id === 'flat' ? 1 : -1);
            return measured(100 * by * Math.exp(noise), 1_000);
          }),
        },
        ['churn'],
        subjects,
        // Two rounds of three cells, and four processes more.
        { ...SETTINGS.quick, budgetMs: 1_000 * (2 * 3 * 2 + 4) },
      );
      return [1_000, 32_000, 1_000_000].map((live) => rowOf(found, 'flat', live).rounds.length);
    };
    const all = await Promise.all([1_000, 32_000, 1_000_000].map(rounds));
    expect(all).toEqual([
      [2, 3, 3],
      [3, 2, 3],
      [3, 3, 2],
    ]);
  });

  it('stay within the time, and say what did not fit', async () => {
    let spent = 0;
    const found = await bench({
      run: each(async (job) => {
        const tookMs = budgetMs / 60;
        spent += tookMs;
        return measured(noisy(job, 0.2), tookMs);
      }),
    });
    expect(spent).toBeLessThanOrEqual(budgetMs * 1.001);
    const stops = new Set(found.targets.map(({ stop }) => stop));
    expect(stops).toContain('out of time');
  });
});

describe('a round in which the cores were further apart', () => {
  const subjects = SUBJECTS.filter(({ id }) => ['hierarchical', 'flat', 'floor'].includes(id));
  /** The verdicts of a run in which two threads take three times as long in some rounds, and a gauge tells it or does not. */
  async function verdicts(far: readonly number[], isTold = true): Promise<[string[], Findings]> {
    const found = await bench(
      {
        run: each(async (job) => {
          const { round, params, subject } = job;
          const isFar = far.includes(round);
          if (params.workers === 1) return measured(noisy(job, 0.002));
          const ns = (noisy(job, 0.002) / (params.namespaces === 'own' ? 1.95 : 1.2)) * (isFar ? 3 : 1);
          // No design is as far from the others then as it is else.
          const outcome = measured(isFar ? ns * (1 + subject.id.length / 20) : ns);
          const handOverNs = (isFar ? 217 : 50) * (1 + 0.02 * Math.sin(subject.id.length + round));
          return isTold && 'measurement' in outcome
            ? { ...outcome, measurement: { ...outcome.measurement, handOverNs } }
            : outcome;
        }),
      },
      ['workers-throughput'],
      subjects,
    );
    const { targets, results } = found;
    const ofTargets = targets.map(({ target, strategy, verdict, stop }) => `${target} ${strategy}: ${verdict} ${stop}`);
    const ofRows = results.map(({ params, strategy, vsFastest: of }) =>
      [JSON.stringify(params), strategy, of?.against, of?.verdict, of?.stop].join(' '),
    );
    return [[...ofTargets, ...ofRows], found];
  }

  it.each([[[0]], [[1]], [[0, 3]]])('(%j) leaves the verdicts as decided as without it', async (far) => {
    const [near] = await verdicts([]);
    const [all, found] = await verdicts(far);
    expect(near.join('\n')).toMatch(/: met decided$/m);
    expect(all).toEqual(near);
    for (const { rounds, aside, median } of found.results.filter(({ strategy }) => strategy === 'flat')) {
      expect(aside?.map(({ round }) => round)).toEqual(far.filter((at) => at < 2));
      expect(rounds.map(({ round }) => round).filter((round) => far.includes(round))).toEqual([]);
      expect(rounds.length).toBeGreaterThanOrEqual(looks[0]);
      expect(median).toBeLessThan(41);
    }
  });

  it('leaves them open where nobody can tell', async () => {
    const [[near], [untold]] = await Promise.all([verdicts([]), verdicts([0], false)]);
    expect(untold.join('\n')).toMatch(/: .* no look left$/m);
    expect(near.join('\n')).not.toMatch(/: .* no look left$/m);
  });

  it('is all the same where all are', async () => {
    const [, found] = await verdicts([...Array(looks.at(-1)).keys()]);
    expect(found.results.flatMap(({ aside }) => aside ?? [])).toEqual([]);
  });

  it('is told of, with how many there were', async () => {
    const [, found] = await verdicts([0]);
    expect(tables(found, 140)).toMatch(/^12 of 3\d measurements were set aside: the cores/m);
    const [, near] = await verdicts([]);
    expect(tables(near, 140)).not.toMatch(/set aside/);
  });
});

describe('the end of the time', () => {
  // After the first rounds there is time for so many processes, and a company needs up to seven.
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('comes when %i processes fit, whatever would still be worth it', async (left) => {
    const tookMs = budgetMs / (looks[0] * 3 * SUBJECTS.length + left + 0.5);
    let spent = 0;
    const found = await bench({
      run: each(async (job) => {
        spent += tookMs;
        return measured(noisy(job, 0.2), tookMs);
      }),
    });
    expect(spent).toBeLessThanOrEqual(budgetMs);
    expect(found.targets.map(({ stop }) => stop)).toContain('out of time');
  });
});

describe('runBenchmark', () => {
  it('compares within rounds: the best baseline that does the same work, the best of all, the floor, native C, the fastest', async () => {
    const drift = [1, 5, 2, 3, 1, 4, 2, 1, 1, 1, 1, 1];
    const found = await bench({ run: each(async (job) => measured(noisy(job, 0.001) * drift[job.round])) });
    const flat = rowOf(found, 'flat', 32_000);
    expect(flat.vsBaseline).toMatchObject({ against: 'map', verdict: 'faster', stop: 'decided' });
    expect(flat.vsBaseline?.value).toBeCloseTo(6, 1);
    expect(flat.vsAnyBaseline?.against).toBe('idgen');
    expect(flat.vsAnyBaseline?.value).toBeCloseTo(3, 1);
    expect(flat.vsFloor?.value).toBeCloseTo(4, 1);
    expect(flat.vsNative).toMatchObject({ verdict: 'slower' });
    expect(flat.vsFastest).toBeUndefined();
    expect(rowOf(found, 'hierarchical', 32_000).vsFastest).toMatchObject({ against: 'flat', verdict: 'slower' });
    expect(flat.rounds[0].gcShare).toBeCloseTo(0.1);
    expect(flat.unit).toBe('ns per free + alloc');
    const idgen = rowOf(found, 'idgen');
    expect(idgen.lacks).toMatch(/next in a cycle/);
    expect(idgen.vsBaseline).toBeUndefined();
    expect(rowOf(found, 'twin')).toMatchObject({ kind: 'twin', twinOf: 'flat' });
    expect(rowOf(found, 'native C').lacks).toMatch(/pointers/);
  });

  it('measures its own noise by the twin', async () => {
    const found = await bench({
      run: each(async (job) => measured(noisy(job, 0.001) * (job.subject.id === 'twin' ? 1.03 : 1))),
    });
    expect(found.noise?.cells).toBe(3);
    expect(found.noise?.factor).toBeCloseTo(1.03, 2);
  });

  it('has a row that says why there is no native program', async () => {
    const absent: SubjectSpec = { id: 'native C', kind: 'native', absent: 'there is no C compiler here' };
    const found = await bench({ run: each(async (job) => measured(noisy(job))) }, ['churn'], [FLAT, absent]);
    expect(rowOf(found, 'native C')).toMatchObject({ status: 'left-out', reason: 'there is no C compiler here' });
    expect(found.targets.filter(({ target }) => /native C/.test(target)).map(({ verdict }) => verdict)).toEqual(
      Array(8).fill('not measured'),
    );
  });

  it('judges growth by the floor’s own', async () => {
    const plan = { ...scenarioOf('churn').plan, quick: scenarioOf('churn').plan.lab };
    const growth = async (large: number) => {
      const { targets } = await runBenchmark(
        {
          subjects: SUBJECTS,
          scenarios: [{ ...scenarioOf('churn'), plan }],
          mode: 'quick',
          settings: SETTINGS.quick,
          seed: 1,
        },
        {
          freeBytes,
          run: each(async (job) => {
            const isLarge = job.params.live === 4_000_000;
            const by = job.subject.id === 'flat' ? large : 5;
            return measured(noisy(job, 0.001) * (isLarge ? by : 1));
          }),
        },
      );
      return targets.find(({ target, strategy }) => strategy === 'flat' && /grows since 32,000/.test(target));
    };
    expect(await growth(5)).toMatchObject({ verdict: 'met' });
    expect((await growth(5))?.measured?.value).toBeCloseTo(1, 1);
    expect(await growth(10)).toMatchObject({ verdict: 'missed' });
  });

  it('sums up what is less than nothing, and takes what is no number for a failure', async () => {
    const run = each(async (job) => {
      if (job.subject.id === 'hierarchical') return measured(Number.NaN);
      return measured(job.subject.id === 'flat' && job.round === 0 ? -90 : noisy(job));
    });
    const found = await bench({ run }, ['memory'], [SUBJECTS[0], FLAT, { id: 'map', kind: 'baseline' }]);
    const [none, flat] = ['hierarchical', 'flat'].map((id) =>
      found.results.find(({ strategy, params }) => strategy === id && params.by === 'process'),
    );
    expect(none).toMatchObject({ status: 'failed', reason: 'it measured NaN', rounds: [] });
    expect(flat).toMatchObject({ status: 'ok', range: [-90, expect.any(Number)] });
    expect(flat).not.toHaveProperty('ci');
    expect(tables(found, 140)).toContain('-90');
  });

  it('does not try again what was cut or failed, keeps what it has, and goes on', async () => {
    const tried: Record<string, number> = {};
    const found = await bench(
      {
        run: each(async ({ subject, ...job }) => {
          tried[subject.id] = (tried[subject.id] ?? 0) + 1;
          if (subject.id === 'hierarchical') return { failed: 'Error: it broke\n    at line 1', tookMs: 1 };
          if (subject.id === 'map' && tried.map > 1) return { cut: 'stopped after 20 s', tookMs: 1 };
          return measured(noisy({ subject, ...job }, 0.001));
        }),
      },
      ['namespace'],
    );
    expect(rowOf(found, 'hierarchical')).toMatchObject({ status: 'failed', samples: 0, rounds: [] });
    expect(rowOf(found, 'hierarchical').median).toBeUndefined();
    expect(rowOf(found, 'map')).toMatchObject({ status: 'ok', reason: 'stopped after 20 s', samples: 3 });
    expect(rowOf(found, 'flat').vsBaseline).toMatchObject({ verdict: 'too few rounds', stop: 'no number' });
    expect(rowOf(found, 'floor')).toMatchObject({ status: 'left-out' });
    expect(tried).toMatchObject({ hierarchical: 1, map: 2 });
    expect(tried.floor).toBeUndefined();
  });

  it('stops when it is told to, with what it has', async () => {
    const controller = new AbortController();
    let processes = 0;
    const found = await bench({
      signal: controller.signal,
      run: each(async (job) => {
        if (++processes === 10) controller.abort();
        return measured(noisy(job));
      }),
    });
    // Those that were measured side by side when it was told.
    expect(processes).toBe(2 * SUBJECTS.length);
    expect(found.results.filter(({ rounds }) => rounds.length > 0)).toHaveLength(2 * SUBJECTS.length);
    expect(rowOf(found, 'flat', 1_000_000).reason).toMatch(/0 of the first 2 rounds: the run was interrupted/);
  });

  it('tells where it is', async () => {
    const seen: Progress[] = [];
    await bench({ run: each(async (job) => measured(noisy(job, 0.2))), onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toMatchObject({ round: 1, scenario: 'churn', done: 0, total: 2 * 3 * 7 });
    expect(seen[0].open).toBeUndefined();
    expect(seen[0].subjects).toContain('flat');
    expect(seen[2 * 3].open).toBeGreaterThan(0);
    expect(seen.at(-1)?.leftMs).toBeLessThan(budgetMs);
  });
});
