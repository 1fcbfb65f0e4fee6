/**
 * Pages that have become empty go back to whoever needs one, when the block is full. Only in a block for one thread: where there
 * are several, a reader may stand on a record of an empty page.
 *
 * ```
 *   slab pages            slabEnd       mapStart        pidmap pages
 *   used empty used empty │ never used      │ free used free
 *         ▼          ▼                        ▼          ▼
 *     slabFree    the middle              the middle   mapFree
 * ```
 *
 * An empty slab page at the border is in the middle again, for caches and pidmaps alike; another one is for any cache. So is a free
 * pidmap page at its border. What is cut from such a page later begins in a generation that no record of it had: the header's
 * first generation is raised to that.
 *
 * Why, and what stays as it is: docs/adr/0012.
 */
import { CACHE, HEADER, PAGE_SHIFT, PAGE_TABLE, PAGE_WORDS } from '../layout.ts';
import type { State } from '../types.ts';
import { GENERATION_MASK } from './handles.ts';

const {
  caches: CACHES,
  slabEnd: SLAB_END,
  slabFree: SLAB_FREE,
  slabFreeCount: SLAB_FREE_COUNT,
  mapStart: MAP_START,
  mapFree: MAP_FREE,
  mapFreeCount: MAP_FREE_COUNT,
  pagesTotal: PAGES_TOTAL,
  generationBase: GENERATION_BASE,
  swept: SWEPT,
} = HEADER.at;
const { objectWords: OBJECT_WORDS, free: FREE, bump: BUMP, bumpEnd: BUMP_END, active: ACTIVE, slabs: SLABS } = CACHE.at;
const NEXT_FREE = 1;
const CACHES_END: number = CACHES + HEADER.fields.caches[2];
/** What a pidmap page counts for beside an object. */
const PAGE_WEIGHT = 16;
/** A page whose generations are past this stays with its cache, or lives would be used up by moving it. */
const LAST_BASE: number = (GENERATION_MASK >>> 2) * 3;

/**
 * Gives back what is empty, and says whether anything was. It looks through the whole block, so it does so only when a sixteenth of
 * what was there has been freed since it last did, or since the block was last full.
 */
export function reclaimPages(s: State): boolean {
  const w = s.words;
  const inUse = weightInUse(w);
  const before = w[SWEPT];
  w[SWEPT] = Math.max(before, inUse);
  if (before !== 0 && inUse > before - (before >>> 4)) return false;
  w[SWEPT] = inUse;
  const fromMaps = giveMapPages(s);
  return giveSlabPages(s) || fromMaps;
}

/** Objects in use, and pages of pidmaps. At least 1. */
function weightInUse(w: Int32Array): number {
  let weight = 1 + (w[PAGES_TOTAL] - w[MAP_START] - w[MAP_FREE_COUNT]) * PAGE_WEIGHT;
  for (let cache = CACHES; cache < CACHES_END; cache += CACHE.words) weight += w[cache + ACTIVE];
  return weight;
}

/** Free pidmap pages at the border are in the middle again. They are blank. */
function giveMapPages(s: State): boolean {
  const w = s.words;
  const free = new Set<number>();
  for (let page = w[MAP_FREE]; page !== 0; page = w[PAGE_TABLE + page]) free.add(page);
  const first = w[MAP_START];
  while (free.delete(w[MAP_START])) {
    w[PAGE_TABLE + w[MAP_START]] = 0;
    w[MAP_START]++;
  }
  w[MAP_FREE] = 0;
  for (const page of [...free].reverse()) {
    w[PAGE_TABLE + page] = w[MAP_FREE];
    w[MAP_FREE] = page;
  }
  w[MAP_FREE_COUNT] = free.size;
  return w[MAP_START] !== first;
}

/** Takes empty pages from their caches. Those at the border are in the middle again, the others on the list of free slab pages. */
function giveSlabPages(s: State): boolean {
  const w = s.words;
  const empty = emptyPages(s);
  if (empty.size === 0) return false;
  const caches = new Set([...empty].map((page) => w[PAGE_TABLE + page]));
  for (const cache of caches) withoutPages(w, cache, empty);
  for (const page of empty) {
    const cache = w[PAGE_TABLE + page];
    w[cache + SLABS]--;
    w.fill(0, page << PAGE_SHIFT, (page + 1) << PAGE_SHIFT);
  }
  for (let page = w[SLAB_FREE]; page !== 0; page = nextFreeSlab(s, page)) empty.add(page);
  for (let last = (w[SLAB_END] >>> PAGE_SHIFT) - 1; empty.delete(last); last--) {
    w[PAGE_TABLE + last] = 0;
    w[SLAB_END] -= PAGE_WORDS;
  }
  w[SLAB_FREE] = 0;
  w[SLAB_FREE_COUNT] = empty.size;
  for (const page of [...empty].sort((a, b) => b - a)) {
    w[PAGE_TABLE + page] = ~w[SLAB_FREE];
    w[SLAB_FREE] = page;
  }
  return true;
}

/** The free slab page after that one on the list. What the page table has for one is negative, so it is no cache. */
export function nextFreeSlab(s: State, page: number): number {
  return ~s.words[PAGE_TABLE + page];
}

/**
 * Slab pages of which every record is on its cache's free list, or was never used: one that somebody is just making is in neither.
 * The first generation is raised past theirs.
 */
function emptyPages(s: State): Set<number> {
  const w = s.words;
  const listed = listedByPage(w);
  const empty = new Set<number>();
  for (let start = s.slabStart; start < w[SLAB_END]; start += PAGE_WORDS) {
    const page = start >>> PAGE_SHIFT;
    const cache = w[PAGE_TABLE + page];
    if (cache <= 0) continue;
    const size = w[cache + OBJECT_WORDS];
    const isCut = w[cache + BUMP_END] === start + PAGE_WORDS;
    const end = isCut ? w[cache + BUMP] : start + PAGE_WORDS;
    // One of which nothing was cut has just been taken.
    if (end === start || listed[page] < Math.floor((end - start) / size)) continue;
    const next = lastGeneration(w, start, end, size);
    if (next > LAST_BASE) continue;
    w[GENERATION_BASE] = Math.max(w[GENERATION_BASE], next);
    empty.add(page);
  }
  return empty;
}

/** How many records of each page are on a free list. */
function listedByPage(w: Int32Array): Uint16Array {
  const listed = new Uint16Array(w[SLAB_END] >>> PAGE_SHIFT);
  for (let cache = CACHES; cache < CACHES_END; cache += CACHE.words)
    for (let at = w[cache + FREE]; at !== 0; at = w[at + NEXT_FREE]) listed[at >>> PAGE_SHIFT]++;
  return listed;
}

/** The latest generation in which one of these free records would come to life. */
function lastGeneration(w: Int32Array, start: number, end: number, size: number): number {
  let last = 0;
  for (let at = start; at + size <= end; at += size) if (w[at] > last) last = w[at];
  return last;
}

/** Takes what is in those pages off the cache's free list, and out of the slab that it cuts. The others stay in their order. */
function withoutPages(w: Int32Array, cache: number, pages: ReadonlySet<number>): void {
  let link = cache + FREE;
  for (let at = w[link]; at !== 0; at = w[at + NEXT_FREE]) {
    if (pages.has(at >>> PAGE_SHIFT)) continue;
    w[link] = at;
    link = at + NEXT_FREE;
  }
  w[link] = 0;
  if (w[cache + BUMP_END] !== 0 && pages.has((w[cache + BUMP_END] - 1) >>> PAGE_SHIFT)) {
    w[cache + BUMP] = 0;
    w[cache + BUMP_END] = 0;
  }
}
