/** A map that is a tree, as far as it takes memory: which nodes there are follows from the numbers taken, and is counted. */
import { giveObject, takeObject } from './memory.ts';
import type { NsRecord, State } from './state.ts';

/** The name of the cache that nodes come from. */
const NODES = 'radix_tree_node';
const SLOTS = 64;
/** Of a tree that has room for all numbers. */
const HEIGHTS = 4;

/** One in which nothing is taken. */
export function newTree(): readonly Map<number, number>[] {
  return Array.from({ length: HEIGHTS }, () => new Map());
}

/** Takes the nodes that `nr` needs, before it is taken. ENOMEM, and then nothing has changed. */
export function needNodes(s: State, ns: NsRecord, nr: number, op: string): void {
  const before = nodesOf(ns);
  count(ns, nr, 1);
  const wanted = nodesOf(ns) - before;
  for (let got = 0; got < wanted; got++) {
    try {
      takeObject(s.memory, NODES, op);
    } catch (error) {
      count(ns, nr, -1);
      for (; got > 0; got--) giveObject(s.memory, NODES);
      throw error;
    }
  }
}

/** Gives back the nodes that only `nr` needed. */
export function giveNodes(s: State, ns: NsRecord, nr: number): void {
  const before = nodesOf(ns);
  count(ns, nr, -1);
  for (let left = nodesOf(ns); left < before; left++) giveObject(s.memory, NODES);
}

/** The nodes of a tree that is as high as its largest number needs. */
function nodesOf({ below }: NsRecord): number {
  const all = below[HEIGHTS - 1]!.get(0) ?? 0;
  let nodes = 0;
  for (const numbers of below) {
    nodes += numbers.size;
    if ((numbers.get(0) ?? 0) === all) break;
  }
  return nodes;
}

function count({ below }: NsRecord, nr: number, by: 1 | -1): void {
  let place = nr;
  for (const numbers of below) {
    place = Math.floor(place / SLOTS);
    const now = (numbers.get(place) ?? 0) + by;
    if (now === 0) numbers.delete(place);
    else numbers.set(place, now);
  }
}
