import { bearPid, giveUp, hashAdd, mustBeOpen, NS, newPid, type State, slotOfNr, takeNumber } from '@pidlab/core';
import { globalNr, PID } from './layout.ts';

const { level: LEVEL, serial: SERIAL, space: SPACE } = NS.at;
const { nr: NR, next: NEXT, ns: PID_NS } = PID.at;

/**
 * Gives a new pid one number, taken from the map of `ns` and joined to the id of its space, or leaves only
 * its cursor moved.
 *
 * EAGAIN when the map is full, ENOMEM when memory is or when `ns` takes no new pids, EEXIST when a chosen number is taken.
 * Locking: none. Source: `alloc_pidmap()`, 2006.
 */
export function allocPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  mustBeOpen(s, nsAt);
  const pidAt = newPid(s, nsAt, w[nsAt + LEVEL], 1);
  const vpid = takeNumber(s, nsAt, setTid, 0);
  if (vpid < 0) throw giveUp(s, pidAt, 0, nsAt, vpid, setTid);
  const nr = globalNr(w[nsAt + SPACE], vpid);
  w[pidAt + NR] = nr;
  w[pidAt + PID_NS] = w[nsAt + SERIAL];
  hashAdd(s, slotOfNr(s.pidHash, nr), pidAt + NEXT);
  bearPid(s, pidAt);
  return pidAt;
}
