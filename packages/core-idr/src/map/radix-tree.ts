/**
 * The numbers of one namespace as a radix tree: nodes of 64 slots, six bits of a number for each level of nodes.
 *
 * ```
 *   pid_namespace
 *   ┌──────┐     ┌─────────────────┐      ┌──────────────────────────┐
 *   │ tree │──┬─►│ used 1 0 1 …    │   ┌─►│ used 0 1 1 1 0 …         │ a leaf: numbers 0 … 63
 *   └──────┘  2  │ full 0 0 0 …    │   1  │ full 0 1 1 1 0 …         │
 *                │ slots ──────────┼───┘  │ slots 0 pid pid 0 0 …    │ 3 is taken, and its pid not published yet
 *                └─────────────────┘      └──────────────────────────┘
 * ```
 *
 * `full` finds the next number that is free, and `used` the next that is taken, without a look at the leaves between. The
 * tree is as high as its largest number needs. A node goes back to its cache when the last number below it is free.
 *
 * Writers have `mapLock` (idr.ts). Readers in a shared block have none: a node is filled before it is linked, and
 * what leads to it says how high it is, so nobody takes a node for a pid or a leaf for another node. A node that was
 * unlinked may be another's when a reader looks into it; `moves` tells, and the reader begins anew.
 *
 * Source: the radix tree of Linux as its documentation and the IDR's describe it.
 */
import { PID_MAX_LIMIT_SHIFT } from '@pidlab/contract';
import {
  add,
  cacheAlloc,
  cacheFree,
  findNextBit,
  findNextZeroBit,
  holdNs,
  KIND_MAP,
  KIND_SHIFT,
  MAP_CACHE,
  NO_MEMORY,
  FULL as NONE_FREE,
  or,
  publish,
  SHARED,
  type State,
  zeroAfter,
} from '@pidlab/core';
import { IDR_NS, NODE } from '../layout.ts';

const { tree: TREE, moves: MOVES } = IDR_NS.at;
const { parent: PARENT, used: USED, full: FULL, slots: SLOTS } = NODE.at;
/** Bits of a number that choose a slot of a node. */
const SLOT_BITS = 6;
export const SLOT_COUNT: number = 1 << SLOT_BITS;
const SLOT_MASK: number = SLOT_COUNT - 1;
/** Where an entry has the height of the node that it leads to. */
export const HEIGHT_MASK = 0xf;
/** The height of a tree with room for all numbers. */
export const HEIGHT_LIMIT: number = Math.ceil(PID_MAX_LIMIT_SHIFT / SLOT_BITS);

/** Word offset of the slot of `nr` in the tree with that entry, 0 where no leaf has one. */
export function slotOf(s: State, tree: number, nr: number): number {
  const leaf = leafOf(s, tree, nr);
  return leaf === 0 ? 0 : leaf + SLOTS + (nr & SLOT_MASK);
}

/** Whether what is in a leaf's slot leads to a pid. In a shared block the leaf may have become a node higher up. */
export function isPidEntry(entry: number): boolean {
  return (entry & HEIGHT_MASK) === 0;
}

/** The leaf of `nr` in the tree with that entry, 0 where there is none. Reads one word of each node on the way. */
function leafOf(s: State, tree: number, nr: number): number {
  const w = s.words;
  let height = tree & HEIGHT_MASK;
  if (tree === 0 || nr >>> (height * SLOT_BITS) !== 0) return 0;
  let node = tree - height;
  while (--height > 0) {
    const entry = w[node + SLOTS + slotIn(nr, height)];
    // In a shared block the node may have become a leaf, or one higher up, since somebody led here.
    if (SHARED ? (entry & HEIGHT_MASK) !== height : entry === 0) return 0;
    node = entry - height;
  }
  return node;
}

/** Which slot of a node leads to `nr`, where the slots lead to what has that height. */
function slotIn(nr: number, height: number): number {
  return (nr >>> (height * SLOT_BITS)) & SLOT_MASK;
}

/** Whether `nr` is taken. Locking: `mapLock`. */
export function isTaken(s: State, nsAt: number, nr: number): boolean {
  const leaf = leafOf(s, s.words[nsAt + TREE], nr);
  return leaf !== 0 && hasBit(s.words, leaf + USED, nr & SLOT_MASK);
}

/** The first number at or above `from` that is free; it may be past what the tree has room for. Locking: `mapLock`. */
export function nextFree(s: State, nsAt: number, from: number): number {
  const w = s.words;
  const tree = w[nsAt + TREE];
  let nr = from;
  while (isWithin(tree, nr)) {
    let height = tree & HEIGHT_MASK;
    let node = tree - height;
    while (--height >= 0) {
      const first = slotIn(nr, height);
      const slot = findNextZeroBit(w, node + FULL, first, SLOT_COUNT);
      if (slot !== first) nr = firstBelow(nr, height, slot);
      if (slot === SLOT_COUNT) break; // down again from the top, to what is behind this node
      const entry = w[node + SLOTS + slot];
      if (height === 0 || entry === 0) return nr;
      node = entry - height;
    }
  }
  return nr;
}

/** The first number at or above `from` that is taken, 0 for none. Locking: none. */
export function nextUsed(s: State, nsAt: number, from: number): number {
  const w = s.words;
  for (;;) {
    const moves = w[nsAt + MOVES];
    const nr = nextUsedIn(s, w[nsAt + TREE + zeroAfter(moves)], from);
    // An exchange of nothing: what was read before it is no younger than that.
    if (!SHARED || add(w, nsAt + MOVES, 0) === moves) return nr;
  }
}

function nextUsedIn(s: State, tree: number, from: number): number {
  const w = s.words;
  let nr = from;
  while (isWithin(tree, nr)) {
    let height = tree & HEIGHT_MASK;
    let node = tree - height;
    while (--height >= 0) {
      const first = slotIn(nr, height);
      const slot = findNextBit(w, node + USED, first, SLOT_COUNT);
      if (slot !== first) nr = firstBelow(nr, height, slot);
      if (slot === SLOT_COUNT) break;
      if (height === 0) return nr;
      const entry = w[node + SLOTS + slot];
      // In a shared block the node may just have been unlinked.
      if (SHARED && (entry & HEIGHT_MASK) !== height) {
        nr = firstBelow(nr, height, slot + 1);
        break;
      }
      node = entry - height;
    }
  }
  return 0;
}

/** Whether a tree with that entry has room for `nr`. */
function isWithin(tree: number, nr: number): boolean {
  return tree !== 0 && nr >>> ((tree & HEIGHT_MASK) * SLOT_BITS) === 0;
}

/** The first number below that slot of the node on the way to `nr` whose slots lead to what has that height. */
function firstBelow(nr: number, height: number, slot: number): number {
  const shift = height * SLOT_BITS;
  return (((nr >>> shift) & ~SLOT_MASK) + slot) << shift;
}

/**
 * Takes the first free number in `[from, to)`, and leaves its slot as it is: nothing is in it. FULL when none is free;
 * NO_MEMORY, with nothing changed, when the block has no room for the nodes on the way. Locking: `mapLock`.
 */
export function takeFrom(s: State, nsAt: number, from: number, to: number): number {
  const w = s.words;
  if (from >= to) return NONE_FREE;
  let nr = from;
  let leaf = leafOf(s, w[nsAt + TREE], nr);
  if (leaf !== 0 && hasBit(w, leaf + USED, nr & SLOT_MASK)) {
    nr = nextFree(s, nsAt, nr);
    if (nr >= to) return NONE_FREE;
    leaf = leafOf(s, w[nsAt + TREE], nr);
  }
  if (leaf === 0) leaf = plant(s, nsAt, nr);
  if (leaf === 0) return NO_MEMORY;
  mark(s, leaf, nr);
  return nr;
}

/** Says of a number that it is taken. */
function mark(s: State, leaf: number, nr: number): void {
  const w = s.words;
  const at = nr & SLOT_MASK;
  // A look at whether the namespace was closed meanwhile comes after this (alloc.ts), so it is an exchange.
  or(w, leaf + USED + (at >>> 5), 1 << at);
  setBit(w, leaf + FULL, at);
  if (isFull(w, leaf)) markFull(s, leaf, nr);
}

/** Leads from `nr`, which is taken, to the pid. Locking: `mapLock`. */
export function replace(s: State, nsAt: number, nr: number, pidAt: number): void {
  publish(s.words, slotOf(s, s.words[nsAt + TREE], nr), pidAt);
}

/** Makes `nr` free, and takes nodes that nothing is below out of the tree. Locking: `mapLock`. */
export function remove(s: State, nsAt: number, nr: number): void {
  const w = s.words;
  const leaf = leafOf(s, w[nsAt + TREE], nr);
  const at = nr & SLOT_MASK;
  w[leaf + SLOTS + at] = 0;
  if (isFull(w, leaf)) unmarkFull(s, leaf, nr);
  clearBit(w, leaf + FULL, at);
  clearBit(w, leaf + USED, at);
  if (isEmpty(w, leaf)) prune(s, nsAt, leaf, nr);
}

/**
 * Puts the nodes into the tree that `nr` needs, and returns its leaf; 0, with the tree as it was, when there is no room. The
 * first number holds the namespace.
 */
function plant(s: State, nsAt: number, nr: number): number {
  const w = s.words;
  const isFirst = w[nsAt + TREE] === 0;
  if (isFirst) {
    const height = heightFor(nr);
    const top = branch(s, height, nr);
    if (top === 0) return 0;
    holdNs(s, nsAt);
    publish(w, nsAt + TREE, top + height);
  } else if (!grow(s, nsAt, nr) || !sprout(s, nsAt, nr)) {
    shrink(s, nsAt);
    return 0;
  }
  return leafOf(s, w[nsAt + TREE], nr);
}

/** Puts nodes on top until the tree has room for `nr`. */
function grow(s: State, nsAt: number, nr: number): boolean {
  const w = s.words;
  for (let tree = w[nsAt + TREE]; !isWithin(tree, nr); tree = w[nsAt + TREE]) {
    const height = tree & HEIGHT_MASK;
    const node = newNode(s);
    if (node === 0) return false;
    link(s, node, 0, tree);
    publish(w, nsAt + TREE, node + height + 1);
  }
  return true;
}

/** Puts nodes below the lowest on the way to `nr` that is there, down to a leaf. */
function sprout(s: State, nsAt: number, nr: number): boolean {
  const w = s.words;
  let height = w[nsAt + TREE] & HEIGHT_MASK;
  let node = w[nsAt + TREE] - height;
  while (--height > 0) {
    const slot = slotIn(nr, height);
    if (w[node + SLOTS + slot] === 0) {
      const child = branch(s, height, nr);
      if (child !== 0) link(s, node, slot, child + height);
      return child !== 0;
    }
    node = w[node + SLOTS + slot] - height;
  }
  return true;
}

/** Nodes one below the other, the first of that height and the last the leaf of `nr`; 0, with none taken, when there is no room. */
function branch(s: State, height: number, nr: number): number {
  const node = newNode(s);
  if (node === 0 || height === 1) return node;
  const child = branch(s, height - 1, nr);
  if (child !== 0) {
    link(s, node, slotIn(nr, height - 1), child + height - 1);
    return node;
  }
  cacheFree(s, MAP_CACHE, node);
  return 0;
}

/** Puts a node that is filled already into a slot of one that nobody, or only the lock's owner, writes to. */
function link(s: State, node: number, slot: number, entry: number): void {
  const w = s.words;
  const child = entry & ~HEIGHT_MASK;
  w[child + PARENT] = node;
  publish(w, node + SLOTS + slot, entry);
  if (isFull(w, child)) setBit(w, node + FULL, slot);
  setBit(w, node + USED, slot);
}

/** Says all the way up that nothing is free below nodes that are full. */
function markFull(s: State, leaf: number, nr: number): void {
  const w = s.words;
  let height = 1;
  for (let node = w[leaf + PARENT]; node !== 0; node = w[node + PARENT]) {
    setBit(w, node + FULL, slotIn(nr, height++));
    if (!isFull(w, node)) return;
  }
}

/** And takes that back. */
function unmarkFull(s: State, leaf: number, nr: number): void {
  const w = s.words;
  let height = 1;
  for (let node = w[leaf + PARENT]; node !== 0; node = w[node + PARENT]) {
    const wasFull = isFull(w, node);
    clearBit(w, node + FULL, slotIn(nr, height++));
    if (!wasFull) return;
  }
}

/** Takes a leaf that is empty out of the tree, and every node above that is empty then. */
function prune(s: State, nsAt: number, leaf: number, nr: number): void {
  const w = s.words;
  let height = 1;
  let node = leaf;
  while (isEmpty(w, node)) {
    const parent = w[node + PARENT];
    if (parent === 0) {
      publish(w, nsAt + TREE, 0);
      discard(s, nsAt, node);
      return;
    }
    const slot = slotIn(nr, height++);
    clearBit(w, parent + USED, slot);
    publish(w, parent + SLOTS + slot, 0);
    discard(s, nsAt, node);
    node = parent;
  }
  shrink(s, nsAt);
}

/** Takes the top off as long as it leads only to the lowest numbers, for which the node below is enough. */
function shrink(s: State, nsAt: number): void {
  const w = s.words;
  for (;;) {
    const tree = w[nsAt + TREE];
    const height = tree & HEIGHT_MASK;
    const top = tree - height;
    if (height <= 1 || w[top + USED] !== 1 || w[top + USED + 1] !== 0) return;
    const child = w[top + SLOTS];
    w[child - height + 1 + PARENT] = 0;
    publish(w, nsAt + TREE, child);
    // Whoever stands on the old top must not find it empty before `moves` says why.
    if (SHARED) add(w, nsAt + MOVES, 1);
    w[top + SLOTS] = 0;
    w[top + USED] = 0;
    w[top + FULL] = 0;
    cacheFree(s, MAP_CACHE, top);
  }
}

/** Gives a node back that was taken out of the tree, and says that one was. */
function discard(s: State, nsAt: number, node: number): void {
  if (SHARED) add(s.words, nsAt + MOVES, 1);
  cacheFree(s, MAP_CACHE, node);
}

/** A node with nothing in it and nothing above it, 0 when there is no room. */
function newNode(s: State): number {
  const w = s.words;
  const node = cacheAlloc(s, MAP_CACHE);
  if (node === 0) return 0;
  w[node] |= KIND_MAP << KIND_SHIFT;
  w[node + PARENT] = 0;
  return node;
}

/** The height of a tree that has room for `nr`. */
function heightFor(nr: number): number {
  return Math.max(1, Math.ceil((32 - Math.clz32(nr)) / SLOT_BITS));
}

function hasBit(w: Int32Array, bits: number, at: number): boolean {
  return (w[bits + (at >>> 5)] & (1 << at)) !== 0;
}

function setBit(w: Int32Array, bits: number, at: number): void {
  w[bits + (at >>> 5)] |= 1 << at;
}

function clearBit(w: Int32Array, bits: number, at: number): void {
  w[bits + (at >>> 5)] &= ~(1 << at);
}

/** Whether nothing is free below the node. */
function isFull(w: Int32Array, node: number): boolean {
  return (w[node + FULL] & w[node + FULL + 1]) === -1;
}

/** Whether nothing is taken below it. */
function isEmpty(w: Int32Array, node: number): boolean {
  return (w[node + USED] | w[node + USED + 1]) === 0;
}

/**
 * Makes a tree whole that a worker was changing when it was terminated. The slots say what there is, and the `used` of
 * leaves which numbers are taken; all else follows. Adds the nodes to `nodes`. Locking: `mapLock`, which that worker had.
 */
export function mendTree(s: State, nsAt: number, nodes: Set<number>): void {
  const w = s.words;
  const tree = w[nsAt + TREE];
  if (tree === 0) return;
  if (mendNode(s, nsAt, 0, tree, nodes)) {
    shrink(s, nsAt);
  } else {
    publish(w, nsAt + TREE, 0);
    discard(s, nsAt, tree & ~HEIGHT_MASK);
  }
}

/** Whether anything is taken there or below. */
function mendNode(s: State, nsAt: number, parent: number, entry: number, nodes: Set<number>): boolean {
  const w = s.words;
  const height = entry & HEIGHT_MASK;
  const node = entry - height;
  nodes.add(node);
  w[node + PARENT] = parent;
  if (height === 1) {
    w[node + FULL] = w[node + USED];
    w[node + FULL + 1] = w[node + USED + 1];
    return !isEmpty(w, node);
  }
  for (let slot = 0; slot < SLOT_COUNT; slot++) mendSlot(s, nsAt, node, slot, nodes);
  return !isEmpty(w, node);
}

function mendSlot(s: State, nsAt: number, node: number, slot: number, nodes: Set<number>): void {
  const w = s.words;
  const entry = w[node + SLOTS + slot];
  clearBit(w, node + USED, slot);
  clearBit(w, node + FULL, slot);
  if (entry === 0) return;
  const child = entry & ~HEIGHT_MASK;
  if (mendNode(s, nsAt, node, entry, nodes)) {
    setBit(w, node + USED, slot);
    if (isFull(w, child)) setBit(w, node + FULL, slot);
  } else {
    publish(w, node + SLOTS + slot, 0);
    discard(s, nsAt, child);
  }
}

/** Gives a node back that such a worker had in hand, and that is in no tree. */
export function sweep(s: State, node: number): void {
  s.words.fill(0, node + USED, node + NODE.words);
  cacheFree(s, MAP_CACHE, node);
}
