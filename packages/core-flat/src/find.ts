import { findGeInMap, findInChain, NS, type State, slotOf, slotOfNr } from '@pidlab/core';
import { ROOT_PID, VIRTUAL } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, next: NEXT } = ROOT_PID.at;
const VNEXT = VIRTUAL.at.vnext;
/** From a link back to the number right before it, in either hash. */
const NR_OF_LINK: number = NR - NEXT;
const NS_OF_VLINK: number = ROOT_PID.at.ns - VNEXT;

/**
 * The pid that `ns` knows as `nr`; 0 for none: in the root by its global number, elsewhere by the virtual one.
 * Locking: none. Source: `find_pid()` and its virtual twin, June 2007.
 */
export function findPidNs(s: State, nr: number, nsAt: number): number {
  const w = s.words;
  const isRoot = w[nsAt + LEVEL] === 0;
  // One walk for both hashes: two are too long for V8 to put a look-up in line.
  const key = isRoot ? nr : w[nsAt + SERIAL];
  const slot = isRoot ? slotOfNr(s.pidHash, nr) : slotOf(s.vnrHash, nr, key);
  return findInChain(s, slot, nr, NR_OF_LINK, key, isRoot ? NR_OF_LINK : NS_OF_VLINK, isRoot ? -NEXT : -VNEXT);
}

/** The pid that the root knows as `nr`, its global number; 0 for none. */
export function findPid(s: State, nr: number): number {
  return findInChain(s, slotOfNr(s.pidHash, nr), nr, NR_OF_LINK, nr, NR_OF_LINK, -NEXT);
}

/** The slot of the pid's global number, whose lock is the pid's. */
export function pidSlot(s: State, pidAt: number): number {
  return slotOfNr(s.pidHash, s.words[pidAt + NR]);
}

/** The pid with the smallest number at or above `nr` that `ns` sees; 0 for none. Source: `find_ge_pid()`. */
export function findGePid(s: State, nr: number, nsAt: number): number {
  return findGeInMap(s, nr, nsAt);
}
