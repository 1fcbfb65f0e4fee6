/**
 * The taken numbers of one namespace: a bitmap in pages of 32,768 bits, and a cursor that goes round.
 *
 * ```
 *   pid_namespace            page 0: bit 0 is always taken; numbers below the floor
 *   ┌──────────────┐  ┌────► 1 1 0 1 …       are given out once, on the way up
 *   │ page │ used  │──┘
 *   │ page │ used  │──────►  page 1: numbers 32,768 … 65,535
 *   │  0   │  0    │         absent: nothing taken, costs nothing
 *   └──────────────┘
 * ```
 *
 * The usual allocation is one test-and-set of the bit after the cursor. A page that is full is stepped over by its count.
 * The first number taken in a page holds the namespace, the last one given back lets go of it, so live pids keep their
 * namespace alive at the price of one count for each page.
 *
 * Source: `alloc_pidmap()`, `free_pidmap()` and `next_pidmap()` of 2.6.24; the counting by page is Emelyanov's "Reference
 * counting of pid namespaces by pids" of July 2007, with page 0 counted exactly (there its first number took no reference).
 */
import { BITS_PER_PAGE, PID_MAX_LIMIT } from '@pidlab/contract';
import { findNextBit, findNextZeroBit } from './bitops.ts';
import { FULL, NO_MEMORY, TAKEN } from './errors.ts';
import { NS, PAGE_SHIFT, PAGE_WORDS, PIDMAP } from './layout.ts';
import { dropNs, holdNs } from './namespaces.ts';
import { allocMapPage } from './pages.ts';
import type { State } from './state.ts';

const { lastPid: LAST_PID, pidMax: PID_MAX, floor: FLOOR, entries: ENTRIES, pidmap: MAP } = NS.at;
const USED = PIDMAP.at.used;
const ENTRY_SHIFT = 1;
/** log2 of BITS_PER_PAGE. */
const BITS_SHIFT = 15;
const WORD_MASK: number = PAGE_WORDS - 1;

/**
 * Takes the next free number of `ns` and moves the cursor to it. FULL when nothing is free in `[floor, pidMax)` nor
 * between the cursor and pidMax; NO_MEMORY when what is free has no page and the block no room for one.
 */
export function allocPidmap(s: State, nsAt: number): number {
  const w = s.words;
  let nr = w[nsAt + LAST_PID] + 1;
  if (nr >= w[nsAt + PID_MAX]) nr = w[nsAt + FLOOR];
  const entry = entryOf(nsAt, nr);
  if (w[entry] === 0 || !testAndSet(s, w[entry], nr)) return allocByScan(s, nsAt, nr);
  countTaken(s, nsAt, entry);
  w[nsAt + LAST_PID] = nr;
  return nr;
}

/** The candidate was taken: looks from it to the end, then from the floor. */
function allocByScan(s: State, nsAt: number, candidate: number): number {
  const w = s.words;
  const pidMax = w[nsAt + PID_MAX];
  const floor = w[nsAt + FLOOR];
  let nr = takeIn(s, nsAt, candidate, pidMax);
  if (nr < 0 && candidate > floor) {
    const wrapped = takeIn(s, nsAt, floor, Math.min(candidate, pidMax));
    nr = wrapped > 0 || wrapped === NO_MEMORY ? wrapped : nr;
  }
  if (nr > 0) w[nsAt + LAST_PID] = nr;
  return nr;
}

/** Takes the first free number in `[from, to)`. */
function takeIn(s: State, nsAt: number, from: number, to: number): number {
  const w = s.words;
  let failure = FULL;
  for (let nr = from; nr < to; ) {
    const entry = entryOf(nsAt, nr);
    const pageFirst = nr & -BITS_PER_PAGE;
    const pageEnd = pageFirst + BITS_PER_PAGE;
    if (w[entry + USED] < numbersOf(pageFirst)) {
      const page = pageFor(s, nsAt, nr);
      if (page === 0) {
        failure = NO_MEMORY;
      } else {
        const end = Math.min(to, pageEnd) - pageFirst;
        const offset = findNextZeroBit(w, page << PAGE_SHIFT, nr - pageFirst, end);
        if (offset < end && testAndSet(s, page, pageFirst + offset)) {
          countTaken(s, nsAt, entry);
          return pageFirst + offset;
        }
      }
    }
    nr = pageEnd;
  }
  return failure;
}

/** Takes exactly `nr`, without moving the cursor. TAKEN when it is not free, NO_MEMORY when its page cannot be had. */
export function takePidmap(s: State, nsAt: number, nr: number): number {
  const page = pageFor(s, nsAt, nr);
  if (page === 0) return NO_MEMORY;
  if (!testAndSet(s, page, nr)) return TAKEN;
  countTaken(s, nsAt, entryOf(nsAt, nr));
  return nr;
}

/** Gives a taken number back, in constant time. The cursor stays. May be the end of the namespace. */
export function freePidmap(s: State, nsAt: number, nr: number): void {
  const w = s.words;
  const entry = entryOf(nsAt, nr);
  s.access.and(w, wordOf(w[entry], nr), ~(1 << nr));
  if (s.access.add(w, entry + USED, -1) === 1) dropNs(s, nsAt);
}

/** The smallest taken number above `last`, 0 for none. */
export function nextPidmap(s: State, nsAt: number, last: number): number {
  const w = s.words;
  for (let nr = last + 1; nr < PID_MAX_LIMIT; nr = (nr & -BITS_PER_PAGE) + BITS_PER_PAGE) {
    const entry = entryOf(nsAt, nr);
    if (w[entry + USED] === 0) continue;
    const offset = findNextBit(w, w[entry] << PAGE_SHIFT, nr & (BITS_PER_PAGE - 1), BITS_PER_PAGE);
    if (offset < BITS_PER_PAGE) return (nr & -BITS_PER_PAGE) + offset;
  }
  return 0;
}

/** Whether `nr` is taken. */
export function isTaken(s: State, nsAt: number, nr: number): boolean {
  const page = s.words[entryOf(nsAt, nr)];
  return page !== 0 && (s.words[wordOf(page, nr)] & (1 << nr)) !== 0;
}

/** How many numbers the page that starts with this one can give out: 0 is never given. */
function numbersOf(pageFirst: number): number {
  return pageFirst === 0 ? BITS_PER_PAGE - 1 : BITS_PER_PAGE;
}

/** Word offset of the pidmap entry of `nr`. */
function entryOf(nsAt: number, nr: number): number {
  return nsAt + MAP + ((nr >>> BITS_SHIFT) << ENTRY_SHIFT);
}

/** Word offset of the bitmap word with the bit of `nr`. */
function wordOf(page: number, nr: number): number {
  return (page << PAGE_SHIFT) + ((nr >>> 5) & WORD_MASK);
}

/** Sets the bit of `nr` and says whether it was zero. */
function testAndSet(s: State, page: number, nr: number): boolean {
  const bit = 1 << nr;
  return (s.access.or(s.words, wordOf(page, nr), bit) & bit) === 0;
}

/** Counts a number of the entry's page as taken; the first one holds the namespace. */
function countTaken(s: State, nsAt: number, entry: number): void {
  if (s.access.add(s.words, entry + USED, 1) === 0) holdNs(s, nsAt);
}

/** The page of `nr`, installed if it was absent; 0 when there is no memory for it. */
function pageFor(s: State, nsAt: number, nr: number): number {
  const w = s.words;
  const entry = entryOf(nsAt, nr);
  if (w[entry] !== 0) return w[entry];
  const page = allocMapPage(s);
  if (page === 0) return 0;
  w[entry] = page;
  w[nsAt + ENTRIES] = Math.max(w[nsAt + ENTRIES], (nr >>> BITS_SHIFT) + 1);
  return page;
}
