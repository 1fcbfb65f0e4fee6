import {
  bearPid,
  giveUp,
  HEADER,
  hashAdd,
  mustBeOpen,
  NS,
  newPid,
  type State,
  slotOf,
  slotOfNr,
  takeNumber,
} from '@pidlab/core';
import { ROOT_PID, VIRTUAL } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, next: NEXT, ns: PID_NS } = ROOT_PID.at;
const { vnr: VNR, vnext: VNEXT } = VIRTUAL.at;
const ROOT_NS = HEADER.at.rootNs;

/**
 * Gives a new pid a virtual number in `ns` and a global one in the root, or leaves only cursors moved. A pid of the
 * root gets the global one alone, which is its virtual one too.
 *
 * EAGAIN when a map on the way is full, ENOMEM when memory is or when `ns` takes no new pids, EEXIST when a chosen number
 * is taken. Locking: none. Source: `alloc_pid()`, hashed twice.
 */
export function allocPid(s: State, nsAt: number, setTid: readonly number[]): number {
  mustBeOpen(s, nsAt);
  return s.words[nsAt + LEVEL] === 0 ? allocRootPid(s, nsAt, setTid) : allocContainedPid(s, nsAt, setTid);
}

function allocRootPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  const pidAt = newPid(s, nsAt, 0, 1);
  const nr = takeNumber(s, nsAt, setTid, 0);
  if (nr < 0) throw giveUp(s, pidAt, 0, nsAt, nr, setTid);
  w[pidAt + NR] = nr;
  w[pidAt + PID_NS] = w[nsAt + SERIAL];
  hashAdd(s, slotOfNr(s.pidHash, nr), pidAt + NEXT);
  bearPid(s, pidAt);
  return pidAt;
}

function allocContainedPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  const rootAt = w[ROOT_NS];
  const serial = w[nsAt + SERIAL];
  const pidAt = newPid(s, nsAt, 1, 2);
  const vnr = takeNumber(s, nsAt, setTid, 0);
  if (vnr < 0) throw giveUp(s, pidAt, 0, nsAt, vnr, setTid);
  w[pidAt + VNR] = vnr;
  const nr = takeNumber(s, rootAt, setTid, 1);
  if (nr < 0) throw giveUp(s, pidAt, 1, rootAt, nr, setTid);
  w[pidAt + NR] = nr;
  w[pidAt + PID_NS] = serial;
  hashAdd(s, slotOf(s.vnrHash, vnr, serial), pidAt + VNEXT);
  hashAdd(s, slotOfNr(s.pidHash, nr), pidAt + NEXT);
  bearPid(s, pidAt);
  return pidAt;
}
