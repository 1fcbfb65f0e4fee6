import { expect, test } from 'vitest';
import { createMachine, type Machine } from '../src/explore/machine.ts';
import { type MemoryName, WeakMemory, type Whim } from '../src/explore/weak.ts';

/*
 * The usual small programs, each with two words x and y that are 0, and what two threads may read in the end. The letters are
 * those of the literature: store buffering (sb), message passing (mp).
 */

interface Calls {
  $r(w: Int32Array, at: number): number;
  $w(w: Int32Array, at: number, value: number): number;
  $load(w: Int32Array, at: number): number;
  $store(w: Int32Array, at: number, value: number): number;
  $after(value: number): number;
}
type Thread = (c: Calls, w: Int32Array) => string;
type Access = (c: Calls, w: Int32Array) => number;
/** Makes these accesses and says what each of them came to. */
const thread =
  (...accesses: readonly Access[]): Thread =>
  (c, w) =>
    accesses.map((access) => access(c, w)).join('');
const write =
  (at: number): Access =>
  (c, w) =>
    c.$w(w, at, 1);
const store =
  (at: number): Access =>
  (c, w) =>
    c.$store(w, at, 1);
const read =
  (at: number): Access =>
  (c, w) =>
    c.$r(w, at);
const load =
  (at: number): Access =>
  (c, w) =>
    c.$load(w, at);
const X = 100;
const Y = 200;
const Z = 300;

/** All that the threads may read, with one whim at a time, in all orders with one preemption and a late store let go anywhere. */
function outcomes(name: MemoryName, ...threads: readonly Thread[]): Set<string> {
  const found = new Set<string>();
  const whims: (Whim | undefined)[] = [undefined];
  for (const thread of [0, 1]) {
    for (let n = 1; n < 4; n++) whims.push({ thread, late: n }, ...(name === 'arm' ? [{ thread, early: n }] : []));
  }
  for (const whim of whims) {
    for (const first of [0, 1]) {
      for (let access = 0; access < 12; access++) found.add(run(name, threads, whim, first, access));
    }
  }
  return found;
}

function run(
  name: MemoryName,
  threads: readonly Thread[],
  whim: Whim | undefined,
  first: number,
  access: number,
): string {
  const machine: Machine = createMachine();
  const words = new Int32Array(1024);
  machine.over(words);
  machine.cool(1);
  const memory = name === 'sc' ? undefined : new WeakMemory(machine, name);
  memory?.next(whim, false);
  machine.setMemory(memory);
  const results = ['', ''];
  const calls = machine.calls as unknown as Calls;
  const bodies = threads.map((thread, t) => ({
    calls: 1,
    begun: () => {},
    ended: () => {},
    run: () => {
      results[t] = thread(calls, words);
    },
  }));
  const decisions = [
    { choice: 0, to: first, step: 0, segment: 0 },
    ...(access === 0 ? [] : [{ access, to: 1 - first }]),
  ];
  machine.execute(bodies, { decisions });
  machine.undo();
  return results.join(' ');
}

test.each([
  ['sc', false],
  ['tso', true],
  ['pso', true],
  ['arm', true],
] as const)('plain stores and loads, sb: on %s neither may see the other: %s', (name, isSeen) => {
  const seen = outcomes(name, thread(write(X), read(Y)), thread(write(Y), read(X)));
  expect(seen.has('10 10')).toBe(isSeen);
});

test.each([
  ['tso', false],
  ['pso', true],
  ['arm', true],
] as const)('plain stores, mp: on %s the second may be seen before the first: %s', (name, isSeen) => {
  const seen = outcomes(name, thread(write(X), write(Y)), thread(load(Y), load(X)));
  expect(seen.has('11 10')).toBe(isSeen);
});

test.each([
  ['pso', false],
  ['arm', true],
] as const)('atomic stores and plain loads, sb: on %s neither may see the other: %s', (name, isSeen) => {
  const seen = outcomes(name, thread(store(X), read(Y)), thread(store(Y), read(X)));
  expect(seen.has('10 10')).toBe(isSeen);
});

test('on arm a plain load passes two atomic stores, and an atomic load none', () => {
  const other = thread(store(Y), load(X));
  expect(outcomes('arm', thread(store(X), store(Z), read(Y)), other).has('110 10')).toBe(true);
  expect(outcomes('arm', thread(store(X), store(Z), load(Y)), other).has('110 10')).toBe(false);
});

test('on arm atomic stores are seen in their order, and after plain ones before them', () => {
  const reader = thread(load(Y), load(X));
  expect(outcomes('arm', thread(store(X), store(Y)), reader).has('11 10')).toBe(false);
  expect(outcomes('arm', thread(write(X), store(Y)), reader).has('11 10')).toBe(false);
  expect(outcomes('arm', thread(store(X), write(Y)), reader).has('11 10')).toBe(true);
});

test('on arm plain loads may be swapped, unless the second has its address from the first, or a store and a load are between', () => {
  const swapped = (reader: Thread): boolean =>
    [...outcomes('arm', thread(store(X), store(Y)), reader)].some((one) => /^11 1.*0$/.test(one));
  expect(swapped(thread(read(Y), read(X)))).toBe(true);
  expect(swapped(thread(read(Y), store(Z), load(Z), read(X)))).toBe(false);
  expect(
    swapped((c, w) => {
      const y = c.$r(w, Y);
      return `${y}${c.$r(w, X + c.$after(y))}`;
    }),
  ).toBe(false);
});
