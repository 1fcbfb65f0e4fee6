/**
 * Hash tables of pids, as chains through the pids' own records.
 *
 * ```
 *   slot ──► next ──► next ──► ~slot          a link is the word offset of a `next` field;
 *   0: never used     (key just before it)     a chain ends in the complement of its slot's offset
 * ```
 *
 * Chains are singly linked. At a load of at most one, a walk from the slot to the link before costs fewer cache lines than
 * keeping a pointer back in every record, which would have to be written in the neighbours on each insertion and removal;
 * and every change is a single store, so a chain is whole at every instant. The end marker tells a reader which chain it
 * finished in.
 */
import type { State } from './state.ts';

/** A full-entropy golden ratio: mainline's GOLDEN_RATIO_32, whose low bits make up for a multiply that drops the high ones. */
const GOLDEN_RATIO_32 = 0x61c8_8647;
/** A hash table: where its slots start and how many bits of a hash are not used. */
export interface HashTable {
  readonly base: number;
  readonly shift: number;
}

/** The slot of number `nr` of the namespace with that serial. Source: `pid_hashfn()`. */
export function slotOf(table: HashTable, nr: number, serial: number): number {
  return table.base + (Math.imul(nr + serial, GOLDEN_RATIO_32) >>> table.shift);
}

/** The slot of a number that is unique without its namespace. */
export function slotOfNr(table: HashTable, nr: number): number {
  return table.base + (Math.imul(nr, GOLDEN_RATIO_32) >>> table.shift);
}

/** Puts `link` at the front of the chain of `slot`. Source: `hlist_add_head_rcu()`. */
export function hashAdd(s: State, slot: number, link: number): void {
  const w = s.words;
  w[link] = w[slot] === 0 ? ~slot : w[slot];
  s.access.publish(w, slot, link);
}

/** Takes `link` out of the chain of `slot`, where it must be. Its own `next` stays, for readers that stand on it. Source: `hlist_del_rcu()`. */
export function hashDel(s: State, slot: number, link: number): void {
  const w = s.words;
  let at = slot;
  while (w[at] !== link) at = w[at];
  s.access.publish(w, at, w[link]);
}
