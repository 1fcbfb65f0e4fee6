/**
 * The page allocator: slab pages from below, pidmap pages from above. Neither side ever gets a page of the other.
 * Locking: `pageLock`, all of it.
 */
import { CACHE, HEADER, PAGE_SHIFT, PAGE_WORDS } from '../layout.ts';
import type { State } from '../types.ts';
import { CHECKED } from '../words/mode.ts';
import { isFault, PIDMAP_PAGE, SLAB_PAGE } from './faults.ts';
import { locked } from './locks.ts';

const { slabEnd: SLAB_END, mapStart: MAP_START, mapFree: MAP_FREE, mapFreeCount: MAP_FREE_COUNT } = HEADER.at;
const PAGE_LOCK = HEADER.at.pageLock;
const { bump: BUMP, bumpEnd: BUMP_END } = CACHE.at;

/**
 * Takes a page for a cache, to cut records from, and returns its word offset; 0 when the block is full. It is the cache's once
 * `slabEnd` has passed it: whoever is terminated before that has taken nothing.
 */
export function allocSlabPage(s: State, cache: number): number {
  if (CHECKED && isFault(SLAB_PAGE)) return 0;
  const w = s.words;
  return locked(s, PAGE_LOCK, 'alloc', () => {
    const start = w[SLAB_END];
    if (start >>> PAGE_SHIFT >= w[MAP_START]) return 0;
    w[s.pageTable + (start >>> PAGE_SHIFT)] = cache;
    w[cache + BUMP_END] = start + PAGE_WORDS;
    w[cache + BUMP] = start;
    w[SLAB_END] = start + PAGE_WORDS;
    return start;
  });
}

/** Takes a page of zeros for a pidmap and returns its number; 0 when the block is full. */
export function allocMapPage(s: State): number {
  if (CHECKED && isFault(PIDMAP_PAGE)) return 0;
  const w = s.words;
  return locked(s, PAGE_LOCK, 'alloc', () => {
    const page = w[MAP_FREE];
    if (page !== 0) {
      w[MAP_FREE] = w[s.pageTable + page];
      w[MAP_FREE_COUNT]--;
      w[s.pageTable + page] = 0;
      return page;
    }
    if (w[SLAB_END] >>> PAGE_SHIFT >= w[MAP_START]) return 0;
    return --w[MAP_START];
  });
}

/** Gives a pidmap page back. All its numbers are free, so at most bit 0 is not zero. */
export function freeMapPage(s: State, page: number): void {
  const w = s.words;
  locked(s, PAGE_LOCK, 'free', () => {
    w[page << PAGE_SHIFT] = 0;
    w[s.pageTable + page] = w[MAP_FREE];
    w[MAP_FREE] = page;
    w[MAP_FREE_COUNT]++;
  });
}
