import { PAGE_SIZE, type SlabInfo, type Stats } from '@pidlab/contract';
import { CACHE, HEADER, PAGE_SHIFT } from '../layout.ts';
import { slotsOf } from '../memory/block.ts';
import { ALL_CACHES, cacheName, NS_CACHE, objectsPerSlab, PID_CACHES, TASK_CACHE } from '../memory/slab.ts';
import { atHand } from '../memory/workers.ts';
import type { State } from '../types.ts';
import { SHARED } from '../words/mode.ts';

const H = HEADER.at;

/** The caches that exist. Source: the columns of `/proc/slabinfo`. */
export function slabInfo(s: State): SlabInfo[] {
  const infos: SlabInfo[] = [];
  for (const cache of ALL_CACHES) {
    const objectWords = s.words[cache + CACHE.at.objectWords];
    if (objectWords === 0) continue;
    const slabs = s.words[cache + CACHE.at.slabs];
    infos.push({
      name: cacheName(s, cache),
      activeObjects: activeIn(s, cache),
      retiredObjects: s.words[cache + CACHE.at.retired],
      totalObjects: slabs * objectsPerSlab(objectWords),
      objectBytes: objectWords * 4,
      objectsPerSlab: objectsPerSlab(objectWords),
      slabs,
    });
  }
  return infos;
}

/** Objects of a cache in use. */
export function activeIn(s: State, cache: number): number {
  const taken = s.words[cache + CACHE.at.active];
  return SHARED ? taken - atHand(s, cache) : taken;
}

/** Totals, from the header and the workers' records alone. */
export function stats(s: State): Stats {
  const w = s.words;
  const slab = ((w[H.slabEnd] - s.slabStart) >>> PAGE_SHIFT) - w[H.slabFreeCount];
  const mapped = w[H.pagesTotal] - w[H.mapStart];
  const never = w[H.mapStart] - (w[H.slabEnd] >>> PAGE_SHIFT);
  return {
    pids: PID_CACHES.reduce((sum, cache) => sum + activeIn(s, cache), 0),
    namespaces: activeIn(s, NS_CACHE),
    tasks: activeIn(s, TASK_CACHE),
    reservedBytes: w[H.pagesTotal] * PAGE_SIZE,
    usedBytes: (w[H.pagesTotal] - never) * PAGE_SIZE,
    pages: { slab, pidmap: mapped - w[H.mapFreeCount], free: never + w[H.mapFreeCount] + w[H.slabFreeCount] },
    hashTables: s.design.index.tables.map(({ name }, i) => ({ name, slots: slotsOf(w[H.hashShifts + i]) })),
  };
}
