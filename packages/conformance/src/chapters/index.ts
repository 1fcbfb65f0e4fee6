import type { Chapter } from '../chapter.ts';
import { allocChapter } from './alloc.ts';
import { constChapter } from './const.ts';
import { pidmapChapter } from './pidmap.ts';
import { settidChapter } from './settid.ts';

/** The whole suite, in reading order. */
export const chapters: readonly Chapter[] = [constChapter, pidmapChapter, allocChapter, settidChapter];
