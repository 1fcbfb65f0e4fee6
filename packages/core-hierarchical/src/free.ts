import { freePidmap, hashDel, homeOf, NS, pidLevel, type State, slotOf } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';

const PARENT = NS.at.parent;
const { nr: NR, ns: UPID_NS, next: NEXT } = UPID.at;

/** Takes a pid out of the hash at every level. Locking: one hash chain a level. Source: `free_pid()`. */
export function unhash(s: State, pidAt: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  for (let i = 0; i <= level; i++) {
    const upid = upidAt(pidAt, i);
    hashDel(s, slotOf(s.pidHash, w[upid + NR], w[upid + UPID_NS]), upid + NEXT);
  }
}

/** Gives back the innermost `count` numbers: all of a pid, or as far as `allocPid` came. Locking: none. */
export function giveBack(s: State, pidAt: number, count: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  let at = homeOf(s, pidAt);
  for (let i = level; i > level - count; i--) {
    // The last number of a namespace may end it, so its parent is read first.
    const parent = w[at + PARENT];
    freePidmap(s, at, w[upidAt(pidAt, i) + NR]);
    at = parent;
  }
}
