/**
 * What must always hold, in every design:
 *
 * 1. Pages: every slab page belongs to one existing cache, every pidmap page to one namespace or to the free list.
 * 2. Caches: places = in use + free + retired + never used; the free list and the workers’ magazines hold exactly the free
 *    ones; what was never used is blank, and what is free is blank where its next life relies on it.
 * 3. Namespaces: one above except for the root, one level down; references = users + pages in use (where they are counted)
 *    + children.
 * 4. Pidmaps: `used` is the number of bits set; the bits set are the numbers of the live pids, and bit 0 of page 0.
 * 5. Pids: a live one is in a live namespace; a dead one has no tasks and somebody's reference.
 * 6. Hash: a chain ends in its slot's marker; the links in the chains are the numbers of the live pids, each in its slot;
 *    and each number leads to its pid.
 * 7. Tasks: a list's links agree in both directions and with the pid; a namespace's reaper hangs on a pid of it.
 *
 * Each design adds its own. The walk follows no offset that it has not checked, and stops after the first group that is
 * violated, since the later ones rest on it.
 */
import type { Findings } from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import type { MapUse, Say, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { checkCaches, checkSlabPages } from './check-memory.ts';
import { checkNamespaces } from './check-namespaces.ts';
import { checkFinds, checkPids, checkTasks } from './check-pids.ts';

/** More than these say nothing new. */
const MOST = 50;
const GONE = HEADER.at.gone;

/**
 * Walks everything. `counted` says whether numbers taken are counted by page, as they are in a block for one thread, and
 * `isMended` that there is nobody any more who could have a loss in hand that has to be mended. At most MOST sentences in all.
 */
export function checkInvariants(s: State, counted: boolean = !SHARED, isMended = false): Findings {
  const violations: string[] = [];
  const leaked: string[] = [];
  const someoneIsGone = s.words[GONE] > 0;
  const say: Say = (sentence, loss = false) => {
    const isLeak = someoneIsGone && loss !== false && !(isMended && loss === 'mend');
    if (violations.length + leaked.length < MOST) (isLeak ? leaked : violations).push(sentence);
  };
  const checkDesign = () => s.design.checkDesign(s, say);
  let uses = new Map<number, MapUse>();
  const checkNs = () => {
    uses = checkNamespaces(s, counted, say);
  };
  const checkNumbers = () => checkPids(s, uses, say);
  const checkIndex = () => s.design.index.check(s, say);
  const shared = [checkSlabPages, checkCaches, checkNs, checkNumbers, checkIndex, checkTasks];
  for (const check of [...shared, checkDesign, checkFinds]) {
    check(s, say);
    if (violations.length > 0) break;
  }
  return { violations, leaked };
}
