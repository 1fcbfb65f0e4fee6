import { PAGE_SIZE, type PidAllocatorOptions } from '@pidlab/contract';
import { stateOver, writeHeader } from './block.ts';
import type { Design } from './design.ts';
import { HEADER, NS } from './layout.ts';
import { createNs } from './namespaces.ts';
import { readOptions, type Settings } from './options.ts';
import { ensureCache, NS_CACHE, TASK_CACHE } from './slab.ts';
import { restoreBlock } from './snapshot.ts';
import type { State } from './state.ts';

/** Makes the state of an allocator, new or from a snapshot. Throws PidBug for bad options. */
export function createState(design: Design, options: PidAllocatorOptions | undefined): State {
  const read = readOptions(design, options);
  return 'snapshot' in read ? restoreBlock(design, read.snapshot) : createFresh(design, read);
}

/** The block is reserved here; the operating system gives it memory as it is touched. */
function createFresh(design: Design, settings: Settings): State {
  const words = new Int32Array(new ArrayBuffer(settings.pagesTotal * PAGE_SIZE));
  writeHeader(words, design.traits, settings.pagesTotal, settings.hashShifts);
  words[HEADER.at.generationBase] = settings.generationBase;
  words.set([settings.floors.root, settings.floors.child], HEADER.at.floors);
  const s = stateOver(design, words);
  ensureCache(s, NS_CACHE, NS.words);
  ensureCache(s, TASK_CACHE, design.taskWords);
  words[HEADER.at.rootNs] = createNs(s, 0, settings.pidMax, 'createPidAllocator');
  return s;
}
