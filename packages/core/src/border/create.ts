import { PAGE_SIZE, type PidAllocatorDescriptor, PidBug } from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import { stateOver, writeHeader } from '../memory/block.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { ensureCache, MAP_CACHE, NS_CACHE, TASK_CACHE } from '../memory/slab.ts';
import { takeSlot } from '../memory/workers.ts';
import { createNs } from '../pids/namespaces.ts';
import type { Design, State } from '../types.ts';
import { restoreBlock } from '../whole/snapshot.ts';
import { SHARED } from '../words/mode.ts';
import { readDescriptor } from './descriptor.ts';
import type { Settings, SnapshotSettings } from './options.ts';

/** Makes the state of an allocator, new or from a snapshot. Throws PidBug for bad options. */
export function createState(design: Design, settings: Settings | SnapshotSettings): State {
  return isSnapshot(settings) ? restoreBlock(design, settings.snapshot, reserve) : createFresh(design, settings);
}

/** Its own property: an inherited one is of somebody who has put it into Object.prototype. */
function isSnapshot(settings: Settings | SnapshotSettings): settings is SnapshotSettings {
  return Object.hasOwn(settings, 'snapshot');
}

/** The block is reserved here; the operating system gives it memory as it is touched. */
function createFresh(design: Design, settings: Settings): State {
  const words = reserve(settings.pagesTotal);
  writeHeader(words, design.traits, settings);
  words[HEADER.at.capacity] = settings.capacity;
  words[HEADER.at.generationBase] = settings.generationBase;
  words.set([settings.floors.root, settings.floors.child], HEADER.at.floors);
  words[HEADER.at.window] = settings.window > 1 ? settings.window : 0;
  const s = stateOver(design, words);
  if (SHARED) takeSlot(s);
  ensureCache(s, NS_CACHE, design.map.nsWords);
  ensureCache(s, TASK_CACHE, design.taskWords);
  if (design.map.cache !== undefined) ensureCache(s, MAP_CACHE, design.map.cache.objectWords);
  const op = 'createPidAllocator';
  words[HEADER.at.rootNs] = locked(s, NS_LOCK, op, () => createNs(s, 0, settings.pidMax, op, () => {}));
  return s;
}

function reserve(pages: number): Int32Array {
  if (!SHARED) return new Int32Array(new ArrayBuffer(pages * PAGE_SIZE));
  if (typeof SharedArrayBuffer !== 'undefined') return new Int32Array(new SharedArrayBuffer(pages * PAGE_SIZE));
  throw new PidBug(
    'createPidAllocator',
    'shared is true and there is no SharedArrayBuffer here; in a browser, serve the page with the headers ' +
      'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
  );
}

/** The state of one more worker of a shared allocator. Throws PidBug for a bad descriptor, EAGAIN when no slot is free. */
export function attachState(design: Design, descriptor: PidAllocatorDescriptor): State {
  const s = stateOver(design, readDescriptor(design, descriptor));
  takeSlot(s);
  return s;
}
