/** Windows from inside: what a worker's record says of them, and what the invariants say of that. */
import { CLONE_NEWPID, type PidAllocator, type PidAllocatorOptions } from '@pidlab/contract';
import { expect, test, vi } from 'vitest';

vi.mock('../src/words/mode.ts', () => ({ SHARED: true, CHECKED: true }));

import { bind } from '../src/border/bind.ts';
import { attachState, createState } from '../src/border/create.ts';
import { describeBlock } from '../src/border/descriptor.ts';
import { readOptions } from '../src/border/options.ts';
import { HEADER, NS, WINDOW } from '../src/layout.ts';
import { eachWindow, type Window, windowOf } from '../src/pids/windows.ts';
import type { State } from '../src/types.ts';
import { at, design } from './design.ts';

/** A line within the root's record, which no namespace begins at. */
const INSIDE = 4_112;

const SHARED = { ...design, traits: { ...design.traits, shared: true } };

/** Two workers of one block, whose root begins where windows do. */
function crew(options: PidAllocatorOptions = {}): [s: State, a: PidAllocator, t: State, b: PidAllocator] {
  const given = { shared: true, workers: 4, memory: 2 ** 21, capacity: 256, window: 64, ...options };
  const s = createState(SHARED, readOptions(SHARED, given));
  const t = attachState(SHARED, describeBlock(s));
  const [a, b] = [bind(s), bind(t)];
  a.setLastPid(a.initPidNs, 299);
  return [s, a, t, b];
}

function windowsOf(s: State): Window[] {
  const windows: Window[] = [];
  eachWindow(s, (window) => windows.push(window));
  return windows;
}

test('a window of one number is in the header as 0, and nothing in the block knows of windows', () => {
  const [s, a, , b] = crew({ window: 1 });
  expect([s.window, s.words[HEADER.at.window]]).toEqual([1, 0]);
  for (const w of [a, b, a]) w.freePid(w.allocPid(w.initPidNs));
  expect(windowsOf(s)).toEqual([]);
  expect(s.words[at(a.initPidNs) + NS.at.epoch]).toBe(0);
});

test('whoever attaches has the window of the block', () => {
  const [s, , t] = crew({ window: 512 });
  expect([s.window, t.window, s.words[HEADER.at.window]]).toEqual([512, 512, 512]);
});

test('a worker’s record has what is left of its window', () => {
  const [s, a, , b] = crew();
  const nsAt = at(a.initPidNs);
  a.allocPid(a.initPidNs);
  b.allocPid(b.initPidNs);
  expect(windowsOf(s)).toEqual([
    { nsAt, next: 301, end: 320 },
    { nsAt, next: 321, end: 384 },
  ]);
  expect(s.words[nsAt + NS.at.lastPid]).toBe(383);
  a.setLastPid(a.initPidNs, 1_000);
  expect(windowsOf(s)).toEqual([]);
});

test('the cursor is moved once for a window', () => {
  const [s, a] = crew({ window: 512 });
  const moves: number[] = [];
  for (let i = 0; i < 1_400; i++) {
    a.freePid(a.allocPid(a.initPidNs));
    const cursor = s.words[at(a.initPidNs) + NS.at.lastPid]!;
    if (moves.at(-1) !== cursor) moves.push(cursor);
  }
  expect(moves).toEqual([511, 1_023, 1_535, 2_047]);
});

test('where all four places of a line are taken numbers are drawn one by one', () => {
  const [s, a] = crew({ namespaces: 64 });
  const spaces = Array.from({ length: 60 }, () => a.copyPidNs(CLONE_NEWPID, a.initPidNs));
  for (const ns of spaces) {
    a.setLastPid(ns, 299);
    a.allocPid(ns);
  }
  const placed = spaces.filter((ns) => windowOf(s, at(ns)) !== 0);
  expect(placed.length).toBeGreaterThanOrEqual(4);
  expect(placed.length).toBeLessThanOrEqual(32);
  for (const ns of spaces) expect(s.words[at(ns) + NS.at.lastPid]).toBe(placed.includes(ns) ? 319 : 300);
  // Those of a window that is used up, and of a namespace that is gone, are free.
  const [first] = placed;
  for (let nr = 301; nr < 320; nr++) a.allocPid(first!);
  expect(windowsOf(s)).toContainEqual({ nsAt: at(first!), next: 320, end: 320 });
  expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
});

test('where workers have windows, hash tables that the capacity sizes have four times the slots', () => {
  const slots = (options: PidAllocatorOptions): number[] =>
    crew(options)[1]
      .stats()
      .hashTables.map((table) => table.slots);
  const plain = slots({ window: 1 });
  expect(slots({ window: 64 })).toEqual(plain.map((count) => 4 * count));
  expect(slots({ window: 64, hash: 'kernel' })).toEqual(slots({ window: 1, hash: 'kernel' }));
});

test.each<readonly [said: RegExp, corrupt: (w: Int32Array, window: number, nsAt: number) => unknown]>([
  [/^a worker has a window of 4112, which is no namespace$/, (w, window) => (w[window + WINDOW.at.ns] = INSIDE)],
  [/^a worker has \[300, 320\) of namespace \d+ for its window$/, (w, window) => (w[window + WINDOW.at.next] = 300)],
  [/^a worker has \[330, 320\) of/, (w, window) => (w[window + WINDOW.at.next] = 330)],
  [/^a worker has \[301, 400\) of/, (w, window) => (w[window + WINDOW.at.end] = 400)],
  [/^a worker has \[301, 320\) of/, (w, _, nsAt) => (w[nsAt + NS.at.lastPid] = 310)],
  [/^two workers have number 321 of namespace \d+ in their windows$/, (w, window) => (w[window + WINDOW.at.end] = 322)],
])('checkInvariants says that %s', (said, corrupt) => {
  const [s, a, , b] = crew();
  for (const w of [a, b]) w.allocPid(w.initPidNs);
  const nsAt = at(a.initPidNs);
  const window = windowOf(s, nsAt);
  corrupt(s.words, window, nsAt);
  if (s.words[window + WINDOW.at.ns] === INSIDE) s.words[window + WINDOW.at.epoch] = s.words[INSIDE + NS.at.epoch]!;
  expect(a.checkInvariants().violations.some((violation) => said.test(violation))).toBe(true);
});
