/**
 * The map of this design: a namespace's numbers are in a tree (radix-tree.ts), and given out by a cursor that goes round.
 *
 * The numbers taken hold their namespace by one reference, from the first to the last. In a shared block all trees are
 * changed under one lock, `mapLock`.
 *
 * Source: `idr_alloc_cyclic()`, `idr_alloc()`, `idr_replace()`, `idr_remove()`, `idr_find()`, `idr_get_next()` as
 * documented; how `alloc_pid()` of 4.15 and later uses them.
 */
import {
  acquire,
  add,
  allocInWindow,
  compareExchange,
  dropNs,
  endTaking,
  FULL,
  floorOf,
  HEADER,
  INVALID,
  isFindable,
  locked,
  MAP_LOCK,
  NS,
  NS_LOCK,
  release,
  type Search,
  SHARED,
  type State,
  see,
  TAKEN,
  zeroAfter,
} from '@pidlab/core';
import { IDR_NS, UPID, upidAt } from '../layout.ts';
import { isPidEntry, nextUsed, remove, replace, slotOf, takeFrom } from './radix-tree.ts';

const { level: LEVEL, serial: SERIAL, lastPid: LAST_PID, pidMax: PID_MAX, reaper: REAPER, disabled: DISABLED } = NS.at;
const { tree: TREE, moves: MOVES } = IDR_NS.at;
const ROUNDS = HEADER.at.mapRounds;
const { nr: NR, ns: UPID_NS } = UPID.at;

/** Begins to change trees, unless this worker has already: nobody else does until `endChange`. */
export function beginChange(s: State, op: string): void {
  if (SHARED && !isChanging(s)) acquire(s, MAP_LOCK, op);
}

/** Whoever waited may change them now. */
export function endChange(s: State): void {
  if (SHARED && isChanging(s)) release(s, MAP_LOCK);
}

/** Lets others have their turn between two levels, in an allocator that was made for that: as Linux did until November 2025. */
export function nextRound(s: State, op: string): void {
  if (!SHARED || s.words[ROUNDS] === 0) return;
  endChange(s);
  beginChange(s, op);
}

function isChanging(s: State): boolean {
  return s.words[MAP_LOCK] === s.owner;
}

/**
 * Reserves a number of `ns`, which leads to nobody yet: the chosen one at that place of the list, or the next. The one at place
 * 0 is the pid's own, and keeps its namespace from then on. Negative where there is none: FULL, NO_MEMORY, TAKEN, or INVALID for a
 * choice that cannot be had.
 */
export function reserveNumber(s: State, nsAt: number, setTid: readonly number[], place: number): number {
  const nr = reserve(s, nsAt, setTid, place);
  if (SHARED && place === 0) endTaking(s);
  return nr;
}

function reserve(s: State, nsAt: number, setTid: readonly number[], place: number): number {
  if (place >= setTid.length) return allocCyclic(s, nsAt);
  const nr = setTid[place];
  if (nr < 1 || nr > mostChosen(s, nsAt)) return INVALID;
  const taken = takeFrom(s, nsAt, nr, nr + 1);
  return taken === FULL ? TAKEN : taken;
}

/**
 * The largest number that can be chosen: 1 as long as the namespace has no reaper, and 0 where pidMax is 1. One that was closed has
 * had its reaper, which mainline does not forget.
 */
export function mostChosen(s: State, nsAt: number): number {
  const w = s.words;
  const last = w[nsAt + PID_MAX] - 1;
  return w[nsAt + REAPER] === 0 && w[nsAt + DISABLED] === 0 ? Math.min(1, last) : last;
}

/**
 * The next free number from the cursor on, then from the floor on; or from 1 on as long as the cursor has not come past the
 * floor. Source: `idr_alloc_cyclic()`, and what `alloc_pid()` gives it for a start.
 */
function allocCyclic(s: State, nsAt: number): number {
  if (SHARED && s.window > 1) return allocInWindow(s, nsAt, SEARCH);
  const w = s.words;
  const last = w[nsAt + LAST_PID];
  const nr = takeCyclic(s, nsAt, last, w[nsAt + PID_MAX]);
  if (nr > 0) moveCursor(s, nsAt, last, nr);
  return nr;
}

/** Moves the cursor, unless another worker has set it meanwhile, for which it needs no lock. Whether it did. */
function moveCursor(s: State, nsAt: number, last: number, nr: number): boolean {
  return compareExchange(s.words, nsAt + LAST_PID, last, nr) === last;
}

/** The first free number after `last`, or from the start on, without moving the cursor. */
function takeCyclic(s: State, nsAt: number, last: number, pidMax: number): number {
  const next = last + 1;
  const floor = floorOf(s.words, nsAt);
  const start = next > floor ? floor : 1;
  const nr = takeFrom(s, nsAt, next, pidMax);
  return nr === FULL && next > start ? takeFrom(s, nsAt, start, pidMax) : nr;
}

/** Windows keep workers off each other's leaves. They take turns under `mapLock` all the same. */
const SEARCH: Search = { takeIn: takeFrom, takeAfter: takeCyclic, moveCursor };

/** Leads from the number to the pid. Locking: `mapLock`. Source: `idr_replace()`. */
export function publishNumber(s: State, nsAt: number, nr: number, pidAt: number): void {
  replace(s, nsAt, nr, pidAt);
}

/**
 * Makes a number free, and says whether it was the last that held the namespace: then the caller has to let go of that
 * reference, without `mapLock`. Locking: `mapLock`. Source: `idr_remove()`.
 */
export function freeNumber(s: State, nsAt: number, nr: number): boolean {
  remove(s, nsAt, nr);
  return s.words[nsAt + TREE] === 0;
}

/** Lets go of the reference by which numbers held the namespace. Locking: none. */
export function letGoOf(s: State, nsAt: number, op: string): void {
  locked(s, NS_LOCK, op, () => dropNs(s, nsAt));
}

/**
 * The pid that `ns` knows as `nr`; 0 for none. In a shared block what is found is looked at once more, as `findInChain` does
 * (docs/adr/0009); and nothing was found for certain only if no node left the tree meanwhile. Leaves the pid's first word
 * in `seen`. Locking: none. Source: `idr_find()`.
 */
export function findNumber(s: State, nsAt: number, nr: number): number {
  const w = s.words;
  if (!SHARED) {
    const slot = slotOf(s, w[nsAt + TREE], nr);
    return slot === 0 ? 0 : w[slot];
  }
  for (;;) {
    const moves = w[nsAt + MOVES];
    const slot = slotOf(s, w[nsAt + TREE + zeroAfter(moves)], nr);
    const pidAt = slot === 0 ? 0 : w[slot];
    if (pidAt === 0) {
      // An exchange of nothing: what was read before it is no younger than that.
      if (add(w, nsAt + MOVES, 0) === moves) return 0;
    } else if (isPidEntry(pidAt)) {
      const id = see(s, pidAt);
      const again = pidAt + zeroAfter(id);
      const upid = upidAt(again, w[nsAt + LEVEL]);
      if (w[upid + NR] !== nr || w[upid + UPID_NS] !== w[nsAt + SERIAL]) continue;
      if (!isFindable(s, again, id)) return 0;
      // It may have become another pid with the same number since, and that one is what can be found.
      if (w[pidAt] === id) return pidAt;
    }
  }
}

/**
 * The pid with the smallest number at or above `nr` that `ns` sees; 0 for none. A number can be taken before its pid can be
 * found, so one that leads to nobody is stepped over. Source: `idr_get_next()`.
 */
export function findGeNumber(s: State, nsAt: number, nr: number): number {
  let at = nr;
  do {
    const pidAt = findNumber(s, nsAt, at);
    if (pidAt !== 0) return pidAt;
    at = nextUsed(s, nsAt, at + 1);
  } while (at !== 0);
  return 0;
}
