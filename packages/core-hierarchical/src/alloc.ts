import { bearPid, giveUp, hashAdd, mustBeOpen, NS, newPid, type State, slotOf, takeNumber } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';

const { parent: PARENT, level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, ns: UPID_NS, next: NEXT } = UPID.at;

/**
 * Makes a pid with a number at every level from that of `ns` up to the root, or leaves only cursors moved.
 *
 * EAGAIN when a map on the way is full, ENOMEM when memory is or when `ns` takes no new pids, EEXIST when a chosen number
 * is taken. Locking: none. Source: `alloc_pid()`.
 */
export function allocPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  const level = w[nsAt + LEVEL];
  mustBeOpen(s, nsAt);
  const pidAt = newPid(s, nsAt, level, level + 1);
  let at = nsAt;
  for (let i = level; i >= 0; i--) {
    const nr = takeNumber(s, at, setTid, level - i);
    if (nr < 0) throw giveUp(s, pidAt, level - i, at, nr, setTid);
    const upid = upidAt(pidAt, i);
    w[upid + NR] = nr;
    w[upid + UPID_NS] = w[at + SERIAL];
    at = w[at + PARENT];
  }
  for (let i = level; i >= 0; i--) {
    const upid = upidAt(pidAt, i);
    hashAdd(s, slotOf(s.pidHash, w[upid + NR], w[upid + UPID_NS]), upid + NEXT);
  }
  bearPid(s, pidAt);
  return pidAt;
}
