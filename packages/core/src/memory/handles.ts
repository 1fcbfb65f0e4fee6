/**
 * What every record that has handles begins with, and how a handle says which record and which of its lives is meant.
 *
 * ```
 *   handle   52 ........ 24 23 ........ 0      record word 0   31 29 28 ............ 0
 *            generation     line (64 B)                        kind  generation
 * ```
 *
 * A handle fits only a record whose first word carries the same generation and the expected kind. A free record has kind
 * 0, so its coming generation cannot be forged. No other word at the start of a line inside a record can pass for a first
 * word: their top three bits are 000 (offsets, numbers, counts), 111 (chain ends) or, for serials, kept out of the way.
 */

import { PidBug } from '@pidlab/contract';
import { WORKER } from '../layout.ts';
import type { State } from '../types.ts';
import { load, publish } from '../words/access.ts';
import { CHECKED, SHARED } from '../words/mode.ts';

const SEEN = WORKER.at.seen;

/** What a record is; 0 is nothing, because it is on a free list or was never used. */
export const KIND_PID = 1;
export const KIND_TASK = 2;
export const KIND_NS = 3;
/** A record whose generations are used up. It is never used again. */
export const KIND_RETIRED = 4;
/** A part of a namespace's map. No handle means one. */
export const KIND_MAP = 5;

export const KIND_SHIFT = 29;
/** Generations are below this: 2^29. */
export const GENERATION_LIMIT = 0x2000_0000;
export const GENERATION_MASK: number = GENERATION_LIMIT - 1;

/** Lines in the largest block: 2^24, which is 1 GiB. */
export const LINES_LIMIT = 0x100_0000;
export const LINE_MASK: number = LINES_LIMIT - 1;
/** A line number shifted left by this is a word offset. */
export const LINE_SHIFT = 4;

/** The record that was seen last, as far as that is checked. */
let lastSeen = 0;

/**
 * Reads the first word of a record that another worker may be freeing, and notes it. A handle is made of what was noted, and
 * never of what is there by then.
 */
export function see(s: State, at: number): number {
  const w = s.words;
  const id = w[at];
  if (SHARED) w[s.worker + SEEN] = id;
  if (CHECKED) lastSeen = at;
  return id;
}

/** Notes the first word of a record, for `handleSeen`. */
export function noteSeen(s: State, at: number, id: number): void {
  s.words[s.worker + SEEN] = id;
  if (CHECKED) lastSeen = at;
}

/**
 * 0, since neither a first word of a record in use nor a count has the top bit. No processor knows that before it has read
 * `id`, so what is read at an offset to which this was added is read after `id`: it is of the life that `id` names, or of a
 * later one.
 */
export function zeroAfter(id: number): number {
  return SHARED ? id >>> 31 : 0;
}

/** The same after a serial, which has anything in its top bits but 001 to 011. */
export function zeroAfterSerial(serial: number): number {
  return SHARED ? (~serial >>> 31) & (serial >>> 29) : 0;
}

/**
 * What is read from here on is read after what was read before, where no address says so. A processor may swap two plain reads, but
 * it makes a store after the reads before it, and a load after that store, and reads after that load.
 */
export function orderReads(s: State): void {
  publish(s.words, s.worker + SEEN, s.words[s.worker + SEEN]);
  load(s.words, s.worker + SEEN);
}

/**
 * The handle of the record at `at`, which was seen last, in the life in which it was seen; in a block for one thread, as it
 * lives now.
 */
export function handleSeen(s: State, at: number): number {
  if (!SHARED) return handleOf(s.words, at);
  if (CHECKED && at !== lastSeen)
    throw new Error(`a handle of record ${at} is asked for, and ${lastSeen} was seen last`);
  return handleOfLine(s.words[s.worker + SEEN], at >>> LINE_SHIFT);
}

/** The handle of the record at `at`, as it lives now. */
export function handleOf(words: Int32Array, at: number): number {
  return handleOfLine(words[at], at >>> LINE_SHIFT);
}

/** V8 always puts functions of up to 27 bytes where they are called, and a handle that it sees made there needs no memory. */
function handleOfLine(id: number, line: number): number {
  return line + (id & GENERATION_MASK) * LINES_LIMIT;
}

/** Whether the record at `at` is still in the life that a handle means. */
export function fits(s: State, at: number, handle: unknown): boolean {
  return fitsId(s.words[at], at, handle);
}

/** The same, for a first word that was read before. */
export function fitsId(id: number, at: number, handle: unknown): boolean {
  return id >>> KIND_SHIFT !== 0 && handleOfLine(id, at >>> LINE_SHIFT) === handle;
}

/** Refuses every use of an allocator after `detach`. */
export function mustBeAttached(s: State, op: string): void {
  if (s.worker === 0) throw new PidBug(op, 'this allocator was detached; attach again with attachPidAllocator');
}
