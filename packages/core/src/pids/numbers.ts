/**
 * Taking numbers of a namespace and giving them back: a cursor that goes round over the namespace's map.
 *
 * The usual allocation is one test-and-set of the bit after the cursor. A page that is full is stepped over by its count.
 * Numbers below the floor are given out once, on the way up. The first number taken in a page holds the namespace, the last
 * one given back lets go of it, so live pids keep their namespace alive at the price of one count for each page. In a
 * shared block nothing is counted, since every count would be one more word that all workers write: there the map itself
 * says whether the namespace is empty, and it is asked only when nothing else holds it.
 *
 * Source: `alloc_pidmap()` and `free_pidmap()` of 2.6.24; the counting by page is Emelyanov's "Reference counting of pid
 * namespaces by pids" of July 2007, with page 0 counted exactly (there its first number took no reference).
 */
import { BITS_PER_PAGE } from '@pidlab/contract';
import { NS, PAGE_SHIFT, PIDMAP, WORKER } from '../layout.ts';
import { KIND_NS, KIND_SHIFT } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { allocMapPage, freeMapPage } from '../memory/pages.ts';
import type { State } from '../types.ts';
import { add, and, compareExchange, load } from '../words/access.ts';
import { findNextZeroBit } from '../words/bitops.ts';
import { SHARED } from '../words/mode.ts';
import { CLOSED, FULL, GONE, NO_MEMORY, TAKEN } from './errors.ts';
import { dropNs, endIfUnheld, holdNs } from './namespaces.ts';
import { entryOf, testAndSet, wordOf } from './pidmap.ts';

const {
  lastPid: LAST_PID,
  pidMax: PID_MAX,
  floor: FLOOR,
  disabled: DISABLED,
  ending: ENDING,
  entries: ENTRIES,
  pidmap: MAP,
} = NS.at;
const NS_SEEN = WORKER.at.nsSeen;
const USED = PIDMAP.at.used;

/**
 * A number from the map of `ns`: the chosen one at that place of the list, or the next. The one at place 0 is the pid's own,
 * and its namespace has been noted by whoever checked the handle. It holds those above, whose numbers are taken after it.
 * Negative where there is none: FULL, NO_MEMORY, TAKEN, GONE or CLOSED.
 */
export function takeNumber(s: State, nsAt: number, setTid: readonly number[], place: number): number {
  if (SHARED && place > 0) noteNs(s, nsAt);
  const nr = place < setTid.length ? takePidmap(s, nsAt, setTid[place]) : allocPidmap(s, nsAt);
  if (!SHARED || place > 0 || nr < 0 || s.words[nsAt + DISABLED] === 0) return nr;
  // It was closed meanwhile, and whoever did that may have looked for the last number already.
  freePidmap(s, nsAt, nr);
  return CLOSED;
}

/**
 * Takes the next free number of `ns` and moves the cursor to it. FULL when nothing is free in `[floor, pidMax)` nor
 * between the cursor and pidMax; NO_MEMORY when what is free has no page and the block no room for one; GONE when the
 * namespace ended meanwhile. Locking: none, but to put a new page to use.
 */
export function allocPidmap(s: State, nsAt: number): number {
  const w = s.words;
  const last = w[nsAt + LAST_PID];
  let nr = last + 1;
  if (nr >= w[nsAt + PID_MAX]) nr = w[nsAt + FLOOR];
  const page = w[entryOf(nsAt, nr)];
  if (page === 0 || !testAndSet(s, page, nr)) return allocByScan(s, nsAt, last, nr);
  moveCursor(s, nsAt, last, nr);
  if (!SHARED) countTaken(s, nsAt, nr);
  // A plain look, since it comes after two exchanges.
  else if (w[nsAt + ENDING] !== 0 || isGone(s, nsAt)) return takeAgain(s, nsAt, page, nr) ? nr : anew(s, nsAt);
  return nr;
}

/** It was not sure that the namespace was still there: asks for a number once more, unless it is not. */
function anew(s: State, nsAt: number): number {
  return isGone(s, nsAt) ? GONE : allocPidmap(s, nsAt);
}

/** The candidate was taken: looks from it to the end, then from the floor. */
function allocByScan(s: State, nsAt: number, last: number, candidate: number): number {
  const w = s.words;
  const pidMax = w[nsAt + PID_MAX];
  const floor = w[nsAt + FLOOR];
  let nr = takeIn(s, nsAt, candidate, pidMax);
  if (nr < 0 && candidate > floor) {
    const wrapped = takeIn(s, nsAt, floor, Math.min(candidate, pidMax));
    nr = wrapped === FULL ? nr : wrapped;
  }
  if (nr > 0) moveCursor(s, nsAt, last, nr);
  return nr;
}

/**
 * Moves the cursor to `nr`, which was searched for from `base`; unless another worker, who began no earlier, has moved it
 * further, the way round counted in. Source: `set_last_pid()` of 2.6.37.
 */
function moveCursor(s: State, nsAt: number, base: number, nr: number): void {
  if (!SHARED) {
    s.words[nsAt + LAST_PID] = nr;
    return;
  }
  for (let seen = base; ; ) {
    const found = compareExchange(s.words, nsAt + LAST_PID, seen, nr);
    if (found === seen || !isBefore(base, found, nr)) return;
    seen = found;
  }
}

/** Whether a cursor that went up from `base`, and on from the floor after the end, passes `a` before `b`. */
function isBefore(base: number, a: number, b: number): boolean {
  return (a - base) >>> 0 < (b - base) >>> 0;
}

/** Takes the first free number in `[from, to)`. */
function takeIn(s: State, nsAt: number, from: number, to: number): number {
  const w = s.words;
  let failure = FULL;
  for (let nr = from; nr < to; ) {
    const entry = entryOf(nsAt, nr);
    const pageFirst = nr & -BITS_PER_PAGE;
    const pageEnd = pageFirst + BITS_PER_PAGE;
    if (SHARED || w[entry + USED] < numbersOf(pageFirst)) {
      const page = pageFor(s, nsAt, nr);
      const taken = page < 0 ? page : takeOf(s, nsAt, page, nr, Math.min(to, pageEnd));
      if (taken > 0 || taken === GONE) return taken;
      if (taken === NO_MEMORY) failure = taken;
    }
    nr = pageEnd;
  }
  return failure;
}

/** Takes the first free number in `[from, to)`, all of which are in that page. */
function takeOf(s: State, nsAt: number, page: number, from: number, to: number): number {
  const w = s.words;
  const pageFirst = from & -BITS_PER_PAGE;
  const end = to - pageFirst;
  for (let at = from - pageFirst; ; at++) {
    at = findNextZeroBit(w, page << PAGE_SHIFT, at, end);
    if (at >= end) return FULL;
    if (take(s, nsAt, page, pageFirst + at)) return pageFirst + at;
    if (SHARED && isGone(s, nsAt)) return GONE;
  }
}

/** Takes exactly `nr`, without moving the cursor. TAKEN when it is not free, NO_MEMORY when its page cannot be had, GONE. */
export function takePidmap(s: State, nsAt: number, nr: number): number {
  const page = pageFor(s, nsAt, nr);
  if (page < 0) return page;
  if (take(s, nsAt, page, nr)) return nr;
  return SHARED && isGone(s, nsAt) ? GONE : TAKEN;
}

/** Gives a taken number back, in constant time. The cursor stays. May be the end of the namespace. Locking: none. */
export function freePidmap(s: State, nsAt: number, nr: number): void {
  const w = s.words;
  const entry = entryOf(nsAt, nr);
  const bit = 1 << nr;
  const old = and(w, wordOf(w[entry], nr), ~bit);
  if (SHARED) {
    // Bit 0 of page 0 is nobody's number.
    const others = nr < 32 ? old & ~bit & ~1 : old & ~bit;
    if (others === 0) endIfUnheld(s, nsAt);
  } else if (add(w, entry + USED, -1) === 1) {
    dropNs(s, nsAt);
  }
}

/** How many numbers the page that starts with this one can give out: 0 is never given. */
function numbersOf(pageFirst: number): number {
  return pageFirst === 0 ? BITS_PER_PAGE - 1 : BITS_PER_PAGE;
}

/** Takes `nr` and says whether it was free. */
function take(s: State, nsAt: number, page: number, nr: number): boolean {
  if (!testAndSet(s, page, nr)) return false;
  if (SHARED) return isThere(s, nsAt) || takeAgain(s, nsAt, page, nr);
  countTaken(s, nsAt, nr);
  return true;
}

/** Counts a number as taken in its page; the first one holds the namespace. */
function countTaken(s: State, nsAt: number, nr: number): void {
  if (add(s.words, entryOf(nsAt, nr) + USED, 1) === 0) holdNs(s, nsAt);
}

/** The page of `nr`, installed if it was absent; NO_MEMORY when there is none for it, GONE. */
function pageFor(s: State, nsAt: number, nr: number): number {
  const entry = entryOf(nsAt, nr);
  const installed = s.words[entry];
  return installed === 0 ? installPage(s, nsAt, entry) : installed;
}

/** Puts a new page to use, unless another worker has been faster: then it is that one's page. */
function installPage(s: State, nsAt: number, entry: number): number {
  const w = s.words;
  const page = allocMapPage(s);
  if (page === 0) return NO_MEMORY;
  raise(w, nsAt + ENTRIES, (entry - nsAt - MAP) / PIDMAP.words + 1);
  const other = compareExchange(w, entry, 0, page);
  if (other !== 0) {
    freeMapPage(s, page);
    return other;
  }
  if (SHARED && !isThere(s, nsAt) && !wasThere(s, nsAt, entry, page)) return GONE;
  return page;
}

/** Makes a word at least as large as `value`. */
function raise(w: Int32Array, at: number, value: number): void {
  let seen = w[at];
  while (seen < value) {
    const found = compareExchange(w, at, seen, value);
    if (found === seen) return;
    seen = found;
  }
}

// In a shared block a namespace may end while a number is taken in it, if whoever asks for the number does not hold it.
// So each change of its map is followed by a look at whether it is still there. Its end first says that it may come, and
// then looks at the map (`endNs`): at least one of the two notices the other.

/**
 * Notes which namespace a number is going to be taken from: the record at `nsAt`, in the life that it has now, which is
 * returned as its first word. Whoever took the number finds out by it whether that life has ended meanwhile.
 */
export function noteNs(s: State, nsAt: number): number {
  const id = s.words[nsAt];
  s.words[s.worker + NS_SEEN] = id;
  return id;
}

/** Whether it is the same, alive, and not about to end. */
function isThere(s: State, nsAt: number): boolean {
  return load(s.words, nsAt + ENDING) === 0 && !isGone(s, nsAt);
}

/** Whether it has ended. */
function isGone(s: State, nsAt: number): boolean {
  return s.words[nsAt] !== s.words[s.worker + NS_SEEN];
}

/** It was not there for sure when its bit was set: sets it once more, when nobody is ending a namespace. */
function takeAgain(s: State, nsAt: number, page: number, nr: number): boolean {
  and(s.words, wordOf(page, nr), ~(1 << nr));
  return locked(s, NS_LOCK, 'allocPid', () => isThere(s, nsAt)) && take(s, nsAt, page, nr);
}

/** It was not there when a page was put into its map: takes the page out, unless another namespace has the record now. */
function wasThere(s: State, nsAt: number, entry: number, page: number): boolean {
  const w = s.words;
  return locked(s, NS_LOCK, 'allocPid', () => {
    if (isThere(s, nsAt)) return true;
    if (w[nsAt] >>> KIND_SHIFT !== KIND_NS && compareExchange(w, entry, page, 0) === page) freeMapPage(s, page);
    return false;
  });
}
