import { buryPid, freePidmap, hashDel, homeOf, NS, pidLevel, type State, slotOf } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';

const PARENT = NS.at.parent;
const { nr: NR, ns: UPID_NS, next: NEXT } = UPID.at;

/**
 * Takes a pid out of the hash at every level, so that nobody finds it, and only then gives its numbers back.
 * Locking: one hash chain a level, the first of which is the pid's own lock. Source: `free_pid()`.
 */
export function freePid(s: State, pidAt: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  for (let i = 0; i <= level; i++) {
    const upid = upidAt(pidAt, i);
    hashDel(s, slotOf(s.pidHash, w[upid + NR], w[upid + UPID_NS]), upid + NEXT);
  }
  giveBack(s, pidAt, level + 1);
}

/** Gives back the innermost `count` numbers and the allocation's own reference: all of a pid, or as far as `allocPid` came. */
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
  buryPid(s, pidAt, level + 1);
}
