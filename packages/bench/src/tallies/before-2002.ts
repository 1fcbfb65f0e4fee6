import { RESERVED_PIDS } from '@pidlab/contract';

/**
 * The search for a free number as Linux did it before 2002: the numbers of all tasks stand in a list. As long as the
 * candidate is below the smallest number that is known to be taken, it is free without a look. Past that, all tasks are
 * walked through: one that has the candidate moves it on and the walk begins anew, and of those above it the smallest is
 * remembered.
 *
 * Source: `get_pid()` of 2.4.
 */
export class TaskSearch {
  readonly #pidMax: number;
  readonly #floor: number;
  #last = 0;
  /** No number in (last, safe) is taken. */
  #safe = 0;
  /** Tasks that were looked at, by all searches together. */
  looked = 0;

  constructor(pidMax: number, floor: number = RESERVED_PIDS) {
    this.#pidMax = pidMax;
    this.#floor = floor;
  }

  /** The next free number beside those of the first `count` tasks, of which one must be free. */
  next(tasks: Int32Array, count: number): number {
    let nr = this.#after(this.#last);
    if (nr >= this.#safe) nr = this.#search(tasks, count, nr);
    this.#last = nr;
    return nr;
  }

  #after(nr: number): number {
    if (nr + 1 < this.#pidMax) return nr + 1;
    this.#safe = 0;
    return this.#floor;
  }

  #search(tasks: Int32Array, count: number, from: number): number {
    let nr = from;
    this.#safe = this.#pidMax;
    let at = 0;
    for (; at < count; at++) {
      const taken = tasks[at];
      if (taken > nr && taken < this.#safe) this.#safe = taken;
      if (taken !== nr) continue;
      this.looked += at + 1;
      nr = this.#after(nr);
      // What is known to be taken may be the next candidate; then nothing is known any more.
      if (nr >= this.#safe) this.#safe = this.#pidMax;
      at = -1;
    }
    this.looked += at;
    return nr;
  }
}
