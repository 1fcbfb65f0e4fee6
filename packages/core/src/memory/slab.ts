/**
 * Slab caches of equal-sized records. A cache gets whole pages and keeps them, so a record is only ever followed by
 * another of the same cache at the same place (the kernel's SLAB_TYPESAFE_BY_RCU). The most recently freed record is
 * used first, while it is still in the processor's cache; a slab is cut into records only as they are needed.
 *
 * In a shared block each worker has a magazine of free records for each cache. It takes and gives back there, alone, and
 * goes to the cache under its lock only for a batch of them.
 */

import { MAX_PID_NS_LEVEL } from '@pidlab/contract';
import { CACHE, FREE_RECORD, HEADER, MAGAZINE, PAGE_SHIFT, PAGE_TABLE, PAGE_WORDS, WORKER } from '../layout.ts';
import type { State } from '../types.ts';
import { publish } from '../words/access.ts';
import { CHECKED, SHARED } from '../words/mode.ts';
import { wholeLines } from '../words/struct.ts';
import { isFault } from './faults.ts';
import { GENERATION_MASK, KIND_RETIRED, KIND_SHIFT, LINE_SHIFT } from './handles.ts';
import { locked, mustHold } from './locks.ts';
import { allocSlabPage } from './pages.ts';

const {
  objectWords: OBJECT_WORDS,
  free: FREE,
  lock: LOCK,
  bump: BUMP,
  bumpEnd: BUMP_END,
  active: ACTIVE,
  slabs: SLABS,
  retired: RETIRED,
} = CACHE.at;
const { first: FIRST, count: COUNT } = MAGAZINE.at;
const { magazines: MAGAZINES, moving: MOVING, movingLast: MOVING_LAST, movingRest: MOVING_REST } = WORKER.at;
/** log2 of CACHE.words / MAGAZINE.words. */
const MAGAZINE_RATIO: number = Math.log2(CACHE.words / MAGAZINE.words);
/** Records that go to a magazine or from it at once, and how many make it give some back. */
const BATCH = 32;
const MAGAZINE_LIMIT: number = 2 * BATCH;
const { generationBase: GENERATION_BASE, slabEnd: SLAB_END } = HEADER.at;
const NEXT_FREE = FREE_RECORD.at.next;

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
/** The cache of what the design's maps are made of. */
export const MAP_CACHE: number = pidCache(PID_CACHES.length + 1);
/** All caches. */
export const ALL_CACHES: readonly number[] = [NS_CACHE, TASK_CACHE, ...PID_CACHES, MAP_CACHE];

/** A cache's name, as `/proc/slabinfo` would show it. */
export function cacheName(s: State, cache: number): string {
  if (cache === NS_CACHE) return 'pid_namespace';
  if (cache === MAP_CACHE) return s.design.map.cache?.name ?? 'none';
  return cache === TASK_CACHE ? 'task' : `pid_${numbersOfCache(cache)}`;
}

/**
 * The cache that a record is of. The page table is asked and not the record, so that this need not wait until the record has
 * come from memory.
 */
export function cacheOfRecord(s: State, at: number): number {
  return s.words[PAGE_TABLE + (at >>> PAGE_SHIFT)];
}

/** Brings a cache into being on first need; it stays. Source: `create_pid_cachep()`. */
export function ensureCache(s: State, cache: number, objectWords: number): void {
  s.words[cache + OBJECT_WORDS] = wholeLines(objectWords);
}

/**
 * Takes a record in a new life, of no kind yet, and returns its offset; 0 when the block is full. Its other words are as
 * it was left. In a shared block it comes from what the worker has at hand, and without a lock.
 */
export function cacheAlloc(s: State, cache: number): number {
  if (CHECKED && isFault(cacheName(s, cache))) return 0;
  if (SHARED) return fromMagazine(s, cache);
  const at = fromCache(s, cache);
  if (at !== 0) s.words[cache + ACTIVE]++;
  return at;
}

/** Gives a record back. Every handle to it is stale from here on; if its generations are used up it is retired. */
export function cacheFree(s: State, cache: number, at: number): void {
  const w = s.words;
  // The generation after the last is 0, which no handle has: a bit more would make a kind of it.
  const generation = (w[at] + 1) & GENERATION_MASK;
  w[at] = generation;
  if (generation === 0) {
    retire(s, cache, at);
  } else if (SHARED) {
    toMagazine(s, cache, at);
  } else {
    w[cache + ACTIVE]--;
    toCache(s, cache, at);
  }
}

/** Takes a record out of use for good: no handle could tell its next life from its first, or nobody knows what is in it. */
export function retire(s: State, cache: number, at: number): void {
  const w = s.words;
  locked(s, cache + LOCK, 'free', () => {
    w[at] = KIND_RETIRED << KIND_SHIFT;
    w[cache + ACTIVE]--;
    w[cache + RETIRED]++;
  });
}

/** A record of the free list, or a new one. */
function fromCache(s: State, cache: number): number {
  const w = s.words;
  const at = w[cache + FREE];
  if (at === 0) return cutFromSlab(s, cache);
  w[cache + FREE] = w[at + NEXT_FREE];
  return at;
}

function toCache(s: State, cache: number, at: number): void {
  s.words[at + NEXT_FREE] = s.words[cache + FREE];
  s.words[cache + FREE] = at;
}

/** The next record of the newest slab, or the first of a new one, in its first life; 0 when the block is full. */
function cutFromSlab(s: State, cache: number): number {
  if (CHECKED) mustHold(s, cache + LOCK);
  const w = s.words;
  const size = w[cache + OBJECT_WORDS];
  let at = w[cache + BUMP];
  if (at + size > w[cache + BUMP_END]) {
    at = allocSlabPage(s, cache);
    if (at === 0) return 0;
    w[cache + SLABS]++;
  }
  w[cache + BUMP] = at + size;
  w[at] = w[GENERATION_BASE];
  return at;
}

function fromMagazine(s: State, cache: number): number {
  const w = s.words;
  const magazine = magazineAt(s.worker, cache);
  const at = w[magazine + FIRST];
  if (at === 0) return refill(s, cache, magazine) ? fromMagazine(s, cache) : 0;
  w[magazine + FIRST] = w[at + NEXT_FREE];
  w[magazine + COUNT]--;
  return at;
}

function toMagazine(s: State, cache: number, at: number): void {
  const w = s.words;
  const magazine = magazineAt(s.worker, cache);
  // Nobody sees this before the record's new first word, and takes it for what the life before had there.
  publish(w, at + NEXT_FREE, w[magazine + FIRST]);
  w[magazine + FIRST] = at;
  if (++w[magazine + COUNT] >= MAGAZINE_LIMIT) emptyMagazine(s, cache, s.worker, BATCH);
}

/** Fills an empty magazine, in the order in which one thread would use the records; false when the block is full. */
function refill(s: State, cache: number, magazine: number): boolean {
  const w = s.words;
  return locked(s, cache + LOCK, 'alloc', () => {
    const count = w[cache + FREE] === 0 ? cutBatch(s, cache, magazine) : takeBatch(s, cache, magazine);
    w[cache + ACTIVE] += count;
    w[magazine + COUNT] = count;
    return count > 0;
  });
}

/** Moves a batch from the free list to an empty magazine, and says how long it is. */
function takeBatch(s: State, cache: number, magazine: number): number {
  if (CHECKED) mustHold(s, cache + LOCK);
  const w = s.words;
  const first = w[cache + FREE];
  const { last, count } = lastOf(w, first, BATCH);
  beginMove(s, magazine, last, 0);
  w[magazine + FIRST] = first;
  w[cache + FREE] = w[last + NEXT_FREE];
  w[last + NEXT_FREE] = 0;
  w[s.worker + MOVING] = 0;
  return count;
}

/** Cuts a batch from what is left of the slab for an empty magazine, and says how long it is. What was never used ends a list. */
function cutBatch(s: State, cache: number, magazine: number): number {
  const w = s.words;
  let last = cutFromSlab(s, cache);
  if (last === 0) return 0;
  w[magazine + FIRST] = last;
  let count = 1;
  for (; count < BATCH && w[cache + BUMP] + w[cache + OBJECT_WORDS] <= w[cache + BUMP_END]; count++) {
    const next = cutFromSlab(s, cache);
    w[last + NEXT_FREE] = next;
    last = next;
  }
  return count;
}

/** Writes down which batch is going to move, so that whoever declares this worker gone can bring it to an end. */
function beginMove(s: State, magazine: number, last: number, rest: number): void {
  const w = s.words;
  w[s.worker + MOVING_LAST] = last;
  w[s.worker + MOVING_REST] = rest;
  w[s.worker + MOVING] = magazine;
}

/** Takes the batch that a gone worker was moving off one of the two lists that it may be on. Locking: the cache's, which it had. */
export function endMove(s: State, cache: number, worker: number): void {
  const w = s.words;
  const magazine = w[worker + MOVING];
  const rest = w[worker + MOVING_REST];
  if (magazine === 0 || w[magazine + FIRST] === rest) return;
  if (w[magazine + FIRST] === w[cache + FREE]) w[magazine + FIRST] = rest;
  else w[w[worker + MOVING_LAST] + NEXT_FREE] = rest;
}

/** Gives up to `most` records of a worker's magazine back to the cache, for others to use. */
export function emptyMagazine(s: State, cache: number, worker: number, most: number): void {
  const w = s.words;
  const magazine = magazineAt(worker, cache);
  const first = w[magazine + FIRST];
  if (first === 0) return;
  locked(s, cache + LOCK, 'free', () => {
    const { last, count } = lastOf(w, first, most);
    const rest = w[last + NEXT_FREE];
    beginMove(s, magazine, last, rest);
    w[last + NEXT_FREE] = w[cache + FREE];
    w[cache + FREE] = first;
    w[magazine + FIRST] = rest;
    w[s.worker + MOVING] = 0;
    w[magazine + COUNT] -= count;
    w[cache + ACTIVE] -= count;
  });
}

/** The last of a list's first records, `most` of them or as many as there are; no more than there can be, if it is a circle. */
function lastOf(w: Int32Array, first: number, most: number): { readonly last: number; readonly count: number } {
  let last = first;
  let count = 1;
  const atMost = Math.min(most, w[SLAB_END] >>> LINE_SHIFT);
  for (; count < atMost && w[last + NEXT_FREE] !== 0; count++) last = w[last + NEXT_FREE];
  return { last, count };
}

/**
 * Returns records that were cut for a magazine and never used to the newest slab, as far as they are the last of it. Nobody
 * else may be in a call.
 */
export function returnUnused(s: State, cache: number): void {
  const w = s.words;
  const free: number[] = [];
  const most = w[SLAB_END] >>> LINE_SHIFT;
  for (let at = w[cache + FREE]; at !== 0 && free.length < most; at = w[at + NEXT_FREE]) free.push(at);
  const unused = new Set(free.filter((at) => w[at] === w[GENERATION_BASE]));
  const size = w[cache + OBJECT_WORDS];
  while (unused.has(w[cache + BUMP] - size)) {
    w[cache + BUMP] -= size;
    w.fill(0, w[cache + BUMP], w[cache + BUMP] + size);
  }
  w[cache + FREE] = 0;
  for (const at of free.reverse()) if (w[at] !== 0) toCache(s, cache, at);
}

/** Word offset of a worker's magazine of a cache. Both lie in the same order, a magazine being a quarter of a cache. */
export function magazineAt(worker: number, cache: number): number {
  return worker + MAGAZINES + ((cache - NS_CACHE) >> MAGAZINE_RATIO);
}

/** Objects that a slab of one page has room for. */
export function objectsPerSlab(objectWords: number): number {
  return Math.floor(PAGE_WORDS / objectWords);
}
