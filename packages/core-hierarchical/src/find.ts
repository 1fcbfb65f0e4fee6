import { findGeInMap, findInChain, HEADER, NS, type State, slotOf } from '@pidlab/core';
import { NUMBERS, UPID } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const NEXT = UPID.at.next;
/** From the link of a number back to the number and to its namespace. */
const NR_OF_LINK: number = UPID.at.nr - NEXT;
const NS_OF_LINK: number = UPID.at.ns - NEXT;
/** From the link at level 0 back to the start of the pid, and how much further it is from each level's. */
const PID_OF_ROOT_LINK: number = -NUMBERS - NEXT;
const UPID_WORDS = UPID.words;
const ROOT_NS = HEADER.at.rootNs;

/** The pid that `ns` knows as `nr`; 0 for none. Locking: none. Source: `find_pid_ns()`. */
export function findPidNs(s: State, nr: number, nsAt: number): number {
  const w = s.words;
  const serial = w[nsAt + SERIAL];
  const pidOfLink = PID_OF_ROOT_LINK - w[nsAt + LEVEL] * UPID_WORDS;
  return findInChain(s, slotOf(s.pidHash, nr, serial), nr, NR_OF_LINK, serial, NS_OF_LINK, pidOfLink);
}

/** The pid that the root knows as `nr`; 0 for none. */
export function findPid(s: State, nr: number): number {
  return findPidNs(s, nr, s.words[ROOT_NS]);
}

/** The slot of the pid's first number, whose lock is the pid's. */
export function pidSlot(s: State, pidAt: number): number {
  const upid = pidAt + NUMBERS;
  return slotOf(s.pidHash, s.words[upid + UPID.at.nr], s.words[upid + UPID.at.ns]);
}

/** The pid with the smallest number at or above `nr` that `ns` sees; 0 for none. Source: `find_ge_pid()`. */
export function findGePid(s: State, nr: number, nsAt: number): number {
  return findGeInMap(s, nr, nsAt);
}
