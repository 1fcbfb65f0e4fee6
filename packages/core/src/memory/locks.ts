/**
 * Locks of a shared block. A lock is a word with the slot of its owner in it (+ 1; 0 is free), so that it can be broken
 * when the owner is declared gone. Nobody sleeps: what is done under a lock is short, and browsers' main threads may not.
 *
 * Order, outer first: `nsLock`, `mapLock`, a cache's lock, `pageLock`. The lock of a pid (hash.ts) is never held while one of
 * these is asked for, nor two of a kind. Innermost, and below a pid's, is the lock of a task.
 */
import { PidError } from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import type { State } from '../types.ts';
import { add, compareExchange, load, publish } from '../words/access.ts';
import { SHARED } from '../words/mode.ts';

const GONE = HEADER.at.gone;
/** The lock of the life and death of namespaces. */
export const NS_LOCK: number = HEADER.at.nsLock;
/** The lock of all maps, for designs that change them under one. */
export const MAP_LOCK: number = HEADER.at.mapLock;
/** Looks at a lock between two looks at the clock: some microseconds. */
const LOOKS = 4096;
/** Milliseconds after which a lock counts as never to be freed: far more than a thread waits for its turn. */
const PATIENCE = 10_000;

/** Does `run` while no other worker does anything under the same lock. In a block for one thread, just does it. */
export function locked<T>(s: State, lock: number, op: string, run: () => T): T {
  if (!SHARED) return run();
  acquire(s, lock, op);
  try {
    return run();
  } finally {
    release(s, lock);
  }
}

/** Throws unless this worker has that lock. For functions that rely on their caller for it: `if (CHECKED) mustHold(…)`. */
export function mustHold(s: State, lock: number): void {
  if (!SHARED || load(s.words, lock) === s.owner) return;
  throw new Error(`word ${lock} is a lock that worker slot ${s.owner - 1} relies on and does not hold`);
}

/** Takes a lock of a shared block, for those who let go of it themselves. */
export function acquire(s: State, lock: number, op: string): void {
  const w = s.words;
  if (compareExchange(w, lock, 0, s.owner) === 0) return;
  const patience = new Patience(s, op);
  for (;;) {
    // Who waits only looks: to ask for the lock takes the line from the worker that holds it.
    const holder = load(w, lock);
    if (holder !== 0) patience.wait(holder - 1);
    else if (compareExchange(w, lock, 0, s.owner) === 0) return;
  }
}

/** Lets go of a lock. */
export function release(s: State, lock: number): void {
  publish(s.words, lock, 0);
}

/** Waits for another worker, but not for ever: one that was terminated and not declared gone would never let go. */
export class Patience {
  readonly #s: State;
  readonly #op: string;
  #looks = 0;
  #until = 0;

  constructor(s: State, op: string) {
    this.#s = s;
    this.#op = op;
  }

  /** To be called after each look at a lock that the worker in that slot was seen to hold. EBUSY after seconds of it. */
  wait(slot: number): void {
    if (++this.#looks % LOOKS !== 0) return;
    const now = Date.now();
    if (this.#until === 0) this.#until = now + PATIENCE;
    if (now < this.#until) return;
    // What the caller was in the middle of stays as it is, as if it had been terminated there.
    add(this.#s.words, GONE, 1);
    throw new PidError(
      'EBUSY',
      this.#op,
      `worker slot ${slot} holds a lock and does not let go; if its thread was terminated, call declareGone(${slot})`,
    );
  }
}
