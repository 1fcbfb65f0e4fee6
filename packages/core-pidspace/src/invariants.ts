/**
 * What must hold beside what core walks:
 *
 * 1. A pid carries the serial of the namespace that it was allocated in, and in its number that namespace's space.
 * 2. Every namespace but the root owns one space id, and every owned id one namespace; the map of ids has a bit for each.
 */
import { MAX_NR_PIDSPACES } from '@pidlab/contract';
import { eachLivePid, eachNs, HEADER, homeOf, NS, type NumberVisitor, type State, slotOfNr } from '@pidlab/core';
import { PID, spaceOf, vpidOf } from './layout.ts';
import { pidNr } from './translate.ts';

const SPACE = NS.at.space;
const { rootNs: ROOT_NS, spaces: SPACES, spaceMap: SPACE_MAP } = HEADER.at;

/** The number within the space, with the namespace that gave it, and the link. */
export function eachNumber(s: State, pidAt: number, visit: NumberVisitor): void {
  const nr = pidNr(s, pidAt);
  visit(vpidOf(nr), homeOf(s, pidAt), pidAt + PID.at.next, slotOfNr(s.pidHash, nr));
}

/** Invariants 1 and 2; core has walked the serials. */
export function checkDesign(s: State, say: (violation: string) => void): void {
  const w = s.words;
  eachLivePid(s, (pidAt) => {
    const nsAt = homeOf(s, pidAt);
    if (spaceOf(pidNr(s, pidAt)) !== w[nsAt + SPACE])
      say(`pid ${pidAt} has a number of space ${spaceOf(pidNr(s, pidAt))}`);
  });
  let namespaces = 0;
  eachNs(s, (nsAt) => {
    const space = w[nsAt + SPACE];
    if (nsAt === w[ROOT_NS]) {
      if (space !== 0) say(`the root has space ${space}`);
      return;
    }
    namespaces++;
    if (space < 1 || space >= MAX_NR_PIDSPACES || w[SPACES + space] !== nsAt)
      say(`namespace ${nsAt} does not own its space ${space}`);
  });
  let owned = 0;
  for (let space = 0; space < MAX_NR_PIDSPACES; space++) {
    const isOwned = w[SPACES + space] !== 0;
    if (isOwned) owned++;
    if (isOwned !== ((w[SPACE_MAP + (space >>> 5)] & (1 << space)) !== 0))
      say(`the map of space ids is wrong about ${space}`);
  }
  if (owned !== namespaces) say(`${owned} space ids are owned by ${namespaces} namespaces`);
}
