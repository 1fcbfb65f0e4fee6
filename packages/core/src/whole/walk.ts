/**
 * Walking what is in use, for checks that must survive a block in which anything may be wrong: an offset is followed only
 * after `isRecord` has said that a record of that kind is there.
 */
import { CACHE, HEADER, PAGE_WORDS } from '../layout.ts';
import { KIND_MAP, KIND_NS, KIND_PID, KIND_SHIFT, KIND_TASK } from '../memory/handles.ts';
import {
  ALL_CACHES,
  cacheOfRecord,
  MAP_CACHE,
  NS_CACHE,
  numbersOfCache,
  objectsPerSlab,
  PID_CACHES,
  TASK_CACHE,
} from '../memory/slab.ts';
import { isDead } from '../pids/pids.ts';
import type { State } from '../types.ts';

const OBJECT_WORDS = CACHE.at.objectWords;

/** What the records of a cache are while in use. */
export function kindOf(cache: number): number {
  if (cache === NS_CACHE) return KIND_NS;
  if (cache === MAP_CACHE) return KIND_MAP;
  return cache === TASK_CACHE ? KIND_TASK : KIND_PID;
}

/** The cache that has the page of `at`; 0 where none has. */
export function cacheOf(s: State, at: number): number {
  if (at < s.slabStart || at >= s.words[HEADER.at.slabEnd]) return 0;
  const cache = cacheOfRecord(s, at);
  return ALL_CACHES.includes(cache) ? cache : 0;
}

/** Whether a record of some cache starts at `at`, in use or not. */
export function isSlot(s: State, at: number): boolean {
  const cache = cacheOf(s, at);
  if (cache === 0) return false;
  const objectWords = s.words[cache + OBJECT_WORDS];
  const offset = at & (PAGE_WORDS - 1);
  return objectWords > 0 && offset % objectWords === 0 && offset + objectWords <= PAGE_WORDS;
}

/** Whether a record of that kind is in use at `at`. */
export function isRecord(s: State, at: number, kind: number): boolean {
  return isSlot(s, at) && kindOf(cacheOf(s, at)) === kind && s.words[at] >>> KIND_SHIFT === kind;
}

/** Calls `visit` for each place of a cache, in use or not. */
export function eachSlot(s: State, cache: number, visit: (at: number) => void): void {
  const w = s.words;
  const objectWords = w[cache + OBJECT_WORDS];
  if (objectWords === 0) return;
  for (let start = s.slabStart; start < w[HEADER.at.slabEnd]; start += PAGE_WORDS) {
    if (cacheOf(s, start) !== cache) continue;
    for (let i = 0; i < objectsPerSlab(objectWords); i++) visit(start + i * objectWords);
  }
}

/** Calls `visit` for each record of a cache that is in use. */
export function eachRecord(s: State, cache: number, visit: (at: number) => void): void {
  const kind = kindOf(cache);
  eachSlot(s, cache, (at) => {
    if (s.words[at] >>> KIND_SHIFT === kind) visit(at);
  });
}

/** Calls `visit` for each pid in use, with the count of numbers that its cache is for. */
export function eachPid(s: State, visit: (pidAt: number, numbers: number) => void): void {
  for (const cache of PID_CACHES) {
    const numbers = numbersOfCache(cache);
    eachRecord(s, cache, (at) => visit(at, numbers));
  }
}

/** Calls `visit` for each pid in use that is not dead. */
export function eachLivePid(s: State, visit: (pidAt: number) => void): void {
  eachPid(s, (at) => {
    if (!isDead(s, at)) visit(at);
  });
}

/** Calls `visit` for each task in use. */
export function eachTask(s: State, visit: (taskAt: number) => void): void {
  eachRecord(s, TASK_CACHE, visit);
}

/** Calls `visit` for each namespace. */
export function eachNs(s: State, visit: (nsAt: number) => void): void {
  eachRecord(s, NS_CACHE, visit);
}
