/**
 * The page allocator: slab pages from below, pidmap pages from above. In a shared block neither side ever gets a page of the other.
 * Locking: `pageLock`, all of it.
 */
import { CACHE, HEADER, PAGE_SHIFT, PAGE_TABLE, PAGE_WORDS } from '../layout.ts';
import type { State } from '../types.ts';
import { CHECKED, SHARED } from '../words/mode.ts';
import { isFault, PIDMAP_PAGE, SLAB_PAGE } from './faults.ts';
import { locked } from './locks.ts';
import { nextFreeSlab, reclaimPages } from './reclaim.ts';

const { slabEnd: SLAB_END, slabFree: SLAB_FREE, slabFreeCount: SLAB_FREE_COUNT } = HEADER.at;
const { mapStart: MAP_START, mapFree: MAP_FREE, mapFreeCount: MAP_FREE_COUNT } = HEADER.at;
const PAGE_LOCK = HEADER.at.pageLock;
const { bump: BUMP, bumpEnd: BUMP_END } = CACHE.at;

/**
 * Takes a page for a cache, to cut records from, and returns its word offset; 0 when the block is full. A new one is the cache's once
 * `slabEnd` has passed it: whoever is terminated before that has taken nothing. When the block is full, what is empty is given back
 * first, in a block for one thread.
 */
export function allocSlabPage(s: State, cache: number): number {
  if (CHECKED && isFault(SLAB_PAGE)) return 0;
  return locked(s, PAGE_LOCK, 'alloc', () => {
    const start = takeSlabPage(s, cache);
    return start !== 0 || SHARED || !reclaimPages(s) ? start : takeSlabPage(s, cache);
  });
}

function takeSlabPage(s: State, cache: number): number {
  const w = s.words;
  const listed = w[SLAB_FREE];
  const start = listed === 0 ? w[SLAB_END] : listed << PAGE_SHIFT;
  if (listed === 0 && start >>> PAGE_SHIFT >= w[MAP_START]) return 0;
  const next = listed === 0 ? 0 : nextFreeSlab(s, listed);
  w[PAGE_TABLE + (start >>> PAGE_SHIFT)] = cache;
  w[cache + BUMP_END] = start + PAGE_WORDS;
  w[cache + BUMP] = start;
  if (listed === 0) {
    w[SLAB_END] = start + PAGE_WORDS;
  } else {
    w[SLAB_FREE] = next;
    w[SLAB_FREE_COUNT]--;
  }
  return start;
}

/** Takes a page of zeros for a pidmap and returns its number; 0 when the block is full. */
export function allocMapPage(s: State): number {
  if (CHECKED && isFault(PIDMAP_PAGE)) return 0;
  return locked(s, PAGE_LOCK, 'alloc', () => {
    const page = takeMapPage(s);
    return page !== 0 || SHARED || !reclaimPages(s) ? page : takeMapPage(s);
  });
}

function takeMapPage(s: State): number {
  const w = s.words;
  const page = w[MAP_FREE];
  if (page !== 0) {
    w[MAP_FREE] = w[PAGE_TABLE + page];
    w[MAP_FREE_COUNT]--;
    w[PAGE_TABLE + page] = 0;
    return page;
  }
  if (w[SLAB_END] >>> PAGE_SHIFT >= w[MAP_START]) return 0;
  return --w[MAP_START];
}

/** Gives a pidmap page back. All its numbers are free, so at most bit 0 is not zero. */
export function freeMapPage(s: State, page: number): void {
  const w = s.words;
  locked(s, PAGE_LOCK, 'free', () => {
    w[page << PAGE_SHIFT] = 0;
    w[PAGE_TABLE + page] = w[MAP_FREE];
    w[MAP_FREE] = page;
    w[MAP_FREE_COUNT]++;
  });
}
