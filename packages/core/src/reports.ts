import { PAGE_SIZE, type SlabInfo, type Stats } from '@pidlab/contract';
import { slotsOf } from './block.ts';
import { CACHE, CACHES, HEADER, PAGE_SHIFT } from './layout.ts';
import { cacheAt, NS_CACHE, objectsPerSlab, pidCache, TASK_CACHE } from './slab.ts';
import type { State } from './state.ts';

const H = HEADER.at;

/** Name of the cache with that index. */
export function cacheName(index: number): string {
  if (index === NS_CACHE) return 'pid_namespace';
  return index === TASK_CACHE ? 'task' : `pid_${index - TASK_CACHE}`;
}

/** The caches that exist. Source: the columns of `/proc/slabinfo`. */
export function slabInfo(s: State): SlabInfo[] {
  const infos: SlabInfo[] = [];
  for (let index = 0; index < CACHES; index++) {
    const cache = cacheAt(index);
    const objectWords = s.words[cache + CACHE.at.objectWords];
    if (objectWords === 0) continue;
    const slabs = s.words[cache + CACHE.at.slabs];
    infos.push({
      name: cacheName(index),
      activeObjects: s.words[cache + CACHE.at.active],
      totalObjects: slabs * objectsPerSlab(objectWords),
      objectBytes: objectWords * 4,
      objectsPerSlab: objectsPerSlab(objectWords),
      slabs,
    });
  }
  return infos;
}

/** Totals, from the header alone. */
export function stats(s: State): Stats {
  const w = s.words;
  const active = (index: number) => w[cacheAt(index) + CACHE.at.active];
  let pids = 0;
  for (let index = pidCache(1); index < CACHES; index++) pids += active(index);
  const slab = (w[H.slabEnd] - s.slabStart) >>> PAGE_SHIFT;
  const mapped = w[H.pagesTotal] - w[H.mapStart];
  const never = w[H.mapStart] - (w[H.slabEnd] >>> PAGE_SHIFT);
  return {
    pids,
    namespaces: active(NS_CACHE),
    tasks: active(TASK_CACHE),
    reservedBytes: w[H.pagesTotal] * PAGE_SIZE,
    usedBytes: (w[H.pagesTotal] - never) * PAGE_SIZE,
    pages: { slab, pidmap: mapped - w[H.mapFreeCount], free: never + w[H.mapFreeCount] },
    hashTables: s.design.tables.map(({ name }, i) => ({ name, slots: slotsOf(w[H.hashShifts + i]) })),
  };
}
