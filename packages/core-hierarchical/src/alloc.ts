import type { PidError } from '@pidlab/contract';
import { hashAdd, NS, newPid, noNumber, type State, slotOf, takeNumber } from '@pidlab/core';
import { giveBack } from './free.ts';
import { UPID, upidAt } from './layout.ts';

const { parent: PARENT, level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, ns: UPID_NS, next: NEXT } = UPID.at;

/**
 * Gives a new pid one number in `ns` and one in every ancestor, or changes nothing but the cursors.
 *
 * EAGAIN when a map on the way is full, ENOMEM when memory is or when `ns` takes no new pids, EEXIST when a chosen number
 * is taken. Locking: none up to the commit point, then one hash chain a level. Source: `alloc_pid()`.
 */
export function allocPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  const level = w[nsAt + LEVEL];
  const pidAt = newPid(s, nsAt, level + 1);
  let at = nsAt;
  for (let i = level; i >= 0; i--) {
    const nr = takeNumber(s, at, setTid, level - i);
    if (nr < 0) throw giveUp(s, pidAt, level - i, at, nr, setTid);
    const upid = upidAt(pidAt, i);
    w[upid + NR] = nr;
    w[upid + UPID_NS] = w[at + SERIAL];
    at = w[at + PARENT];
  }
  // Commit point: nothing below can fail, and nothing above can be found yet.
  for (let i = level; i >= 0; i--) {
    const upid = upidAt(pidAt, i);
    hashAdd(s, slotOf(s.pidHash, w[upid + NR], w[upid + UPID_NS]), upid + NEXT);
  }
  return pidAt;
}

/** Gives back what was taken before the namespace at `at` had no number, and says why it had none. */
function giveUp(
  s: State,
  pidAt: number,
  taken: number,
  at: number,
  failure: number,
  setTid: readonly number[],
): PidError {
  giveBack(s, pidAt, taken);
  return noNumber(s, at, failure, setTid[taken]);
}
