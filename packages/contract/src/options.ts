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
   * Start from what `snapshot()` returned, instead of from nothing. Only `shared` may stand beside it, for a snapshot of a
   * shared allocator.
   */
  readonly snapshot?: Uint8Array;
}
