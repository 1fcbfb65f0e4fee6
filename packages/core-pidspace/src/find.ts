import { MAX_NR_PIDSPACES, PID_MAX_LIMIT } from '@pidlab/contract';
import { findGeInMap, findInChain, HEADER, NS, type State, slotOfNr } from '@pidlab/core';
import { globalNr, PID, spaceOf, vpidOf } from './layout.ts';

const { level: LEVEL, space: SPACE } = NS.at;
const { nr: NR, next: NEXT } = PID.at;
/** From a link back to the key before it. */
const NR_OF_LINK: number = NR - NEXT;
const { rootNs: ROOT_NS, spaces: SPACES } = HEADER.at;

/**
 * The pid that `ns` knows as `nr`; 0 for none: in the root by the global number, elsewhere the space is shifted in first.
 * Locking: none. Source: `find_pid()`, 2006.
 */
export function findPidNs(s: State, nr: number, nsAt: number): number {
  const isRoot = s.words[nsAt + LEVEL] === 0;
  if (!isRoot && nr >= PID_MAX_LIMIT) return 0;
  // Not the root's space, which is 0: a processor guesses a branch, and waits for what it reads.
  return findPid(s, isRoot ? nr : globalNr(s.words[nsAt + SPACE], nr));
}

/** The pid that the root knows as `nr`, its global number; 0 for none. */
export function findPid(s: State, nr: number): number {
  return findInChain(s, slotOfNr(s.pidHash, nr), nr, NR_OF_LINK, nr, NR_OF_LINK, -NEXT);
}

/** The slot of the pid's number, whose lock is the pid's. */
export function pidSlot(s: State, pidAt: number): number {
  return slotOfNr(s.pidHash, s.words[pidAt + NR]);
}

/**
 * The pid with the smallest number at or above `nr` that `ns` sees; 0 for none. From the root the search goes on through
 * the spaces in ascending order, which is the order of the global numbers. Source: `find_ge_pid()`.
 */
export function findGePid(s: State, nr: number, nsAt: number): number {
  const w = s.words;
  if (w[nsAt + LEVEL] !== 0) return findGeInMap(s, nr, nsAt);
  let from = vpidOf(nr);
  for (let space = spaceOf(nr); space < MAX_NR_PIDSPACES; space++, from = 0) {
    const spaceAt = space === 0 ? w[ROOT_NS] : w[SPACES + space];
    if (spaceAt === 0) continue;
    const pidAt = findGeInMap(s, from, spaceAt);
    if (pidAt !== 0) return pidAt;
  }
  return 0;
}
