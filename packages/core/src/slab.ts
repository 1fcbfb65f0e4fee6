/**
 * Slab caches of equal-sized records. A cache gets whole pages and keeps them, so a record is only ever followed by
 * another of the same cache at the same place (the kernel's SLAB_TYPESAFE_BY_RCU). The most recently freed record is
 * used first, while it is still in the processor's cache; a slab is cut into records only as they are needed.
 */

import { MAX_PID_NS_LEVEL } from '@pidlab/contract';
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

/** A cache is named by the word offset of its place in the header. */
const CACHE_WORDS = CACHE.words;
export const NS_CACHE: number = HEADER.at.caches;
export const TASK_CACHE: number = NS_CACHE + CACHE_WORDS;
const BEFORE_PID_1 = TASK_CACHE;

/** The cache of pids that carry `numbers` numbers. */
export function pidCache(numbers: number): number {
  return BEFORE_PID_1 + numbers * CACHE_WORDS;
}

/** How many numbers the pids of a cache carry. */
export function numbersOfCache(cache: number): number {
  return (cache - BEFORE_PID_1) / CACHE_WORDS;
}

/** The caches of pids, whether they exist yet or not. */
export const PID_CACHES: readonly number[] = Array.from({ length: MAX_PID_NS_LEVEL + 1 }, (_, level) =>
  pidCache(level + 1),
);
/** All caches. */
export const ALL_CACHES: readonly number[] = [NS_CACHE, TASK_CACHE, ...PID_CACHES];

/** Brings a cache into being on first need; it stays. Source: `create_pid_cachep()`. */
export function ensureCache(s: State, cache: number, objectWords: number): void {
  s.words[cache + OBJECT_WORDS] = wholeLines(objectWords);
}

/** Takes a record, which is then of that kind, and returns its offset; 0 when the block is full. Its other words are as it was left. */
export function cacheAlloc(s: State, cache: number, kind: number): number {
  const w = s.words;
  let at = w[cache + FREE];
  if (at === 0) at = cutFromSlab(s, cache);
  else w[cache + FREE] = w[at + NEXT_FREE];
  if (at === 0) return 0;
  w[at] |= kind << KIND_SHIFT;
  w[cache + ACTIVE]++;
  return at;
}

/** The next record of the newest slab, or the first of a new one, in its first life; 0 when the block is full. */
function cutFromSlab(s: State, cache: number): number {
  const w = s.words;
  const size = w[cache + OBJECT_WORDS];
  let at = w[cache + BUMP];
  if (at + size > w[cache + BUMP_END]) {
    at = allocSlabPage(s, cache);
    if (at === 0) return 0;
    w[cache + BUMP_END] = at + PAGE_WORDS;
    w[cache + SLABS]++;
  }
  w[cache + BUMP] = at + size;
  w[at] = w[GENERATION_BASE];
  return at;
}

/** Gives a record back. Every handle to it is stale from here on; if its generations are used up it is retired. */
export function cacheFree(s: State, cache: number, at: number): void {
  const w = s.words;
  w[cache + ACTIVE]--;
  w[at] = (w[at] & GENERATION_MASK) + 1;
  if (w[at] === GENERATION_LIMIT) {
    retire(s, cache, at);
    return;
  }
  w[at + NEXT_FREE] = w[cache + FREE];
  w[cache + FREE] = at;
}

/** No handle could tell the record's next life from its first. */
function retire(s: State, cache: number, at: number): void {
  s.words[at] = KIND_RETIRED << KIND_SHIFT;
  s.words[cache + RETIRED]++;
}

/** Objects that a slab of one page has room for. */
export function objectsPerSlab(objectWords: number): number {
  return Math.floor(PAGE_WORDS / objectWords);
}
