import { readFileSync } from 'node:fs';
import { HEADER } from '@pidlab/core';
import { describe, expect, test } from 'vitest';
import {
  EXCEPTIONS,
  explore,
  isFor,
  loadModule,
  type Module,
  Races,
  readSchedule,
  SCENARIOS,
  type Scenario,
  tableOf,
  traceOf,
  transform,
} from '../src/explore/index.ts';
import { createMachine, type Kind } from '../src/explore/machine.ts';
import { showSchedule } from '../src/explore/schedule.ts';
import { makeWorld } from '../src/explore/world.ts';
import { BUILTINS } from '../src/strategies/builtins.ts';

const modules = new Map<string, Module>();
for (const [name, builtin] of Object.entries(BUILTINS)) {
  modules.set(name, await loadModule(import.meta.resolve(builtin.package)));
}
const hierarchical = modules.get('hierarchical')!;
const named = (name: string): Scenario => SCENARIOS.find((scenario) => scenario.name === name)!;

describe('the transform', () => {
  const body = (code: string): string => transform(code).code.split('\n').slice(2, -2).join('\n');

  test.each([
    ['const f = (s) => s.words[3];', 'const f = (s) => $r(s.words, 3);'],
    ['const f = (s) => { s.words[3] = 4; };', 'const f = (s) => { $w(s.words, 3, 4); };'],
    [
      'const f = (s, a) => { s.words[a + 1] |= 4; };',
      'const f = (s, a) => { $w(s.words, a + 1, $r(s.words, a + 1) | (4)); };',
    ],
    ['const f = (s) => { s.words[3]++; };', 'const f = (s) => { $w(s.words, 3, $r(s.words, 3) + 1); };'],
    ['const f = (s) => --s.words[3];', 'const f = (s) => $w(s.words, 3, $r(s.words, 3) - 1);'],
    [
      'const f = (s) => { const w = s.words; return w[w[1] + 2]; };',
      'const f = (s) => { const w = s.words; return $r(w, $r(w, 1) + 2); };',
    ],
    [
      'const f = (s) => { const { words: w } = s; w[1] = w[2]; };',
      'const f = (s) => { const { words: w } = s; $w(w, 1, $r(w, 2)); };',
    ],
    [
      'const g = (x, at) => Atomics.load(x, at);\nconst f = (s) => g(s.words, 1);',
      'const g = (x, at) => $load(x, at);\nconst f = (s) => g(s.words, 1);',
    ],
    ['const f = (s) => s.words.fill(0, 1, 2);', 'const f = (s) => $fill(s.words, 0, 1, 2);'],
    ['const f = (s) => s.words.slice(1, 2);', 'const f = (s) => $slice(s.words, 1, 2);'],
    ['const f = (s) => s.words.subarray(1);', 'const f = (s) => $whole(s.words).subarray(1);'],
    ['const f = (s) => { s.worker = 0; };', "const f = (s) => { $set(s, 'worker', 0); };"],
    ['const f = (list) => list[0];', 'const f = (list) => list[0];'],
    ['const f = (s) => HEADER.words + s.words.length;', 'const f = (s) => HEADER.words + s.words.length;'],
  ])('%s', (code, wanted) => {
    expect(body(code)).toBe(wanted);
  });

  test.each([
    ['const f = (s) => s.words.map((x) => x);', /line 1: the block goes where/],
    ['const f = (s) => unknown(s.words);', /the block goes where/],
    ['const f = (s) => [s.words];', /the block goes where/],
    ['const f = (s) => Atomics.wait(s.words, 1, 0);', /Atomics/],
    ['const f = (s) => Atomics.notify(s.words, 1);', /Atomics/],
    ['const f = (s) => s.words[1]++ + 1;', /in front, or as a statement/],
    ['const f = (s) => { s.words[s.words[1]] |= 1; };', /name the index first/],
    ['\nexport const x = 1;', /line 2: the module is not built/],
  ])('refuses %s', (code, why) => {
    expect(() => transform(code, 'it')).toThrow(why);
  });

  test('takes every built-in strategy, and leaves none of its Atomics', () => {
    for (const [name, { url }] of modules) {
      const { code } = transform(readFileSync(new URL(url), 'utf8'), name);
      expect(code.match(/Atomics\.\w+/g)).toBeNull();
    }
  });
});

describe('a schedule', () => {
  test('is read as it is written', () => {
    for (const text of ['f0→1,a57→0', 'k0@5,f0→2', 'w1.3,a12!1', 'r0.7,f0→0']) {
      const schedule = readSchedule(text);
      expect(showSchedule(schedule)).toBe(text);
    }
  });

  test('is refused by the part that is none', () => {
    expect(() => readSchedule('f0→1,b3')).toThrow('b3 is no part of a schedule');
  });
});

describe('the search', () => {
  const pick = ['find-free-alloc', 'attach-detach', 'alloc-alloc-first', 'slot-find-free-free', 'get-put-free'].map(
    named,
  );

  test.each(pick.map((scenario) => [scenario.name, scenario]))(
    'sees as much of %s where it stops at words that count as where it stops everywhere',
    (_, scenario) => {
      const some = explore(hierarchical, scenario, { preemptions: 1 });
      const all = explore(hierarchical, scenario, { preemptions: 1, everywhere: true });
      const outcomes = (report: typeof some): string[] => report.outcomes.map(({ outcome }) => outcome).sort();
      expect(outcomes(some)).toEqual(outcomes(all));
    },
  );

  const outcomesOf = ({ outcomes }: ReturnType<typeof explore>): string[] =>
    outcomes.map(({ outcome }) => outcome).sort();

  test.each([
    ...pick.map((scenario) => ({ scenario, memory: 'sc', preemptions: 2 }) as const),
    ...['put-put-free', 'free-free-same', 'gone-free-put', 'gone-attach-attach', 'nested-detach'].map(
      (name) => ({ scenario: named(name), memory: 'sc', preemptions: 1 }) as const,
    ),
    ...['dying-find-nr', 'nr-free-alloc', 'attach-detach', 'disable-settid'].map(
      (name) => ({ scenario: named(name), memory: 'arm', preemptions: 1 }) as const,
    ),
  ])(
    'finds the same in $scenario.name ($memory) where it ends at states that are known as where it goes on from them',
    ({ scenario, ...options }) => {
      for (const module of [hierarchical, modules.get('idr')!]) {
        const short = explore(module, scenario, options);
        const long = explore(module, scenario, { ...options, again: true });
        expect(outcomesOf(short)).toEqual(outcomesOf(long));
        expect(short.failures.map(({ outcome }) => outcome)).toEqual(long.failures.map(({ outcome }) => outcome));
        expect(long.known).toBe(0);
        expect(short.accesses).toBeLessThan(long.accesses);
      }
    },
  );

  test('finds the same failures so, and the same races', () => {
    const found = [true, false].map((again) => {
      const races = new Races();
      for (const scenario of pick) explore(hierarchical, scenario, { preemptions: 1, races, again });
      return races.list().map(({ field }) => field);
    });
    expect(found[0]!.length).toBeGreaterThan(5);
    expect(found[1]).toEqual(found[0]);
  });

  test('says the same every time', () => {
    const [a, b] = [1, 2].map(() => explore(hierarchical, named('alloc-free'), { preemptions: 2, random: 100 }));
    expect({ ...a, seconds: 0 }).toEqual({ ...b, seconds: 0 });
  });

  test('stops when its time is up, and says that it is not complete', () => {
    const report = explore(hierarchical, named('transfer-transfer'), { preemptions: 9, seconds: 0.05 });
    expect(report.complete).toBe(false);
  });

  test('shows each access by its name, and all outcomes with their reasons', () => {
    const report = explore(hierarchical, named('get-free'), { preemptions: 1 });
    expect(tableOf(report, 160)).toContain('whole calls in some order');
    const trace = traceOf(hierarchical, named('get-free'), readSchedule('f0→1'), 'sc');
    expect(trace).toMatch(/thread 1: freePid\(a\) → ok/);
    expect(trace).toMatch(/pid a · id +writes 1001 over \d+/);
    expect(trace.indexOf('thread 0')).toBeGreaterThan(trace.indexOf('thread 1'));
  });

  test('leaves out what a design cannot play', () => {
    const deep = SCENARIOS.filter(({ levels }) => levels > 1);
    expect(deep.length).toBeGreaterThan(0);
    for (const scenario of deep) expect(isFor(scenario, modules.get('flat')!.traits)).toBe(false);
  });
});

describe('plain reads', () => {
  /** Which fields race, when two threads make these accesses one after the other. */
  function racesOf(
    ...accesses: readonly (readonly [thread: number, kind: Kind, at: number, expected?: number])[]
  ): string[] {
    const world = makeWorld(hierarchical, createMachine(), named('get-free'));
    const races = new Races();
    races.over(world, 'hierarchical');
    for (const body of world.bodies) body.begun(0);
    races.begin();
    for (const [thread, kind, at, expected = 0] of accesses) races.onlooker(thread, 0, kind, at, 0, expected, 1);
    races.end([], undefined);
    return races.list().map(({ field }) => field);
  }
  const { slabEnd: data, gone: flag, nsLock: other } = HEADER.at;

  test('race with a write that nothing orders, whichever comes first', () => {
    expect(racesOf([0, 'write', data], [1, 'read', data])).toEqual(['header.slabEnd']);
    expect(racesOf([1, 'read', data], [0, 'write', data])).toEqual(['header.slabEnd']);
    expect(racesOf([0, 'store', data], [1, 'read', data])).toEqual(['header.slabEnd']);
  });

  test('do not race with their own thread, with reads, or where they are atomic', () => {
    expect(racesOf([0, 'write', data], [0, 'read', data])).toEqual([]);
    expect(racesOf([0, 'read', data], [1, 'read', data])).toEqual([]);
    expect(racesOf([0, 'store', data], [1, 'load', data])).toEqual([]);
    expect(racesOf([0, 'read', data], [1, 'cas', data, 7])).toEqual([]);
  });

  test('do not race when an atomic write was read atomically in between', () => {
    expect(racesOf([0, 'write', data], [0, 'store', flag], [1, 'load', flag], [1, 'read', data])).toEqual([]);
    expect(racesOf([1, 'read', data], [1, 'or', flag], [0, 'cas', flag, 7], [0, 'write', data])).toEqual([]);
  });

  test('race when it was read plainly, was another word, or came before the write', () => {
    expect(racesOf([0, 'write', data], [0, 'store', flag], [1, 'read', flag], [1, 'read', data])).toEqual([
      'header.gone',
      'header.slabEnd',
    ]);
    expect(racesOf([0, 'write', data], [0, 'store', flag], [1, 'load', other], [1, 'read', data])).toEqual([
      'header.slabEnd',
    ]);
    expect(racesOf([0, 'store', flag], [0, 'write', data], [1, 'load', flag], [1, 'read', data])).toEqual([
      'header.slabEnd',
    ]);
    const overwritten = [
      [0, 'write', data],
      [0, 'store', flag],
      [0, 'write', flag],
    ] as const;
    expect(racesOf(...overwritten, [1, 'load', flag], [1, 'read', data])).toEqual(['header.slabEnd']);
  });
});

describe('the judge', () => {
  test('knows the exceptions that the contract lists, and no others', () => {
    const source = readFileSync(new URL('../../contract/src/allocator.ts', import.meta.url), 'utf8');
    const list = source.slice(source.indexOf("which are the kernel's too:"), source.indexOf('A handle that is good'));
    const bullets = list
      .split(/\n +\/\/ {2}- /)
      .slice(1)
      .map((text) => text.replace(/\s*\/\/\s*/g, ' ').trim());
    expect(Object.values(EXCEPTIONS)).toEqual(bullets);
  });
});
