/** What the invariants say of trees: for each sentence a word that breaks it. */
import { CLONE_NEWPID, type NsRef, type PidAllocator } from '@pidlab/contract';
import type { State } from '@pidlab/core';
import { describe, expect, test, vi } from 'vitest';
import { createPidAllocator, idrLockedByLevel } from '../src/index.ts';
import { IDR_NS, NODE, UPID, upidAt } from '../src/layout.ts';

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

const { tree: TREE } = IDR_NS.at;
const { parent: PARENT, used: USED, full: FULL, unused: UNUSED, slots: SLOTS } = NODE.at;
/** Word offset of the record that a handle means. */
const at = (handle: number): number => (handle % 2 ** 24) * 16;

/** A tree of two leaves below a top: the numbers 1 to 70. */
interface Scene {
  readonly a: PidAllocator;
  readonly w: State['words'];
  /** Word offsets of the namespace, its top, its leaves, and the pid that has number 1. */
  readonly ns: number;
  readonly top: number;
  readonly leaf: number;
  readonly other: number;
  readonly pid: number;
}

function scene(): Scene {
  const a = createPidAllocator({ capacity: 256, namespaces: 4, generationBase: 7 });
  const child: NsRef = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
  const [first] = Array.from({ length: 70 }, () => a.allocPid(child));
  const w = made.state!.words;
  const ns = at(child);
  const entries = (node: number) => [0, 1].map((slot) => w[node + SLOTS + slot] - 1);
  const top = w[ns + TREE] - 2;
  const [leaf, other] = entries(top);
  return { a, w, ns, top, leaf, other, pid: at(first) };
}

function said({ a }: Scene): string[] {
  const { violations, leaked } = a.checkInvariants();
  return [...violations, ...leaked].map((sentence) => sentence.replaceAll(/\d+/g, 'N'));
}

/** A word, and what becomes of it. */
type Change = readonly [word: number, change: (was: number) => number];

/** The second leaf is in the tree no more. */
const withoutOther = ({ top }: Scene): Change[] => [
  [top + USED, () => 1],
  [top + SLOTS + 1, () => 0],
];

describe('the invariants say that', () => {
  test.each<[sentence: string, changes: (x: Scene) => readonly Change[]]>([
    ['the tree of namespace N has a height of N', ({ ns, top }) => [[ns + TREE, () => top]]],
    [
      'the tree of namespace N leads to N, which is no node of it',
      ({ top, leaf }) => [[top + SLOTS + 1, () => leaf + 1]],
    ],
    ['node N has N above it, not N', ({ leaf }) => [[leaf + PARENT, () => leaf]]],
    ['node N has N in word N, where nothing belongs', ({ leaf }) => [[leaf + UNUSED, () => 5]]],
    ['node N is empty', ({ other }) => [USED, USED + 1, FULL, FULL + 1].map((word) => [other + word, () => 0])],
    ['leaf N has numbers that are neither free nor taken', ({ leaf }) => [[leaf + FULL, (was) => was ^ 2]]],
    ['slot N of node N is not as its mark says', ({ top }) => [[top + USED, (was) => was ^ 4]]],
    ['slot N of node N has nothing in it and is marked as full', ({ top }) => [[top + FULL, (was) => was ^ 4]]],
    ['slot N of node N leads to a height of N', ({ top }) => [[top + SLOTS, (was) => was - 1]]],
    [
      'slot N of node N is not marked as what is below it is, full or not',
      ({ top }) => [[top + FULL, (was) => was ^ 1]],
    ],
    ['the tree of namespace N is higher than it needs', withoutOther],
    ['N nodes are in use; N are in trees', withoutOther],
    ['number N of namespace N leads to N; pid N has it', ({ leaf }) => [[leaf + SLOTS + 5, () => 0]]],
    // Of another namespace: then no slot of this one leads to it.
    ['number N of namespace N leads to N; pid N has it', ({ pid }) => [[upidAt(pid, 0) + UPID.at.ns, () => -1]]],
    ['N slots of leaves lead to pids; live pids have N numbers', ({ other, pid }) => [[other + SLOTS + 60, () => pid]]],
  ])('%s', (sentence, changes) => {
    const x = scene();
    expect(said(x)).toEqual([]);
    for (const [word, change] of changes(x)) x.w[word] = change(x.w[word]);
    expect(said(x)).toContain(sentence);
  });
});

test('the design of before November 2025 says in its block that it is that', () => {
  const a = idrLockedByLevel.createPidAllocator({ capacity: 16, namespaces: 1 });
  expect(a.pidNr(a.allocPid(a.initPidNs))).toBe(1);
  expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
  expect(idrLockedByLevel.traits.strategy).toBe('idr');
});
