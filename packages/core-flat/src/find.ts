import {
  after,
  findGeInMap,
  hashHead,
  isFindable,
  NS,
  SHARED,
  type State,
  see,
  slotOf,
  slotOfNr,
  wentAstray,
} from '@pidlab/core';
import { ROOT_PID, VIRTUAL } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, next: NEXT } = ROOT_PID.at;
const { vnr: VNR, vnext: VNEXT } = VIRTUAL.at;
/** From a link back to the key before it. */
const NR_OF_LINK: number = NR - NEXT;
const VNR_OF_LINK: number = VNR - VNEXT;
const NS_OF_VLINK: number = ROOT_PID.at.ns - VNEXT;

/**
 * The pid that `ns` knows as `nr`; 0 for none: in the root by its global number, elsewhere by the virtual one.
 * Locking: none. Source: `find_pid()` and its virtual twin, June 2007.
 */
export function findPidNs(s: State, nr: number, nsAt: number): number {
  const w = s.words;
  if (w[nsAt + LEVEL] === 0) return findPid(s, nr);
  const serial = w[nsAt + SERIAL];
  const slot = slotOf(s.vnrHash, nr, serial);
  for (;;) {
    let link = hashHead(s, slot);
    while (link > 0) {
      if (w[link + VNR_OF_LINK] === nr && w[link + NS_OF_VLINK] === serial) {
        if (!SHARED) return link - VNEXT;
        const id = see(s, link - VNEXT);
        const again = link + after(id);
        if (w[again + VNR_OF_LINK] !== nr || w[again + NS_OF_VLINK] !== serial) break;
        return isFindable(s, link - VNEXT, id) ? link - VNEXT : 0;
      }
      link = w[link];
    }
    if (!SHARED || !wentAstray(s, slot, link)) return 0;
  }
}

/** The pid that the root knows as `nr`, its global number; 0 for none. */
export function findPid(s: State, nr: number): number {
  const w = s.words;
  const slot = slotOfNr(s.pidHash, nr);
  for (;;) {
    let link = hashHead(s, slot);
    while (link > 0) {
      if (w[link + NR_OF_LINK] === nr) {
        if (!SHARED) return link - NEXT;
        const id = see(s, link - NEXT);
        if (w[link + after(id) + NR_OF_LINK] !== nr) break;
        return isFindable(s, link - NEXT, id) ? link - NEXT : 0;
      }
      link = w[link];
    }
    if (!SHARED || !wentAstray(s, slot, link)) return 0;
  }
}

/** The slot of the pid's global number, whose lock is the pid's. */
export function pidSlot(s: State, pidAt: number): number {
  return slotOfNr(s.pidHash, s.words[pidAt + NR]);
}

/** The pid with the smallest number at or above `nr` that `ns` sees; 0 for none. Source: `find_ge_pid()`. */
export function findGePid(s: State, nr: number, nsAt: number): number {
  return findGeInMap(s, nr, nsAt);
}
