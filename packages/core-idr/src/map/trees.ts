/** The trees as core sees them: how they are opened, ended, checked and mended, and how a number leads to its pid. */
import {
  checkSetTid,
  checkSetTidLength,
  eachLivePid,
  eachNs,
  eachRecord,
  isRecord,
  KIND_MAP,
  MAP_CACHE,
  MAP_LOCK,
  type MapUse,
  type NumberIndex,
  type NumberMap,
  popcount,
  publish,
  type Say,
  type State,
} from '@pidlab/core';
import { eachNumber } from '../invariants.ts';
import { IDR_NS, NODE } from '../layout.ts';
import { beginChange, endChange, mostChosen } from './idr.ts';
import { HEIGHT_LIMIT, HEIGHT_MASK, isTaken, mendTree, nextUsed, SLOT_COUNT, sweep } from './radix-tree.ts';

const { tree: TREE } = IDR_NS.at;
const { parent: PARENT, used: USED, full: FULL, unused: UNUSED, slots: SLOTS } = NODE.at;

/** The map of this design. */
export const trees: NumberMap = {
  nsWords: IDR_NS.words,
  nsBlank: TREE,
  // A page of nodes, to begin with; and then at worst a leaf for each number, where they lie far apart.
  pagesPerNs: 1,
  wordsPerPid: NODE.words + Math.ceil(NODE.words / SLOT_COUNT),
  cache: { name: 'radix_tree_node', objectWords: NODE.words, blank: USED },
  open: () => true,
  close() {},
  next: (s, nsAt, last) => nextUsed(s, nsAt, last + 1),
  isTaken,
  mostChosen,
  checkSetTid: checkFirst,
  check: checkTrees,
  count() {},
  uncount() {},
  recover,
};

/** The index of this design: the same trees. */
export const leaves: NumberIndex = { tables: [], check: checkSlots, unlink };

/** The first chosen number is looked at before anything is done; the others when it is their level's turn. */
function checkFirst(s: State, nsAt: number, setTid: readonly number[]): void {
  checkSetTidLength(s, nsAt, setTid);
  checkSetTid(s, nsAt, setTid.slice(0, 1));
}

/** Whoever was terminated while it changed a tree leaves marks that do not fit, and nodes that are in no tree. */
function recover(s: State, workerSlot: number): void {
  if (s.words[MAP_LOCK] !== workerSlot + 1) return;
  const nodes = new Set<number>();
  eachNs(s, (nsAt) => mendTree(s, nsAt, nodes));
  eachRecord(s, MAP_CACHE, (node) => {
    if (!nodes.has(node)) sweep(s, node);
  });
  publish(s.words, MAP_LOCK, 0);
}

/** Takes the pid out of the slot, if that still leads to it. */
function unlink(s: State, slot: number, pidAt: number): void {
  beginChange(s, 'declareGone');
  if (s.words[slot] === pidAt) publish(s.words, slot, 0);
  endChange(s);
}

/** Every node is in one tree, where its marks say what is below it; a tree that is not empty holds its namespace once. */
function checkTrees(s: State, _counted: boolean, say: Say): Map<number, MapUse> {
  const uses = new Map<number, MapUse>();
  const nodes = new Set<number>();
  eachNs(s, (nsAt) => {
    const tree = s.words[nsAt + TREE];
    const taken = tree === 0 ? 0 : checkTop(s, nsAt, tree, nodes, say);
    uses.set(nsAt, { held: tree === 0 ? 0 : 1, taken });
  });
  let count = 0;
  eachRecord(s, MAP_CACHE, () => count++);
  if (count !== nodes.size) say(`${count} nodes are in use; ${nodes.size} are in trees`, count > nodes.size);
  return uses;
}

function checkTop(s: State, nsAt: number, tree: number, nodes: Set<number>, say: Say): number {
  const w = s.words;
  const height = tree & HEIGHT_MASK;
  if (height < 1 || height > HEIGHT_LIMIT) {
    say(`the tree of namespace ${nsAt} has a height of ${height}`);
    return 0;
  }
  const top = tree - height;
  const taken = checkNode(s, nsAt, { node: top, parent: 0, height }, nodes, say);
  const onlyFirst = w[top + USED] === 1 && w[top + USED + 1] === 0;
  if (height > 1 && onlyFirst) say(`the tree of namespace ${nsAt} is higher than it needs`, true);
  return taken;
}

interface Place {
  readonly node: number;
  readonly parent: number;
  readonly height: number;
}

/** Checks a node and what is below it, and returns how many numbers are taken there. */
function checkNode(s: State, nsAt: number, place: Place, nodes: Set<number>, say: Say): number {
  const { node, parent, height } = place;
  const w = s.words;
  if (!isRecord(s, node, KIND_MAP) || nodes.has(node)) {
    say(`the tree of namespace ${nsAt} leads to ${node}, which is no node of it`);
    return 0;
  }
  nodes.add(node);
  if (w[node + PARENT] !== parent) say(`node ${node} has ${w[node + PARENT]} above it, not ${parent}`);
  for (let at = node + UNUSED; at < node + SLOTS; at++)
    if (w[at] !== 0) say(`node ${node} has ${w[at]} in word ${at - node}, where nothing belongs`);
  const [used0, used1] = [w[node + USED], w[node + USED + 1]];
  if ((used0 | used1) === 0) say(`node ${node} is empty`, true);
  if (height === 1) {
    if (used0 !== w[node + FULL] || used1 !== w[node + FULL + 1])
      say(`leaf ${node} has numbers that are neither free nor taken`);
    return popcount(used0) + popcount(used1);
  }
  let taken = 0;
  for (let slot = 0; slot < SLOT_COUNT; slot++) taken += checkSlot(s, nsAt, place, slot, nodes, say);
  return taken;
}

function checkSlot(
  s: State,
  nsAt: number,
  { node, height }: Place,
  slot: number,
  nodes: Set<number>,
  say: Say,
): number {
  const w = s.words;
  const entry = w[node + SLOTS + slot];
  const has = (bits: number) => (w[node + bits + (slot >>> 5)] & (1 << slot)) !== 0;
  if (has(USED) !== (entry !== 0)) say(`slot ${slot} of node ${node} is not as its mark says`);
  if (entry === 0) {
    if (has(FULL)) say(`slot ${slot} of node ${node} has nothing in it and is marked as full`);
    return 0;
  }
  if ((entry & HEIGHT_MASK) !== height - 1) {
    say(`slot ${slot} of node ${node} leads to a height of ${entry & HEIGHT_MASK}`);
    return 0;
  }
  const child = entry & ~HEIGHT_MASK;
  const taken = checkNode(s, nsAt, { node: child, parent: node, height: height - 1 }, nodes, say);
  const isFull = nodes.has(child) && (w[child + FULL] & w[child + FULL + 1]) === -1;
  if (has(FULL) !== isFull) say(`slot ${slot} of node ${node} is not marked as what is below it is, full or not`);
  return taken;
}

/** The slots of the leaves lead to the live pids, to each by each of its numbers, and to nobody else. */
function checkSlots(s: State, say: Say): void {
  const w = s.words;
  let carried = 0;
  eachLivePid(s, (pidAt) => {
    eachNumber(s, pidAt, (nr, nsAt, _link, slot) => {
      carried++;
      const found = slot === 0 ? 0 : w[slot];
      if (found !== pidAt) say(`number ${nr} of namespace ${nsAt} leads to ${found}; pid ${pidAt} has it`);
    });
  });
  const linked = { pids: 0 };
  eachNs(s, (nsAt) => {
    const tree = w[nsAt + TREE];
    if (tree !== 0) countLinks(s, tree, linked);
  });
  // A call that EBUSY stopped may have left a dead pid in a slot.
  if (linked.pids !== carried)
    say(
      `${linked.pids} slots of leaves lead to pids; live pids have ${carried} numbers`,
      linked.pids > carried && 'mend',
    );
}

/** The trees are whole by now. */
function countLinks(s: State, entry: number, linked: { pids: number }): void {
  const height = entry & HEIGHT_MASK;
  const slots = entry - height + SLOTS;
  for (let slot = slots; slot < slots + SLOT_COUNT; slot++) {
    if (s.words[slot] === 0) continue;
    if (height === 1) linked.pids++;
    else countLinks(s, s.words[slot], linked);
  }
}
