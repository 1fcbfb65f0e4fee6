import type { Chapter } from '../chapter.ts';
import { allocChapter } from './alloc.ts';
import { attachChapter } from './attach.ts';
import { badChapter } from './bad.ts';
import { cacheChapter } from './cache.ts';
import { constChapter } from './const.ts';
import { findChapter } from './find.ts';
import { freeChapter } from './free.ts';
import { geChapter } from './ge.ts';
import { hashChapter } from './hash.ts';
import { kernelChapter } from './kernel.ts';
import { memoryChapter } from './memory.ts';
import { nsChapter } from './ns.ts';
import { pidmapChapter } from './pidmap.ts';
import { reaperChapter } from './reaper.ts';
import { reentrancyChapter } from './reentrancy.ts';
import { refChapter } from './ref.ts';
import { settidChapter } from './settid.ts';
import { snapshotChapter } from './snapshot.ts';
import { taskChapter } from './task.ts';
import { translateChapter } from './translate.ts';
import { windowChapter } from './window.ts';
import { zapChapter } from './zap.ts';

/** The whole suite, in reading order. */
export const chapters: readonly Chapter[] = [
  constChapter,
  pidmapChapter,
  allocChapter,
  settidChapter,
  freeChapter,
  refChapter,
  findChapter,
  geChapter,
  translateChapter,
  taskChapter,
  reaperChapter,
  nsChapter,
  zapChapter,
  cacheChapter,
  hashChapter,
  memoryChapter,
  snapshotChapter,
  attachChapter,
  windowChapter,
  badChapter,
  kernelChapter,
  reentrancyChapter,
];
