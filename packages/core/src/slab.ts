/**
 * Slab caches of equal-sized records. A cache gets whole pages and keeps them, so a record is only ever followed by
 * another of the same cache at the same place (the kernel's SLAB_TYPESAFE_BY_RCU). The most recently freed record is
 * used first, while it is still in the processor's cache; a slab is cut into records only as they are needed.
 */

import { CACHE, HEADER, PAGE_WORDS } from './layout.ts';
import { allocSlabPage } from './pages.ts';
import { GENERATION_LIMIT, GENERATION_MASK, KIND_RETIRED, KIND_SHIFT } from './records.ts';
import type { State } from './state.ts';
import { wholeLines } from './struct.ts';

const {
  objectWords: OBJECT_WORDS,
  free: FREE,
  bump: BUMP,
  bumpEnd: BUMP_END,
  active: ACTIVE,
  slabs: SLABS,
  retired: RETIRED,
} = CACHE.at;
const GENERATION_BASE = HEADER.at.generationBase;
/** Second word of a free record: the next one on the list. */
const NEXT_FREE = 1;

export const NS_CACHE = 0;
export const TASK_CACHE = 1;

/** Index of the cache of pids that carry `numbers` numbers. */
export function pidCache(numbers: number): number {
  return TASK_CACHE + numbers;
}

/** Word offset of a cache in the header. */
export function cacheAt(index: number): number {
  return HEADER.at.caches + index * CACHE.words;
}

/** Brings a cache into being on first need; it stays. Source: `create_pid_cachep()`. */
export function ensureCache(s: State, index: number, objectWords: number): void {
  s.words[cacheAt(index) + OBJECT_WORDS] = wholeLines(objectWords);
}

/** Takes a record, which is then of that kind, and returns its offset; 0 when the block is full. Its other words are as it was left. */
export function cacheAlloc(s: State, index: number, kind: number): number {
  const w = s.words;
  const cache = cacheAt(index);
  let at = w[cache + FREE];
  if (at !== 0) {
    w[cache + FREE] = w[at + NEXT_FREE];
  } else {
    at = cutFromSlab(s, index);
    if (at === 0) return 0;
    w[at] = w[GENERATION_BASE];
  }
  w[at] |= kind << KIND_SHIFT;
  w[cache + ACTIVE]++;
  return at;
}

/** The next record of the newest slab, or the first of a new one; 0 when the block is full. */
function cutFromSlab(s: State, index: number): number {
  const w = s.words;
  const cache = cacheAt(index);
  const size = w[cache + OBJECT_WORDS];
  let at = w[cache + BUMP];
  if (at + size > w[cache + BUMP_END]) {
    at = allocSlabPage(s, index);
    if (at === 0) return 0;
    w[cache + BUMP_END] = at + PAGE_WORDS;
    w[cache + SLABS]++;
  }
  w[cache + BUMP] = at + size;
  return at;
}

/** Gives a record back. Every handle to it is stale from here on; if its generations are used up it is retired. */
export function cacheFree(s: State, index: number, at: number): void {
  const w = s.words;
  const cache = cacheAt(index);
  const generation = (w[at] & GENERATION_MASK) + 1;
  w[cache + ACTIVE]--;
  if (generation === GENERATION_LIMIT) {
    w[at] = KIND_RETIRED << KIND_SHIFT;
    w[cache + RETIRED]++;
    return;
  }
  w[at] = generation;
  w[at + NEXT_FREE] = w[cache + FREE];
  w[cache + FREE] = at;
}

/** Objects that a slab of one page has room for. */
export function objectsPerSlab(objectWords: number): number {
  return Math.floor(PAGE_WORDS / objectWords);
}
