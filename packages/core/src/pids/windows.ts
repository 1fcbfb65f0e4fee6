/**
 * Windows: where an allocator was made with some, each worker draws the numbers of a namespace from a stretch of its own, which it
 * claims by moving the cursor to its end.
 *
 * ```
 *   worker 0        window 512 … 1023    next 530           worker 1      window 1024 … 1535    next 1031
 *                                        │                                                      │
 *   bits   … ───────┬────────────────────▼────────────────┬─────────────────────────────────────▼────────┬──── …
 *                  512                                   1024                                           1536
 *                                                                                                  cursor 1535
 * ```
 *
 * A window is a hint, and only its worker's: nothing in it is reserved, and a bit is taken when a pid takes it. So nothing is lost
 * with a worker that is terminated, and whoever finds nothing above the cursor looks everywhere from the floor on, in windows too.
 * Below the floor nobody has one, since numbers there are given out once: what a worker left of it would never come again.
 *
 * A window holds as long as the namespace's `epoch` is what it was when the cursor was read that it was claimed from. Whoever moves the
 * cursor back says so by one more: `setLastPid`, an allocation that goes on at the floor, one that failed in an empty
 * namespace. So does a namespace that ends, whose record another one gets.
 *
 * Why, and what it costs: docs/adr/0013. Source: ours; Linux has one cursor for all.
 */
import { HEADER, NS, WINDOW, WORKER } from '../layout.ts';
import { workerAt } from '../memory/block.ts';
import type { State } from '../types.ts';
import { add, compareExchange, load } from '../words/access.ts';
import { SHARED } from '../words/mode.ts';
import { FULL } from './errors.ts';

const { lastPid: LAST_PID, pidMax: PID_MAX, floor: FLOOR, epoch: EPOCH } = NS.at;
const { ns: OF, epoch: SINCE, next: NEXT, end: END } = WINDOW.at;
const WINDOWS = WORKER.at.windows;
const WORDS = WINDOW.words;
/** log2 of the words of a line, and what is left of 32 bits by the log2 of the lines that a worker has for windows. */
const LINE_SHIFT = 4;
const LINES_SHIFT = 29;
const GOLDEN_RATIO = 0x61c8_8647;

/** How a map finds numbers. What takes one gives FULL, or what else is negative, where it cannot. */
export interface Search {
  /** Takes the first free number in `[from, to)`, and leaves the cursor. */
  takeIn(s: State, nsAt: number, from: number, to: number): number;
  /** Takes the next free number below `pidMax` after the cursor, which is at `last`, or else from the floor on; and leaves the cursor. */
  takeAfter(s: State, nsAt: number, last: number, pidMax: number): number;
  /** Moves the cursor from `last` to `nr`, unless another worker has moved it. Whether it did. */
  moveCursor(s: State, nsAt: number, last: number, nr: number): boolean;
}

/**
 * Takes the next free number of this worker's window; where that has none, the next from the cursor on, and with it the window
 * that it is in.
 */
export function allocInWindow(s: State, nsAt: number, map: Search): number {
  const w = s.words;
  const at = windowOf(s, nsAt);
  const pidMax = w[nsAt + PID_MAX];
  const drawn = at === 0 ? FULL : map.takeIn(s, nsAt, w[at + NEXT], Math.min(w[at + END], pidMax));
  if (drawn > 0) w[at + NEXT] = drawn + 1;
  if (drawn !== FULL) return drawn;
  const epoch = epochOf(s, nsAt);
  const last = w[nsAt + LAST_PID];
  const nr = map.takeAfter(s, nsAt, last, pidMax);
  if (nr > 0 && !claimWindow(s, nsAt, epoch, last, nr, pidMax)) {
    if (map.moveCursor(s, nsAt, last, nr) && nr <= last) voidWindows(s, nsAt);
  }
  return nr;
}

/** This worker's window of the namespace, 0 where it has none that holds. */
export function windowOf(s: State, nsAt: number): number {
  const at = placeOf(s, nsAt);
  return at !== 0 && s.words[at + SINCE] === s.words[nsAt + EPOCH] ? at : 0;
}

/** The cursor, as this worker goes on from it: in its window at the number that it drew last. */
export function cursorOf(s: State, nsAt: number): number {
  if (SHARED && s.window > 1) {
    const at = windowOf(s, nsAt);
    if (at !== 0) return s.words[at + NEXT] - 1;
    epochOf(s, nsAt);
  }
  return s.words[nsAt + LAST_PID];
}

/** The namespace's epoch. Whoever raised it had moved the cursor before: one that is read after this is no older. */
function epochOf(s: State, nsAt: number): number {
  return load(s.words, nsAt + EPOCH);
}

/**
 * Claims the rest of the window that `nr` is in, for a worker that has taken `nr`. It was searched for from the cursor at `last`, below
 * `pidMax`, and `epoch` was read before that. False when there is none to be had, and the cursor is for the caller to move: below the
 * floor, where other windows have all places, or when somebody has moved the cursor since.
 */
function claimWindow(s: State, nsAt: number, epoch: number, last: number, nr: number, pidMax: number): boolean {
  const w = s.words;
  const at = nr < w[nsAt + FLOOR] ? 0 : placeFor(s, nsAt);
  if (at === 0) return false;
  const end = Math.min((nr | (s.window - 1)) + 1, pidMax);
  w[at + OF] = 0;
  if (compareExchange(w, nsAt + LAST_PID, last, end - 1) !== last) return false;
  const hasWrapped = nr <= last;
  if (hasWrapped) voidWindows(s, nsAt);
  // If somebody else has voided windows since the cursor was read, this is not the epoch, and the window is void.
  w[at + SINCE] = hasWrapped ? epoch + 1 : epoch;
  w[at + NEXT] = nr + 1;
  w[at + END] = end;
  w[at + OF] = nsAt;
  return true;
}

/** No worker draws from a window of the namespace that it has claimed before. */
export function voidWindows(s: State, nsAt: number): void {
  if (SHARED && s.window > 1) add(s.words, nsAt + EPOCH, 1);
}

/** A window that holds. */
export interface Window {
  readonly nsAt: number;
  readonly next: number;
  readonly end: number;
}

/** Calls `visit` for each window of each worker that holds. They are at rest. */
export function eachWindow(s: State, visit: (window: Window) => void): void {
  const w = s.words;
  for (let slot = 0; slot < w[HEADER.at.workers]; slot++) {
    const first = workerAt(s, slot) + WINDOWS;
    for (let at = first; at < first + WORKER.fields.windows[2]; at += WORDS) {
      const nsAt = w[at + OF];
      if (nsAt !== 0 && w[at + SINCE] === w[nsAt + EPOCH]) visit({ nsAt, next: w[at + NEXT], end: w[at + END] });
    }
  }
}

/** Where this worker has a window of the namespace, void or not; 0 where it has none. */
function placeOf(s: State, nsAt: number): number {
  const w = s.words;
  const line = lineOf(s, nsAt);
  for (let at = line; at < line + (1 << LINE_SHIFT); at += WORDS) if (w[at + OF] === nsAt) return at;
  return 0;
}

/** Where this worker has one, or has room for one; 0 where windows of others that are not used up have all four places. */
function placeFor(s: State, nsAt: number): number {
  const known = placeOf(s, nsAt);
  if (known !== 0) return known;
  const line = lineOf(s, nsAt);
  for (let at = line; at < line + (1 << LINE_SHIFT); at += WORDS) if (isOver(s, at)) return at;
  return 0;
}

/** The line in which this worker has its window of the namespace, with up to three others. */
function lineOf(s: State, nsAt: number): number {
  return s.worker + WINDOWS + ((Math.imul(nsAt >>> LINE_SHIFT, GOLDEN_RATIO) >>> LINES_SHIFT) << LINE_SHIFT);
}

/** Whether nothing is to be had from the window in that place: there is none, it is void, or it is used up. */
function isOver(s: State, at: number): boolean {
  const w = s.words;
  const of = w[at + OF];
  return of === 0 || w[at + NEXT] === w[at + END] || w[at + SINCE] !== w[of + EPOCH];
}
