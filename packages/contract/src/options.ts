import type { Floors } from './traits.ts';

/**
 * How to make an allocator. Everything is optional. The memory is reserved at once and used as it is needed, so generous
 * values cost nothing until they are filled; nothing ever grows or moves.
 *
 * A design that keeps objects (`traits.memory`) has no block: `capacity`, `namespaces`, `memory` and `hash` are checked there as
 * everywhere, and have no effect.
 */
export interface PidAllocatorOptions {
  /**
   * Pids that you expect to be alive at once, in all namespaces together: an integer in `[1, PID_MAX_LIMIT]`, default
   * 262,144, or as many as fit where `memory` is given and smaller. Sizes the hash tables and, with `namespaces`, the block; more fit as long as there is memory.
   */
  readonly capacity?: number;
  /** Namespaces that you expect at once: an integer in `[0, 131072]`, default 1,024. Sizes the block. */
  readonly namespaces?: number;
  /**
   * Size of the whole block in bytes, in `[1 MiB, 1 GiB]`, rounded down to pages. Default: enough for `capacity` pids with
   * a task each, and for `namespaces`. What does not fit is ENOMEM.
   */
  readonly memory?: number;
  /** `pidMax` of the root at the start, in `[1, PID_MAX_LIMIT]`, default `PID_MAX_DEFAULT`. Other namespaces start with `PID_MAX_LIMIT`. */
  readonly pidMax?: number;
  /** Where allocation goes on after a wrap; default: the design's `traits.floors`. */
  readonly floors?: Floors;
  /**
   * `'capacity'` (default) gives the hash tables at least one slot for each number that `capacity` pids of the first two
   * levels carry; deeper ones share slots. Slots are a power of two. `'kernel'` uses the rule of 2007, which knows the size of
   * the block and nothing else: each table has `2 ** min(12, max(4, fls(4 * mebibytes)))` slots, 16 to 4,096. `mebibytes` is
   * `stats().reservedBytes / 2 ** 20`, rounded down, and `fls(n)` the place of the highest bit of n that is set, counted from 1:
   * `Math.floor(Math.log2(n)) + 1`. Source: `pidhash_init()`, 2.6.24.
   */
  readonly hash?: 'capacity' | 'kernel';
  /**
   * The first life number of every record, in `[1, 2^29 - 1]`. Default: drawn at random, so that handles of one allocator
   * do not fit another. Fix it for runs that must repeat to the bit.
   */
  readonly generationBase?: number;
  /**
   * Put the block into a `SharedArrayBuffer`, so that other threads can join with `attachPidAllocator`. Default: false. A
   * browser has those only on pages that are served cross-origin isolated (COOP and COEP headers).
   */
  readonly shared?: boolean;
  /** Threads that can be attached at once, the creator included: an integer in `[1, 256]`, default 16. Only beside `shared`. */
  readonly workers?: number;
  /**
   * Numbers of a namespace that a worker claims at once: a power of two in `[1, 32768]`, default 1. Only beside `shared`; whoever
   * attaches has the same.
   *
   * With 1 all workers draw from the namespace's one cursor, in the order of Linux. With more each worker draws from a window of its
   * own, which it claims by moving the cursor to its end: numbers from a multiple of `window` up to the next, below `pidMax`, as
   * far as they are above the cursor. Then two workers seldom write the same lines of memory: 512 numbers are a line of a bitmap.
   *
   * What holds with any:
   *  - A worker that is alone is given the very same numbers as with 1, and so does `lastPid` answer.
   *  - Nothing is reserved. A number is taken when a pid takes it, EAGAIN says what it says with 1, and a worker that is
   *    terminated takes no numbers with it but those of the pid that it was making.
   *  - Numbers below the floor are drawn one by one, since they are given out once.
   *  - `setLastPid` voids all windows of the namespace, and so does an allocation that goes on at the floor: whoever allocates after
   *    that goes on from the cursor. A number at or above `pidMax` is not given out of any window once `setPidMax` returns.
   *  - A number that was given back comes again after a whole cycle, as with 1, and not from a window whose worker has gone past it.
   *    What is left of a window that is void, or whose worker draws no more, comes in the next cycle.
   *
   * A worker has windows of at least four namespaces at once, of 32 at most. Of any other it draws the numbers one by one.
   *
   * With more than 1 the hash tables that `capacity` sizes have four times as many slots, so that two workers seldom write the same
   * line of those either: 24 bytes more for each pid.
   */
  readonly window?: number;
  /**
   * Start from what `snapshot()` returned, instead of from nothing. Only `shared` may stand beside it, for a snapshot of a
   * shared allocator.
   */
  readonly snapshot?: Uint8Array;
}
