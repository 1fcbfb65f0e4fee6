/**
 * What the threads of a run have in common beside the allocator: a place to meet, a board of integers, and a box for handles.
 * Nobody ever sleeps, so that a browser's main thread can be one of them.
 */
import type { AttachPidAllocator } from '@pidlab/contract';
import { choices } from '../random.ts';

/** Milliseconds after which a thread that does not come to a meeting is taken for lost. */
const PATIENCE_MS = 60_000;
const LOOKS = 1024;
/** Words of the common memory before the board: who arrived, how many meetings there were, whether somebody failed. */
const [ARRIVED, MEETINGS, FAILED, BOARD] = [0, 1, 2, 16];
/** Integers on the board. */
const BOARD_WORDS = 2 ** 18;
/** Place on the board that says that programs without an end of their own shall stop. */
export const STOP = 0;
/** From here on the board says how often each thread came round. */
const ROUNDS = BOARD_WORDS - 256;
/** Handles that the box has room for. */
export const BOX_PLACES = 64;

/** The common memory, all zeros. */
export function createCommons(): SharedArrayBuffer {
  return new SharedArrayBuffer(BOX_PLACES * 8 + (BOARD + BOARD_WORDS) * 4);
}

/** One thread's view of a run. */
export interface Crew {
  /** Which of the threads this is; 0 is the main thread. */
  readonly me: number;
  /** How many there are. */
  readonly size: number;
  /** Integers that all see, 0 at first. */
  readonly board: Int32Array;
  /** Waits until all are here; all go on at the same instant. */
  meet(): void;
  /** Says that this thread came round once more. */
  comeRound(): void;
  /** An integer from 0 up to but not including `limit`: the same ones for the same seed and thread. */
  random(limit: number): number;
  /** Puts a handle into the box and takes what was there; 0 for none. */
  swap(place: number, handle: number): number;
  /** What is there. */
  peek(place: number): number;
  /** Joins an allocator as one worker more. */
  readonly attach: AttachPidAllocator;
}

/** Thrown where the other threads are at fault. */
class Abandoned extends Error {
  override readonly name = 'Abandoned';
}

/** One thread's part in a run. */
export interface Role {
  readonly commons: SharedArrayBuffer;
  readonly me: number;
  readonly size: number;
  /** Of the run. */
  readonly seed: number;
}

export function crewOf({ commons, me, size, seed }: Role, attach: AttachPidAllocator): Crew {
  const box = new BigInt64Array(commons, 0, BOX_PLACES);
  const words = new Int32Array(commons, BOX_PLACES * 8);
  return {
    me,
    size,
    attach,
    board: words.subarray(BOARD),
    meet: () => meet(words, size),
    comeRound: () => void Atomics.add(words, BOARD + ROUNDS + me, 1),
    random: choices(seed, me).below,
    swap: (place, handle) => Number(Atomics.exchange(box, place, BigInt(handle))),
    peek: (place) => Number(Atomics.load(box, place)),
  };
}

function meet(words: Int32Array, size: number): void {
  const meeting = Atomics.load(words, MEETINGS);
  if (Atomics.add(words, ARRIVED, 1) === size - 1) {
    Atomics.store(words, ARRIVED, 0);
    Atomics.add(words, MEETINGS, 1);
    return;
  }
  const until = Date.now() + PATIENCE_MS;
  for (let looks = 1; Atomics.load(words, MEETINGS) === meeting; looks++) {
    if (Atomics.load(words, FAILED) !== 0) throw new Abandoned('another thread failed');
    if (looks % LOOKS === 0 && Date.now() > until) throw new Abandoned('another thread does not come');
  }
}

/** Tells those who wait for this thread that it does not come any more, and all to stop. */
export function abandon(commons: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(commons, BOX_PLACES * 8), FAILED, 1);
  stop(commons);
}

/**
 * Resolves when each of these threads has come round so many times more, however long they take; at once when one has failed.
 * Looks now and then, and leaves the thread to others meanwhile.
 */
export async function comeRound(commons: SharedArrayBuffer, threads: readonly number[], more: number): Promise<void> {
  const words = new Int32Array(commons, BOX_PLACES * 8);
  const rounds = (thread: number): number => Atomics.load(words, BOARD + ROUNDS + thread);
  const goals = threads.map((thread) => rounds(thread) + more);
  while (Atomics.load(words, FAILED) === 0 && threads.some((thread, i) => rounds(thread) < goals[i]))
    await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Tells programs without an end that this is it. */
export function stop(commons: SharedArrayBuffer): void {
  Atomics.store(new Int32Array(commons, BOX_PLACES * 8), BOARD + STOP, 1);
}
