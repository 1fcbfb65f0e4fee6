/** Invariants 1 and 2: slab pages and caches. */
import { PIDTYPE_MAX, RESERVED_PIDS } from '@pidlab/contract';
import { CACHE, HEADER, MAGAZINE, PAGE_SHIFT, PAGE_TABLE, PAGE_WORDS, PID_HEAD, TASK } from '../layout.ts';
import { workerAt } from '../memory/block.ts';
import { GENERATION_MASK, KIND_RETIRED, KIND_SHIFT } from '../memory/handles.ts';
import { nextFreeSlab } from '../memory/reclaim.ts';
import { ALL_CACHES, cacheName, MAP_CACHE, magazineAt, NS_CACHE, numbersOfCache, TASK_CACHE } from '../memory/slab.ts';
import type { Say, State } from '../types.ts';
import { wholeLines } from '../words/struct.ts';
import { activeIn } from './reports.ts';
import { cacheOf, eachSlot, isSlot, kindOf } from './walk.ts';

const H = HEADER.at;
const C = CACHE.at;

export function checkSlabPages(s: State, say: Say): void {
  const w = s.words;
  const base = w[H.generationBase];
  if (base < 1 || base > GENERATION_MASK) say(`the first generation is ${base}`);
  for (const floor of [w[H.floors], w[H.floors + 1]]) {
    if (floor < 1 || floor > RESERVED_PIDS) say(`new namespaces would have a floor of ${floor}`);
  }
  const free = freeSlabPages(s, say);
  const slabs = new Map<number, number>();
  for (let start = s.slabStart; start < w[H.slabEnd]; start += PAGE_WORDS) {
    const cache = cacheOf(s, start);
    if (cache === 0 && !free.has(start >>> PAGE_SHIFT)) say(`page ${start >>> PAGE_SHIFT} is a slab page of no cache`);
    slabs.set(cache, (slabs.get(cache) ?? 0) + 1);
  }
  for (const cache of ALL_CACHES) {
    const size = w[cache + C.objectWords];
    const wanted = objectWordsOf(s, cache);
    const needed = cache <= TASK_CACHE || cache === MAP_CACHE || w[cache + C.slabs] > 0;
    if (size !== wanted && (size !== 0 || needed))
      say(`cache ${cacheName(s, cache)} has objects of ${size} words, not ${wanted}`);
    if ((slabs.get(cache) ?? 0) !== w[cache + C.slabs])
      say(`cache ${cacheName(s, cache)} counts ${w[cache + C.slabs]} slabs and has ${slabs.get(cache) ?? 0}`);
  }
}

/** The slab pages on the list of free ones. */
function freeSlabPages(s: State, say: Say): Set<number> {
  const w = s.words;
  const pages = new Set<number>();
  for (let page = w[H.slabFree]; page !== 0; page = nextFreeSlab(s, page)) {
    const start = page << PAGE_SHIFT;
    const isSlab = page > 0 && start >= s.slabStart && start < w[H.slabEnd];
    if (!isSlab || pages.has(page) || w[PAGE_TABLE + page] >= 0) {
      say(`the list of free slab pages leads to page ${page}`);
      break;
    }
    pages.add(page);
    if (!isBlank(w, start, start + PAGE_WORDS)) say(`slab page ${page} is free and not blank`);
  }
  if (pages.size !== w[H.slabFreeCount])
    say(`${w[H.slabFreeCount]} slab pages are counted free; ${pages.size} are listed`);
  return pages;
}

function objectWordsOf(s: State, cache: number): number {
  const { map } = s.design;
  if (cache === NS_CACHE) return wholeLines(map.nsWords);
  if (cache === MAP_CACHE) return wholeLines(map.cache?.objectWords ?? 0);
  return wholeLines(cache === TASK_CACHE ? s.design.taskWords : s.design.pidWords(numbersOfCache(cache)));
}

export function checkCaches(s: State, say: Say): void {
  for (const cache of ALL_CACHES) checkCache(s, cache, say);
}

function checkCache(s: State, cache: number, say: Say): void {
  const w = s.words;
  const name = cacheName(s, cache);
  const places = { active: 0, retired: 0, free: 0, lost: 0 };
  const bump = w[cache + C.bump];
  if (!isCut(s, cache)) say(`cache ${name} cuts its next object at ${bump}, in a slab up to ${w[cache + C.bumpEnd]}`);
  const listed = freeObjects(s, cache, say);
  const relied = reliedOn(s, cache);
  eachSlot(s, cache, (at) => {
    const kind = w[at] >>> KIND_SHIFT;
    if (at >= bump && at < w[cache + C.bumpEnd]) {
      if (!isBlank(w, at, at + w[cache + C.objectWords]))
        say(`object ${at} of cache ${name} was never used and is not blank`);
    } else if ((w[at] & GENERATION_MASK) === 0 && (kind === 0 ? listed.has(at) : kind < KIND_RETIRED)) {
      // One that is in no list may be of a slab that a gone worker had taken, and cut nothing from.
      say(`object ${at} of cache ${name} is in generation 0, which there is not`);
    } else if (kind === kindOf(cache)) places.active++;
    else if (kind === KIND_RETIRED) places.retired++;
    else if (kind !== 0) say(`cache ${name} has a record of kind ${kind} at ${at}`);
    else {
      places.free++;
      if (!listed.has(at)) places.lost++;
      else if (!isBlank(w, at + relied.from, at + relied.to))
        say(`object ${at} of cache ${name} is free and not blank`);
    }
  });
  if (places.lost > 0) say(`cache ${name} lists ${listed.size} free objects and has ${places.free}`, true);
  if (places.active + places.lost !== activeIn(s, cache))
    say(`cache ${name} counts ${activeIn(s, cache)} active objects and has ${places.active}`);
  if (places.retired !== w[cache + C.retired])
    say(`cache ${name} counts ${w[cache + C.retired]} retired objects and has ${places.retired}`);
}

/** Whether the next object is cut from where one fits into a slab of the cache, or that slab is used up. */
function isCut(s: State, cache: number): boolean {
  const w = s.words;
  const [bump, end, size] = [w[cache + C.bump], w[cache + C.bumpEnd], w[cache + C.objectWords]];
  // None yet, or the one that was cut was given back.
  if (bump === 0 && end === 0) return true;
  if (w[H.gone] > 0 && bump + size > end) return true;
  const start = end - PAGE_WORDS;
  const cut = (bump - start) / size;
  return (
    start % PAGE_WORDS === 0 &&
    cacheOf(s, start) === cache &&
    Number.isInteger(cut) &&
    cut >= (w[H.gone] > 0 ? 0 : 1) &&
    bump <= end
  );
}

/** What a record's next life expects to find zero: a pid its task lists, a task its links, a namespace its map. */
function reliedOn(s: State, cache: number): { readonly from: number; readonly to: number } {
  const { map } = s.design;
  if (cache === NS_CACHE) return { from: map.nsBlank, to: map.nsWords };
  if (cache === MAP_CACHE) return { from: map.cache?.blank ?? 0, to: map.cache?.objectWords ?? 0 };
  if (cache === TASK_CACHE) return { from: TASK.at.links, to: s.design.taskWords };
  return { from: PID_HEAD.at.tasks, to: PID_HEAD.at.tasks + PIDTYPE_MAX };
}

export function isBlank(words: Int32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (words[at] !== 0) return false;
  return true;
}

/** The free objects that the cache lists, and those that workers have at hand. */
function freeObjects(s: State, cache: number, say: Say): Set<number> {
  const listed = new Set<number>();
  followFree(s, cache, s.words[cache + C.free], `the free list of cache ${cacheName(s, cache)}`, listed, say);
  for (let slot = 0; slot < s.words[H.workers]; slot++) {
    const magazine = magazineAt(workerAt(s, slot), cache);
    const before = listed.size;
    const name = `the magazine of worker ${slot} for cache ${cacheName(s, cache)}`;
    followFree(s, cache, s.words[magazine + MAGAZINE.at.first], name, listed, say);
    const count = s.words[magazine + MAGAZINE.at.count];
    if (listed.size - before !== count) say(`${name} counts ${count} objects and has ${listed.size - before}`);
  }
  return listed;
}

/** Follows a list up to an object that is in one already, so that a ring ends. */
function followFree(s: State, cache: number, first: number, name: string, listed: Set<number>, say: Say): void {
  const w = s.words;
  for (let at = first; at !== 0; at = w[at + 1]) {
    const isNew = at >= w[cache + C.bump] && at < w[cache + C.bumpEnd];
    const isFree = isSlot(s, at) && cacheOf(s, at) === cache && w[at] >>> KIND_SHIFT === 0 && !isNew;
    if (!isFree || listed.has(at)) {
      say(`${name} leads to ${at}, which is not a free object of it`);
      return;
    }
    listed.add(at);
  }
}
