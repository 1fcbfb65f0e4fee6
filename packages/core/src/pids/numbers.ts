/**
 * Taking numbers of a namespace and giving them back: a cursor that goes round over the namespace's map.
 *
 * The usual allocation is one test-and-set of the bit after the cursor. A page that is full is stepped over by its count.
 * Numbers below the floor are given out once, on the way up, unless there are no others. The first number taken in a page holds the namespace, the last
 * one given back lets go of it, so live pids keep their namespace alive at the price of one count for each page. In a
 * shared block nothing is counted, since every count would be one more word that all workers write: there the map itself
 * says whether the namespace is empty, and it is asked only when nothing else holds it.
 *
 * Source: `alloc_pidmap()` and `free_pidmap()` of 2.6.24; the counting by page is Emelyanov's "Reference counting of pid
 * namespaces by pids" of July 2007, with page 0 counted exactly (there its first number took no reference).
 */
import { BITS_PER_PAGE } from '@pidlab/contract';
import { NS, PAGE_SHIFT, PIDMAP, PIDMAP_NS, WORKER } from '../layout.ts';
import { fitsId } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { allocMapPage, freeMapPage } from '../memory/pages.ts';
import type { State } from '../types.ts';
import { and, compareExchange, load, publish } from '../words/access.ts';
import { findNextZeroBit } from '../words/bitops.ts';
import { SHARED } from '../words/mode.ts';
import { CLOSED, FULL, NO_MEMORY, TAKEN } from './errors.ts';
import { floorOf } from './floor.ts';
import { dropNs, endIfUnheld, holdNs } from './namespaces.ts';
import { entryOf, nextPidmap, testAndSet, wordOf } from './pidmap.ts';
import { allocInWindow, type Search, voidWindows } from './windows.ts';

const { count: COUNT, lastPid: LAST_PID, pidMax: PID_MAX, disabled: DISABLED, ending: ENDING } = NS.at;
const { entries: ENTRIES, pidmap: MAP } = PIDMAP_NS.at;
const { taking: TAKING, nsSeen: NS_SEEN } = WORKER.at;
const USED = PIDMAP.at.used;

/**
 * A number from the map of `ns`: the chosen one at that place of the list, or the next. The one at place 0 is the pid's own,
 * and `beginTaking` keeps its namespace until the number is taken, which does so from then on. It holds those above, whose
 * numbers are taken after it. Negative where there is none: FULL, NO_MEMORY, TAKEN or CLOSED.
 */
export function takeNumber(s: State, nsAt: number, setTid: readonly number[], place: number): number {
  const nr = place < setTid.length ? takePidmap(s, nsAt, setTid[place]) : allocPidmap(s, nsAt);
  if (!SHARED || place > 0) return nr;
  const isClosed = nr >= 0 && closedSince(s, nsAt, place < setTid.length || s.window > 1);
  endTaking(s);
  if (!isClosed) return nr;
  // It was closed meanwhile, and whoever did that may have looked for the last number already.
  freePidmap(s, nsAt, nr);
  return CLOSED;
}

/**
 * Whether the namespace was closed when the number had been taken. The cursor's exchange, which comes between, orders the two;
 * a chosen number moves no cursor, nor does one that is drawn from a window.
 */
function closedSince(s: State, nsAt: number, isBare: boolean): boolean {
  return (isBare ? load(s.words, nsAt + DISABLED) : s.words[nsAt + DISABLED]) !== 0;
}

/**
 * Takes the next free number of `ns` and moves the cursor to it. FULL when nothing is free in `[floor, pidMax)` nor
 * between the cursor and pidMax; NO_MEMORY when what is free has no page and the block no room for one. Locking: none, but to
 * put a new page to use.
 */
export function allocPidmap(s: State, nsAt: number): number {
  if (SHARED && s.window > 1) return allocInWindow(s, nsAt, SEARCH);
  const w = s.words;
  const last = w[nsAt + LAST_PID];
  const nr = last + 1;
  if (nr >= w[nsAt + PID_MAX]) return allocByScan(s, nsAt, last, floorOf(w, nsAt));
  const entry = entryOf(nsAt, nr);
  const page = w[entry];
  if (page === 0 || !testAndSet(s, page, nr)) return allocByScan(s, nsAt, last, nr);
  moveCursor(s, nsAt, last, nr);
  if (!SHARED) countTaken(s, nsAt, entry);
  return nr;
}

/** The candidate was taken, or there is none: looks for another, and moves the cursor to it. */
function allocByScan(s: State, nsAt: number, last: number, candidate: number): number {
  const nr = scan(s, nsAt, candidate, s.words[nsAt + PID_MAX], floorOf(s.words, nsAt));
  if (nr > 0) moveCursor(s, nsAt, last, nr);
  return nr;
}

/** Takes the first free number from the candidate to the end, or else from the floor to the candidate. */
function scan(s: State, nsAt: number, candidate: number, pidMax: number, floor: number): number {
  let nr = takeIn(s, nsAt, candidate, pidMax);
  if (nr < 0 && candidate > floor) {
    const wrapped = takeIn(s, nsAt, floor, Math.min(candidate, pidMax));
    nr = wrapped === FULL ? nr : wrapped;
  }
  return nr;
}

/** The same for workers that have windows. */
const SEARCH: Search = {
  // A window is in one page, which is there: a number of it was taken.
  takeIn: (s, nsAt, from, to) => takeOf(s, nsAt, s.words[entryOf(nsAt, from)], from, to),
  takeAfter(s, nsAt, last, pidMax) {
    const floor = floorOf(s.words, nsAt);
    return scan(s, nsAt, last + 1 < pidMax ? last + 1 : floor, pidMax, floor);
  },
  moveCursor,
};

/**
 * Moves the cursor to `nr`, which was searched for from `base`; unless another worker, who began no earlier, has moved it
 * further, the way round counted in. Whether it did. Source: `set_last_pid()` of 2.6.37.
 */
function moveCursor(s: State, nsAt: number, base: number, nr: number): boolean {
  if (!SHARED) {
    s.words[nsAt + LAST_PID] = nr;
    return true;
  }
  for (let seen = base; ; ) {
    const found = compareExchange(s.words, nsAt + LAST_PID, seen, nr);
    if (found === seen || !isBefore(base, found, nr)) return found === seen;
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
      if (taken > 0) return taken;
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
  }
}

/** Takes exactly `nr`, without moving the cursor. TAKEN when it is not free, NO_MEMORY when its page cannot be had. */
export function takePidmap(s: State, nsAt: number, nr: number): number {
  const page = pageFor(s, nsAt, nr);
  if (page < 0) return page;
  return take(s, nsAt, page, nr) ? nr : TAKEN;
}

/** Gives a taken number back, in constant time. The cursor stays. May be the end of the namespace. Locking: none. */
export function freePidmap(s: State, nsAt: number, nr: number): void {
  const w = s.words;
  const entry = entryOf(nsAt, nr);
  const at = wordOf(w[entry], nr);
  const mask = ~(1 << nr);
  if (SHARED) {
    // Bit 0 of page 0 is nobody's number.
    const others = and(w, at, mask) & mask & (nr < 32 ? ~1 : -1);
    if (others === 0 && load(w, nsAt + COUNT) === 0 && nextPidmap(s, nsAt, 0) === 0) endIfUnheld(s, nsAt);
  } else {
    w[at] &= mask;
    if (--w[entry + USED] === 0) dropNs(s, nsAt);
  }
}

/** How many numbers the page that starts with this one can give out: 0 is never given. */
function numbersOf(pageFirst: number): number {
  return pageFirst === 0 ? BITS_PER_PAGE - 1 : BITS_PER_PAGE;
}

/** Takes `nr` and says whether it was free. */
function take(s: State, nsAt: number, page: number, nr: number): boolean {
  if (!testAndSet(s, page, nr)) return false;
  if (!SHARED) countTaken(s, nsAt, entryOf(nsAt, nr));
  return true;
}

/** Counts a number as taken in its page; the first one holds the namespace. */
function countTaken(s: State, nsAt: number, entry: number): void {
  if (++s.words[entry + USED] === 1) holdNs(s, nsAt);
}

/** The page of `nr`, installed if it was absent; NO_MEMORY when there is none for it. */
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
  if (other === 0) return page;
  freeMapPage(s, page);
  return other;
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

// In a shared block a namespace may end while a number is taken in it, if whoever asks for the number does not hold it. So a
// worker says first that it is going to take one, and then looks whether the namespace is ending; its end says so first, and
// then waits for those that are taking one (`endNs`): at least one of the two notices the other.

/** Keeps the namespace that the handle means from ending until `endTaking`; false when it has ended, or may be about to. */
export function beginTaking(s: State, nsAt: number, ns: number): boolean {
  const w = s.words;
  publish(w, s.worker + TAKING, nsAt);
  const isEnding = load(w, nsAt + ENDING) !== 0;
  const id = w[nsAt];
  w[s.worker + NS_SEEN] = id;
  if (!isEnding && fitsId(id, nsAt, ns)) return true;
  endTaking(s);
  return false;
}

/** The number is taken, and keeps the namespace; or there is none. */
export function endTaking(s: State): void {
  if (s.words[s.worker + TAKING] !== 0) publish(s.words, s.worker + TAKING, 0);
}

/**
 * The allocation failed. A namespace that has no pid, and takes some, begins anew: its first one is number 1, however often
 * making it failed.
 * It is the one that the worker has begun to take a number of, unless that has ended. Source: mainline's `alloc_pid()`.
 */
export function beginAnew(s: State, nsAt: number): void {
  const w = s.words;
  locked(s, NS_LOCK, 'allocPid', () => {
    const hasEnded = SHARED && w[nsAt] !== w[s.worker + NS_SEEN];
    if (hasEnded || w[nsAt + DISABLED] !== 0) return;
    const last = load(w, nsAt + LAST_PID);
    if (s.design.map.next(s, nsAt, 0) !== 0 || compareExchange(w, nsAt + LAST_PID, last, 0) !== last) return;
    voidWindows(s, nsAt);
  });
}
