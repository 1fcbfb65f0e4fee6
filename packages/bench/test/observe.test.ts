import { fileURLToPath } from 'node:url';
import { CLONE_NEWPID } from '@pidlab/contract';
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../src/builtins.ts';
import { countOf, traceOf } from '../src/observe/count.ts';
import { instrument } from '../src/observe/instrument.ts';
import { type Access, loadObserved, Runtime } from '../src/observe/observe.ts';

const built = (id: string) => fileURLToPath(import.meta.resolve(`@pidlab/core-${id}`));

/** What a piece of code does to `w`, whose words each hold the index of the next; the code returns a value. */
function accessesOf(code: string): { accesses: Access[]; value: unknown } {
  const runtime = new Runtime();
  Object.assign(globalThis, { observedTest: runtime });
  const words = Int32Array.from({ length: 64 }, (_, i) => (i + 1) % 64);
  const accesses: Access[] = [];
  runtime.listeners.set(words, (access) => accesses.push(access));
  const value = new Function(
    'w',
    `${instrument(`export default ${code}`, 'observedTest').replace('export default', 'const run =')}; return run(w);`,
  )(words);
  return { accesses, value };
}

describe('an instrumented function', () => {
  it.each<[what: string, code: string, value: unknown, depths: number[]]>([
    ['independent reads', '(w) => w[3] + w[9]', 14, [1, 1]],
    ['a read at what was read', '(w) => w[w[3]]', 5, [1, 2]],
    ['a walk', '(w) => { let at = 0; for (let i = 0; i < 5; i++) at = w[at]; return at; }', 5, [1, 2, 3, 4, 5]],
    [
      'a walk by a function',
      '(w) => { const next = (x, at) => x[at + 0]; return next(w, next(w, next(w, 0))); }',
      3,
      [1, 2, 3],
    ],
    ['what goes through arithmetic', '(w) => w[(Math.imul(w[1] >>> 1, 2) | 1) & 31]', 4, [1, 2]],
    ['only the branch that is taken', '(w) => w[w[1] === 0 ? w[w[5]] : 7]', 8, [1, 1]],
    [
      'what is not evaluated',
      '(w) => { const f = (x) => { const a = x && w[w[5]]; return w[3 + (a ? 0 : 0)]; }; return f(0); }',
      4,
      [1],
    ],
    ['a step', '(w) => { w[2]++; w[2] += 4; return w[2]; }', 8, [1, 2, 3]],
    ['a word that was written with what was read', '(w) => { w[40] = w[w[1]]; return w[40]; }', 3, [1, 2, 3]],
    ['an atomic operation', '(w) => Atomics.add(w, w[1], 5)', 3, [1, 2]],
    [
      'fields and closures',
      '(w) => { const s = { w, base: 8 }; return [0, 1].map((i) => s.w[s.base + i]).join(); }',
      '9,10',
      [1, 1],
    ],
  ])('counts %s', (_, code, value, depths) => {
    const found = accessesOf(code);
    expect(found.value).toBe(value);
    expect(found.accesses.filter(({ kind }) => kind !== 'write').map(({ depth }) => depth)).toEqual(depths);
  });

  it('tells what a core needs a line for itself for, an exchange that fails included', () => {
    const { accesses } = accessesOf(
      '(w) => { Atomics.load(w, w[1]); w[3] = 1; Atomics.store(w, 4, 1); return Atomics.compareExchange(w, 5, 0, 1); }',
    );
    expect(accesses.map(({ at, isWrite }) => [at, isWrite])).toEqual([
      [1, false],
      [2, false],
      [3, true],
      [4, true],
      [5, true],
    ]);
  });

  it('tells writes, and every word of a fill', () => {
    const { accesses } = accessesOf('(w) => { w[7] = 1; w.fill(0, 10, 13); return w[0] -= 2; }');
    expect(accesses.map(({ kind, at }) => `${kind} ${at}`)).toEqual([
      'write 7',
      'write 10',
      'write 11',
      'write 12',
      'read 0',
      'write 0',
    ]);
  });

  it('is refused where it cannot be read', () => {
    expect(() => instrument('const = 1', 'x')).toThrow(/cannot be read/);
  });
});

describe.each(Object.keys(STRATEGIES))('%s, observed', (id) => {
  const loading = loadObserved(built(id));

  it('does the same as ever, word for word', async () => {
    const observed = await loading;
    const plain = (await import(built(id))) as typeof observed;
    const run = (create: typeof observed.createPidAllocator) => {
      const a = create({ capacity: 500, generationBase: 7 });
      const ns = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
      const pids = Array.from({ length: 100 }, (_, i) => a.allocPid(i % 2 === 0 ? ns : a.initPidNs));
      for (let i = 0; i < 100; i += 3) a.freePid(pids[i]);
      return a;
    };
    const [one, other] = [run(observed.createPidAllocator), run(plain.createPidAllocator)];
    expect(Buffer.from(one.snapshot()).equals(Buffer.from(other.snapshot()))).toBe(true);
  });

  it('tells of its own allocators only, and only while somebody listens', async () => {
    const observed = await loading;
    const a = observed.createPidAllocator({ capacity: 10 });
    let told = 0;
    const stop = observed.observe(a, () => told++);
    const pid = a.allocPid(a.initPidNs);
    expect(told).toBeGreaterThan(10);
    stop();
    told = 0;
    a.freePid(pid);
    expect(told).toBe(0);
    const { createPidAllocator } = await STRATEGIES[id]();
    expect(() => observed.observe(createPidAllocator() as typeof a, () => {})).toThrow(/not made by this module/);
  });
});

describe('counts', () => {
  const counted = new Map<string, ReturnType<typeof countOf>>();
  /** Of a strategy, counted once. */
  const countsOf = (id: string) => counted.get(id) ?? counted.set(id, countOf(id, built(id))).get(id)!;

  // What is counted is written down below, so a second time for one of them is enough; for all with `npm test -- --long`.
  const twice = process.env.PIDLAB_LONG === '1' ? Object.keys(STRATEGIES) : ['idr'];
  it.each(twice)('of %s are the same every time', async (id) => {
    expect(await countOf(id, built(id))).toEqual(await countsOf(id));
  });

  it.each(Object.keys(STRATEGIES))('of %s grow with what is done', async (id) => {
    const once = await countsOf(id);
    const of = (operation: string, level = 0, mode = 'plain') =>
      once.find((each) => each.operation === operation && each.level === level && each.mode === mode);
    const [find, alloc, inside, shared] = [
      of('findPidNs'),
      of('allocPid'),
      of('allocPid', 1),
      of('allocPid', 0, 'shared'),
    ];
    // A slot, and the number that it leads to, have to be waited for; nothing is written.
    expect(find).toMatchObject({ wordsWritten: 0, atomics: 0 });
    expect(find?.chain).toBeGreaterThanOrEqual(2);
    expect(alloc?.wordsWritten).toBeGreaterThanOrEqual(4);
    expect(alloc?.atomics).toBe(0);
    expect(shared?.atomics).toBeGreaterThan(0);
    expect(inside?.wordsRead).toBeGreaterThanOrEqual(alloc?.wordsRead ?? 0);
  });

  it('of every strategy, as they are now: whoever changes them says so', async () => {
    const rows: string[] = [];
    for (const id of Object.keys(STRATEGIES))
      for (const { operation, level, mode, ...c } of await countsOf(id))
        if (level === 0)
          rows.push(`${id} ${operation} ${mode}: ${c.wordsRead} ${c.wordsWritten} ${c.lines} ${c.atomics} ${c.chain}`);
    expect(rows).toMatchInlineSnapshot(`
      [
        "hierarchical findPidNs plain: 6 0 3 0 3",
        "hierarchical pidNrNs plain: 3 0 2 0 1",
        "hierarchical freePid plain: 26 9 8 0 5",
        "hierarchical allocPid plain: 19 12 7 0 4",
        "hierarchical findPidNs shared: 15 1 5 0 4",
        "hierarchical pidNrNs shared: 12 0 3 0 5",
        "hierarchical freePid shared: 36 11 9 6 4",
        "hierarchical allocPid shared: 22 16 8 6 4",
        "flat findPidNs plain: 5 0 3 0 2",
        "flat pidNrNs plain: 3 0 2 0 1",
        "flat freePid plain: 24 9 8 0 3",
        "flat allocPid plain: 16 12 7 0 3",
        "flat findPidNs shared: 14 1 5 0 3",
        "flat pidNrNs shared: 9 0 3 0 3",
        "flat freePid shared: 33 11 9 6 4",
        "flat allocPid shared: 19 16 8 6 3",
        "pidspace findPidNs plain: 5 0 3 0 2",
        "pidspace pidNrNs plain: 3 0 2 0 1",
        "pidspace freePid plain: 22 9 7 0 4",
        "pidspace allocPid plain: 17 12 7 0 3",
        "pidspace findPidNs shared: 14 1 5 0 3",
        "pidspace pidNrNs shared: 9 0 3 0 3",
        "pidspace freePid shared: 31 11 8 6 4",
        "pidspace allocPid shared: 20 16 8 6 3",
        "idr findPidNs plain: 4 0 4 0 4",
        "idr pidNrNs plain: 3 0 2 0 1",
        "idr freePid plain: 27.28 9.07 8.07 0 6",
        "idr allocPid plain: 27.24 11.12 7.03 0 4",
        "idr findPidNs shared: 16 1 6 0 6",
        "idr pidNrNs shared: 12 0 3 0 5",
        "idr freePid shared: 38.28 13.07 10.07 7 5",
        "idr allocPid shared: 32.195 15.09 9.03 8.015 4",
      ]
    `);
  });

  it('have names for every word', async () => {
    const traced = await traceOf(built('hierarchical'), 1);
    const lines = traced.flatMap(([, all]) => all);
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.join('\n')).toMatch(/^read {4}\d {2}pid \d+ · numbers\[1\]\.nr$/m);
    for (const line of lines)
      expect(line).toMatch(/^(read|write|atomic) +\d+ {2}(header|ns|pid|slot|cache|map page|page table|task) ?/);
  });
});
