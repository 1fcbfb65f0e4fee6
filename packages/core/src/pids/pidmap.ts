/**
 * The map of one namespace: which of its numbers are taken, as a bitmap in pages of 32,768 bits.
 *
 * ```
 *   pid_namespace            page 0: bit 0 is always taken
 *   ┌──────────────┐  ┌────► 1 1 0 1 …
 *   │ page │ used  │──┘
 *   │ page │ used  │──────►  page 1: numbers 32,768 … 65,535
 *   │  0   │  0    │         absent: nothing taken, costs nothing
 *   └──────────────┘
 * ```
 *
 * Here it is opened with a namespace, read, and closed with it. numbers.ts takes numbers from it and gives them back.
 *
 * Source: `next_pidmap()` of 2.6.24.
 */
import { BITS_PER_PAGE, PID_MAX_LIMIT } from '@pidlab/contract';
import { PAGE_SHIFT, PAGE_WORDS, PIDMAP, PIDMAP_NS } from '../layout.ts';
import { allocMapPage, freeMapPage } from '../memory/pages.ts';
import type { State } from '../types.ts';
import { or } from '../words/access.ts';
import { findNextBit } from '../words/bitops.ts';
import { SHARED } from '../words/mode.ts';

const { entries: ENTRIES, pidmap: MAP } = PIDMAP_NS.at;
const USED = PIDMAP.at.used;
const ENTRY_SHIFT = 1;
/** log2 of BITS_PER_PAGE. */
const BITS_SHIFT = 15;
const WORD_MASK: number = PAGE_WORDS - 1;

/** Puts the first page of a new namespace to use; false when the block has no room for it. Locking: under `nsLock`. */
export function openMap(s: State, nsAt: number): boolean {
  const w = s.words;
  const page = allocMapPage(s);
  if (page === 0) return false;
  w[page << PAGE_SHIFT] = 1;
  w[nsAt + MAP + PIDMAP.at.page] = page;
  w[nsAt + ENTRIES] = 1;
  return true;
}

/** Gives back the pages of a namespace that has ended. Locking: under `nsLock`, if the namespace was ever in use. */
export function closeMap(s: State, nsAt: number): void {
  const w = s.words;
  const end = nsAt + MAP + w[nsAt + ENTRIES] * PIDMAP.words;
  for (let entry = nsAt + MAP; entry < end; entry += PIDMAP.words) {
    const page = w[entry];
    w[entry] = 0;
    if (page !== 0) freeMapPage(s, page);
  }
}

/** The smallest taken number above `last`, 0 for none. */
export function nextPidmap(s: State, nsAt: number, last: number): number {
  const w = s.words;
  for (let nr = last + 1; nr < PID_MAX_LIMIT; nr = (nr & -BITS_PER_PAGE) + BITS_PER_PAGE) {
    const entry = entryOf(nsAt, nr);
    const page = w[entry];
    if (page === 0 || (!SHARED && w[entry + USED] === 0)) continue;
    const offset = findNextBit(w, page << PAGE_SHIFT, nr & (BITS_PER_PAGE - 1), BITS_PER_PAGE);
    if (offset < BITS_PER_PAGE) return (nr & -BITS_PER_PAGE) + offset;
  }
  return 0;
}

/** Whether `nr` is taken. */
export function isTaken(s: State, nsAt: number, nr: number): boolean {
  const page = s.words[entryOf(nsAt, nr)];
  return page !== 0 && (s.words[wordOf(page, nr)] & (1 << nr)) !== 0;
}

/** Word offset of the pidmap entry of `nr`. */
export function entryOf(nsAt: number, nr: number): number {
  return nsAt + MAP + ((nr >>> BITS_SHIFT) << ENTRY_SHIFT);
}

/** Word offset of the bitmap word with the bit of `nr`. */
export function wordOf(page: number, nr: number): number {
  return (page << PAGE_SHIFT) + ((nr >>> 5) & WORD_MASK);
}

/** Sets the bit of `nr` and says whether it was zero. */
export function testAndSet(s: State, page: number, nr: number): boolean {
  const bit = 1 << nr;
  return (or(s.words, wordOf(page, nr), bit) & bit) === 0;
}
