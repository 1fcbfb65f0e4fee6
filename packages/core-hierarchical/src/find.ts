import {
  after,
  findGeInMap,
  HEADER,
  hashHead,
  isFindable,
  NS,
  SHARED,
  type State,
  see,
  slotOf,
  wentAstray,
} from '@pidlab/core';
import { NUMBERS, UPID } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const NEXT = UPID.at.next;
/** From the link of a number back to the number and to its namespace. */
const NR_OF_LINK: number = UPID.at.nr - NEXT;
const NS_OF_LINK: number = UPID.at.ns - NEXT;
/** From the start of a pid to its link at level 0, and from there to the next level's. */
const ROOT_LINK: number = NUMBERS + NEXT;
const UPID_WORDS = UPID.words;
const ROOT_NS = HEADER.at.rootNs;

/** The pid that `ns` knows as `nr`; 0 for none. Locking: none. Source: `find_pid_ns()`. */
export function findPidNs(s: State, nr: number, nsAt: number): number {
  const w = s.words;
  const serial = w[nsAt + SERIAL];
  const slot = slotOf(s.pidHash, nr, serial);
  for (;;) {
    let link = hashHead(s, slot);
    while (link > 0) {
      if (w[link + NR_OF_LINK] === nr && w[link + NS_OF_LINK] === serial) {
        const pidAt = link - ROOT_LINK - w[nsAt + LEVEL] * UPID_WORDS;
        if (!SHARED) return pidAt;
        const id = see(s, pidAt);
        const again = link + after(id);
        if (w[again + NR_OF_LINK] !== nr || w[again + NS_OF_LINK] !== serial) break;
        return isFindable(s, pidAt, id) ? pidAt : 0;
      }
      link = w[link];
    }
    if (!SHARED || !wentAstray(s, slot, link)) return 0;
  }
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
