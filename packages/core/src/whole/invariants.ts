/**
 * What must always hold, in every design:
 *
 * 1. Pages: every slab page belongs to one existing cache, every pidmap page to one namespace or to the free list.
 * 2. Caches: places = in use + free + retired + never used; the free list and the workers’ magazines hold exactly the free
 *    ones; what is never used
 *    is blank, and what is free is blank where its next life relies on it.
 * 3. Namespaces: one above except for the root, one level down; references = users + pages in use (where they are counted)
 *    + children.
 * 4. Pidmaps: `used` is the number of bits set; the bits set are the numbers of the live pids, and bit 0 of page 0.
 * 5. Pids: a live one is in a live namespace; a dead one has no tasks and somebody's reference.
 * 6. Hash: a chain ends in its slot's marker; the links in the chains are the numbers of the live pids, each in its slot;
 *    and each number leads to its pid.
 * 7. Tasks: a list's links agree in both directions and with the pid; a namespace's reaper hangs on a pid of it.
 *
 * Each design adds its own. The walk follows no offset that it has not checked, and stops after the first group that is
 * violated, since the later ones rest on it. What a worker that was declared gone had in hand is said, and is no violation.
 */
import type { State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { checkCaches, checkSlabPages } from './check-memory.ts';
import { checkNamespaces } from './check-namespaces.ts';
import { checkFinds, checkHash, checkPids, checkTasks } from './check-pids.ts';
import { LEAKED, type Say } from './say.ts';

/** More than these say nothing new. */
const MOST_VIOLATIONS = 50;

/**
 * Walks everything; one sentence for each thing that does not hold. `counted` says whether numbers taken are counted by page,
 * as they are in a block for one thread.
 */
export function checkInvariants(s: State, counted: boolean = !SHARED): string[] {
  const found: string[] = [];
  let leaks = 0;
  const say: Say = (violation) => {
    if (found.length >= MOST_VIOLATIONS) return;
    if (violation.startsWith(LEAKED)) leaks++;
    found.push(violation);
  };
  const checkDesign = () => s.design.checkDesign(s, say);
  const checkNs = () => checkNamespaces(s, counted, say);
  const shared = [checkSlabPages, checkCaches, checkNs, checkPids, checkHash, checkTasks];
  for (const check of [...shared, checkDesign, checkFinds]) {
    check(s, say);
    if (found.length > leaks) return found;
  }
  return found;
}
