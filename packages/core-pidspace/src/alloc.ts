import type { PidError } from '@pidlab/contract';
import { hashAdd, NS, newPid, noNumber, type State, slotOfNr, takeNumber } from '@pidlab/core';
import { giveBack } from './free.ts';
import { globalNr, PID } from './layout.ts';

const { serial: SERIAL, space: SPACE } = NS.at;
const { nr: NR, next: NEXT, ns: PID_NS } = PID.at;

/**
 * Gives a new pid one number, taken from the map of `ns` and joined to the id of its space, or changes nothing but the
 * cursor.
 *
 * EAGAIN when the map is full, ENOMEM when memory is or when `ns` takes no new pids, EEXIST when a chosen number is taken.
 * Locking: none up to the commit point, then one hash chain.
 */
export function allocPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  const pidAt = newPid(s, nsAt, 1);
  const vpid = takeNumber(s, nsAt, setTid, 0);
  if (vpid < 0) throw giveUp(s, pidAt, 0, nsAt, vpid, setTid);
  const nr = globalNr(w[nsAt + SPACE], vpid);
  w[pidAt + NR] = nr;
  w[pidAt + PID_NS] = w[nsAt + SERIAL];
  // Commit point: nothing below can fail, and nothing above can be found yet.
  hashAdd(s, slotOfNr(s.pidHash, nr), pidAt + NEXT);
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
