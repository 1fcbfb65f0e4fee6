/** The workers of a shared block: who has which slot, and what each has at hand. */
import { PidError } from '@pidlab/contract';
import { CACHE, HEADER, MAGAZINE, WORKER } from '../layout.ts';
import type { State } from '../types.ts';
import { compareExchange, publish } from '../words/access.ts';
import { workerAt } from './block.ts';
import { NS_LOCK } from './locks.ts';
import { ALL_CACHES, emptyMagazine, magazineAt, returnUnused } from './slab.ts';

const STATE = WORKER.at.state;
const COUNT = MAGAZINE.at.count;
const H = HEADER.at;
/** At a worker that may have ended: some tens of microseconds. */
const LOOKS = 100;
/** Values of `state`. */
export const NO_WORKER = 0;
export const ATTACHED = 1;
/** Plus the slot + 1 of the worker that is declaring it gone. */
export const LEAVING = 2;

/** Gives the state a slot of its own. EAGAIN when all are taken. */
export function takeSlot(s: State): void {
  const workers = s.words[H.workers];
  for (let slot = 0; slot < workers; slot++) {
    const at = workerAt(s, slot);
    if (compareExchange(s.words, at + STATE, NO_WORKER, ATTACHED) !== NO_WORKER) continue;
    s.worker = at;
    s.owner = slot + 1;
    return;
  }
  throw new PidError(
    'EAGAIN',
    'attachPidAllocator',
    `all ${workers} worker slots are taken; detach one, or create the allocator with a larger workers`,
  );
}

/**
 * Whether a worker is seen to go on: what it takes, gives back or locks is in its record. One that rests or only looks, or that
 * the system does not let run just then, is not seen.
 */
export function isSeenMoving(s: State, worker: number): boolean {
  const record = () => s.words.slice(worker + STATE + 1, worker + WORKER.words);
  const before = record();
  for (let look = 0; look < LOOKS; look++) if (differ(record(), before)) return true;
  return false;
}

function differ(one: Int32Array, other: Int32Array): boolean {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return true;
  return false;
}

/** Gives the slot back, and what this worker had at hand. */
export function detach(s: State): void {
  for (const cache of ALL_CACHES) emptyMagazine(s, cache, s.worker, Number.POSITIVE_INFINITY);
  publish(s.words, s.worker + STATE, NO_WORKER);
  // No handle fits a block of zeros.
  s.words = new Int32Array(HEADER.words);
  s.worker = 0;
  s.owner = 0;
}

/**
 * Gives back what all workers have at hand, used or not, in a copy of the block, where nobody has a lock. Of one that was made
 * while others were in calls nothing can be said, but that this comes to an end.
 */
export function gatherMagazines(s: State): void {
  s.words[NS_LOCK] = 0;
  s.words[H.pageLock] = 0;
  s.words[H.mapLock] = 0;
  for (const cache of ALL_CACHES) {
    s.words[cache + CACHE.at.lock] = 0;
    for (let slot = s.words[H.workers] - 1; slot >= 0; slot--) {
      emptyMagazine(s, cache, workerAt(s, slot), Number.POSITIVE_INFINITY);
    }
    returnUnused(s, cache);
  }
}

/** Free records of a cache that workers have at hand. */
export function atHand(s: State, cache: number): number {
  let count = 0;
  for (let slot = 0; slot < s.words[H.workers]; slot++) {
    count += s.words[magazineAt(workerAt(s, slot), cache) + COUNT];
  }
  return count;
}
