import { CLONE_NEWPID, PID_MAX_LIMIT, type PidAllocator } from '@pidlab/contract';
import { FULL, NO_MEMORY, type State } from '@pidlab/core';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createPidAllocator } from '../src/index.ts';
import { IDR_NS, NODE } from '../src/layout.ts';
import { isTaken, mendTree, nextFree, nextUsed, remove, replace, slotOf, takeFrom } from '../src/map/radix-tree.ts';

// The state under the allocator that was made last, so that tests can look at its words.
const made = vi.hoisted(() => ({ state: undefined as import('@pidlab/core').State | undefined }));
vi.mock('@pidlab/core', async (original) => {
  const core = await original<typeof import('@pidlab/core')>();
  return {
    ...core,
    variantOf: (...[design, bindAll]: Parameters<typeof core.variantOf>) =>
      core.variantOf(design, (s) => {
        made.state = s;
        return bindAll(s);
      }),
  };
});

const SLOTS = 64;
const TREE = IDR_NS.at.tree;
const RUNS = Number(process.env.PIDLAB_RUNS ?? 200);

interface Tree {
  readonly s: State;
  readonly a: PidAllocator;
  readonly ns: number;
}

/** The tree of a child namespace, in which nothing is taken yet. */
function tree(options = {}): Tree {
  const a = createPidAllocator({ capacity: 4096, ...options });
  const ns = (a.copyPidNs(CLONE_NEWPID, a.initPidNs) % 2 ** 24) * 16;
  return { s: made.state!, a, ns };
}

function nodes(a: PidAllocator): number {
  return a.slabInfo().find(({ name }) => name === 'radix_tree_node')!.activeObjects;
}

/** How many nodes there have to be, by counting which numbers are below which. */
function expectedNodes(taken: ReadonlySet<number>): number {
  if (taken.size === 0) return 0;
  let sum = 0;
  for (let span = SLOTS; ; span *= SLOTS) {
    const here = new Set([...taken].map((nr) => Math.floor(nr / span)));
    sum += here.size;
    if (here.size === 1 && here.has(0)) return sum;
  }
}

function firstFrom(taken: ReadonlySet<number>, from: number): number {
  const above = [...taken].filter((nr) => nr >= from);
  return above.length === 0 ? 0 : Math.min(...above);
}

/** Where nodes begin and end, and as far apart as can be. */
const EDGES = [1, 2, 62, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8191, 262_143, 262_144, 300_000, PID_MAX_LIMIT - 1];
const number_ = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.integer({ min: 1, max: 200 }),
  fc.integer({ min: 1, max: PID_MAX_LIMIT - 1 }),
);
const steps = fc.array(fc.tuple(fc.nat({ max: 9 }), number_), { minLength: 1, maxLength: 120 });

describe('the radix tree', () => {
  test('is a set of numbers that finds the next one taken and the next one free', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const { s, a, ns } = tree();
        const taken = new Set<number>();
        for (const [what, nr] of list) {
          if (what < 5) {
            const got = takeFrom(s, ns, nr, PID_MAX_LIMIT);
            let free = nr;
            while (taken.has(free)) free++;
            expect(got).toBe(free < PID_MAX_LIMIT ? free : FULL);
            if (got > 0) taken.add(got);
          } else if (what < 8 && taken.size > 0) {
            const victim = [...taken][nr % taken.size];
            remove(s, ns, victim);
            taken.delete(victim);
          }
          expect(nodes(a)).toBe(expectedNodes(taken));
          for (const from of [nr, nr + 1, 1]) {
            expect(nextUsed(s, ns, from)).toBe(firstFrom(taken, from));
            let free = from;
            while (taken.has(free)) free++;
            expect(nextFree(s, ns, from)).toBe(free);
          }
          expect(isTaken(s, ns, nr)).toBe(taken.has(nr));
        }
        for (const nr of taken) remove(s, ns, nr);
        expect(s.words[ns + TREE]).toBe(0);
        expect(nodes(a)).toBe(0);
      }),
      { numRuns: RUNS },
    );
  });

  test('leads from a number to what was published for it, and to nothing before and after', () => {
    const { s, ns } = tree();
    const at = (nr: number) => s.words[slotOf(s, s.words[ns + TREE], nr)];
    for (const nr of EDGES) {
      expect(takeFrom(s, ns, nr, nr + 1)).toBe(nr);
      expect(at(nr)).toBe(0);
      replace(s, ns, nr, nr * 16);
    }
    expect(EDGES.map(at)).toEqual(EDGES.map((nr) => nr * 16));
    for (const nr of EDGES) remove(s, ns, nr);
    expect(slotOf(s, s.words[ns + TREE], 1)).toBe(0);
  });

  test('a range without a free number is FULL, whatever is free before and behind it', () => {
    const { s, ns } = tree();
    for (let nr = 100; nr < 300; nr++) takeFrom(s, ns, nr, nr + 1);
    expect(takeFrom(s, ns, 100, 300)).toBe(FULL);
    expect(takeFrom(s, ns, 300, 300)).toBe(FULL);
    expect(takeFrom(s, ns, 100, 301)).toBe(300);
    remove(s, ns, 128);
    expect(takeFrom(s, ns, 100, 300)).toBe(128);
  });

  test('the next free number is found by marks: a million taken ones are passed without a look at a leaf', () => {
    const { s, a, ns } = tree({ capacity: 2 ** 20, memory: 2 ** 28 });
    const last = 2 ** 20;
    for (let nr = 1; nr < last; nr++) takeFrom(s, ns, nr, nr + 1);
    const read = new Set<number>();
    const counting = {
      ...s,
      words: new Proxy(s.words, {
        get(w, key) {
          read.add(Number(key));
          return Reflect.get(w, key);
        },
      }),
    };
    expect(nextFree(counting, ns, 64)).toBe(last);
    // The tree's entry; and of the top, where 0 … 3 are full, of its fourth child, and so on: not one leaf.
    expect(read.size).toBeLessThan(12);
    expect(nodes(a)).toBe(expectedNodesOfRange(last));
  });

  test('what has no room for its nodes is NO_MEMORY, and the tree is as it was', () => {
    const { s, a, ns } = tree({ memory: 2 ** 20, capacity: 10, namespaces: 1 });
    takeFrom(s, ns, 1, 2);
    while (a.stats().pages.free > 0) a.allocTask();
    let far = 64;
    while (takeFrom(s, ns, far, far + 1) === far) far += 64;
    for (const nr of [far, 5000, 300_000, PID_MAX_LIMIT - 1]) {
      const before = [s.words[ns + TREE], nodes(a)];
      expect(takeFrom(s, ns, nr, nr + 1)).toBe(NO_MEMORY);
      expect([s.words[ns + TREE], nodes(a)]).toEqual(before);
      expect(isTaken(s, ns, nr)).toBe(false);
    }
  });

  test('is whole again after mending, whatever marks and parents were', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(number_, { minLength: 1, maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (list, rest) => {
          const { s, ns } = tree();
          for (const nr of list) takeFrom(s, ns, nr, nr + 1);
          const expected = shape(s, s.words[ns + TREE]);
          spoil(s, s.words[ns + TREE], () => rest.next().value as number);
          const seen = new Set<number>();
          mendTree(s, ns, seen);
          expect(shape(s, s.words[ns + TREE])).toEqual(expected);
          expect(seen.size).toBe(expectedNodes(new Set(list)));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

function expectedNodesOfRange(end: number): number {
  let sum = 0;
  for (let count = Math.ceil(end / SLOTS); ; count = Math.ceil(count / SLOTS)) {
    sum += count;
    if (count === 1) return sum;
  }
}

/** All words of a tree's nodes but their first, by the way to them. */
function shape(s: State, entry: number): unknown {
  const height = entry & 15;
  const node = entry - height;
  const words = [...s.words.subarray(node + 1, node + NODE.words)];
  const below = [...s.words.subarray(node + NODE.at.slots, node + NODE.words)];
  return [words, height > 1 ? below.filter((child) => child !== 0).map((child) => shape(s, child)) : []];
}

/** Spoils what follows from slots and leaves. */
function spoil(s: State, entry: number, draw: () => number): void {
  const height = entry & 15;
  const node = entry - height;
  s.words[node + NODE.at.parent] = draw();
  for (const word of [0, 1]) {
    s.words[node + NODE.at.full + word] = draw();
    if (height > 1) s.words[node + NODE.at.used + word] = draw();
  }
  if (height === 1) return;
  for (let slot = 0; slot < SLOTS; slot++) {
    const child = s.words[node + NODE.at.slots + slot];
    if (child !== 0) spoil(s, child, draw);
  }
}
