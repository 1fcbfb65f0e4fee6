import { describe, expect, it } from 'vitest';
import { BASELINES } from '../src/baselines/index.ts';
import { STRATEGIES } from '../src/builtins.ts';
import { whyNot } from '../src/measure.ts';
import { SETTINGS } from '../src/modes.ts';
import type { Mode, Params, Scenario } from '../src/scenario.ts';
import { forkExitWait } from '../src/scenarios/fork-exit-wait.ts';
import { SCENARIOS, scenarioOf } from '../src/scenarios/index.ts';
import { loadSubject, type SubjectSpec } from '../src/subjects.ts';

const SUBJECTS: SubjectSpec[] = [
  ...Object.keys(STRATEGIES).map((id) => ({ id, kind: 'strategy' as const })),
  ...Object.keys(BASELINES).map((id) => ({ id, kind: id === 'floor' ? ('floor' as const) : ('baseline' as const) })),
];
const MODES = Object.keys(SETTINGS) as Mode[];
const isLong = process.env.PIDLAB_LONG === '1';
/** Whose points are worked on: all of them with `npm test -- --long`. The others differ in sizes, and all are made small here. */
const WORKED: readonly Mode[] = isLong ? MODES : ['quick'];
/** Draws the fifth of the subjects that work on a scenario when there is less time: each scenario has some, each subject works on some. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);

/** The same point with few pids. */
function tiny(params: Params): Params {
  return {
    ...params,
    ...('live' in params ? { live: 250 } : {}),
    ...('open' in params ? { open: 3 } : {}),
  };
}

describe.each(SUBJECTS.map((spec, i) => ({ ...spec, i })))(isLong ? '$id' : `$id (seed ${SEED})`, ({ i, ...spec }) => {
  const worked = SCENARIOS.filter((_, k) => isLong || (i + k) % 5 === SEED % 5);
  it.each(worked.map((scenario) => scenario.id))('does the work of %s', async (id) => {
    const scenario = scenarioOf(id);
    const subject = await loadSubject(spec);
    const points = new Map(
      WORKED.flatMap((mode) => scenario.plan[mode]).map((p) => [JSON.stringify(tiny(p)), tiny(p)]),
    );
    let ran = 0;
    for (const params of points.values()) {
      if (whyNot(subject, scenario, params)) continue;
      ran++;
      if (scenario.kind === 'once') {
        const value = scenario.measure(subject, params, 1);
        expect(Number.isFinite(value)).toBe(true);
        continue;
      }
      const state = await scenario.setup(subject, params, 1);
      for (let i = 0; i < 2; i++) scenario.run(state);
      scenario.verify(state);
      scenario.teardown?.(state);
      expect(scenario.opsOf(state)).toBeGreaterThan(0);
      if (scenario.lasted) expect(scenario.lasted(state)).toBeGreaterThan(0);
    }
    const reasons = [...points.values()].map((params) => whyNot(subject, scenario, params)).filter(Boolean);
    expect(ran + reasons.length).toBe(points.size);
    expect(ran > 0 || reasons.every((reason) => (reason ?? '').length > 10)).toBe(true);
  });
});

describe('strategies', () => {
  it('run every scenario, but for the one about hash tables where there are none, and what is asked of one alone', async () => {
    const left: Record<string, string[]> = {
      hierarchical: ['workers-rounds'],
      flat: ['workers-reference', 'workers-rounds'],
      pidspace: ['workers-reference', 'workers-rounds'],
      idr: ['lookup-hash', 'workers-reference'],
    };
    for (const spec of SUBJECTS.filter(({ kind }) => kind === 'strategy')) {
      const subject = await loadSubject(spec);
      const runs = (scenario: Scenario) =>
        scenario.plan.full.some((params) => whyNot(subject, scenario, params) === undefined);
      const without = SCENARIOS.filter((scenario) => !runs(scenario)).map(({ id }) => id);
      expect(without, spec.id).toEqual(left[spec.id]);
    }
  });

  it('leave out levels that they do not have, and say so', async () => {
    const flat = await loadSubject({ id: 'flat', kind: 'strategy' });
    expect(whyNot(flat, scenarioOf('churn'), { live: 1_000, level: 3, order: 'random' })).toMatch(/nest 1 deep/);
    const map = await loadSubject({ id: 'map', kind: 'baseline' });
    expect(whyNot(map, scenarioOf('churn'), { live: 1_000, level: 3, order: 'random' })).toBeUndefined();
    expect(whyNot(map, scenarioOf('replay'), { trace: 'c-build', level: 1 })).toMatch(/whole contract/);
    expect(whyNot(flat, scenarioOf('fork-exit-wait'), { live: 10_000, level: 2 })).toMatch(/nest 1 deep/);
    expect(whyNot(map, scenarioOf('fork-exit-wait'), { live: 10_000, level: 3 })).toBeUndefined();
    const idgen = await loadSubject({ id: 'idgen', kind: 'baseline' });
    expect(whyNot(idgen, scenarioOf('fork-exit-wait'), { live: 10_000, level: 0 })).toMatch(/no process table/);
  });
});

describe('work that is not done is noticed', () => {
  it.each(['churn', 'lookup-hit', 'lookup-use', 'translate', 'fork-exit', 'list'])('%s', async (id) => {
    const scenario = scenarioOf(id);
    if (scenario.kind !== 'timed') throw new Error('it is timed');
    const subject = await loadSubject({ id: 'map', kind: 'baseline' });
    const blind = { ...subject, list: () => 1 };
    const params = tiny(scenario.plan.quick[0]);
    const state = await scenario.setup(blind, params, 1);
    // From here on the allocator finds nothing and knows no number.
    Object.assign(state.workload, { findPidNs: () => undefined, pidNrNs: () => 0 });
    scenario.run(state);
    expect(() => scenario.verify(state)).toThrow();
  });
});

describe('fork-exit-wait notices', () => {
  it.each<[string, object, RegExp]>([
    ['children that nobody reaped', { wait4: () => ({ pid: 2, status: 0 }) }, /0 of 100000 children/],
    ['processes of the same number', { getpid: () => 2 }, /the same number/],
    ['processes without a number', { getpid: () => 0 }, /the same number/],
  ])('%s', async (_what, broken, complaint) => {
    const subject = await loadSubject({ id: 'map', kind: 'baseline' });
    // So many that there are numbers enough for who is never reaped.
    const state = await forkExitWait.setup(subject, { live: 10_000, level: 1 }, 1);
    forkExitWait.run(state);
    forkExitWait.verify(state);
    Object.assign(state.table, broken);
    forkExitWait.run(state);
    expect(() => forkExitWait.verify(state)).toThrow(complaint);
  });
});

describe('the plan', () => {
  it.each(SCENARIOS.map(({ id }) => id))('%s has points in every mode, but where the lab counts, each once', (id) => {
    const { plan, question, timed, notTimed, unit } = scenarioOf(id);
    for (const mode of MODES) {
      const points = plan[mode].map((params) => JSON.stringify(params));
      // What the lab counts it need not time.
      if (!(id === 'lookup-skew' && mode === 'lab')) expect(points.length).toBeGreaterThan(0);
      expect(new Set(points).size).toBe(points.length);
    }
    expect(question).toMatch(/\?$/);
    for (const text of [timed, notTimed, unit]) expect(text.length).toBeGreaterThan(2);
  });

  it('knows no other scenario', () => {
    expect(() => scenarioOf('nonsense')).toThrow(/no scenario is called 'nonsense'; there are churn, /);
  });
});
