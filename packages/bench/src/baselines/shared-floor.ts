import { RESERVED_PIDS } from '@pidlab/contract';
import type { Workload } from '../workload.ts';

/** Words before the map: the cursor has a cache line of its own. */
const MAP = 16;

/** What `threads` of the shared floor have in common: a cursor and a bit for each number below `pidMax`. */
export function sharedFloorMap(pidMax: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (MAP + (pidMax >>> 5))));
}

/**
 * The least that several threads have to do to give out numbers of one range in a cycle: move a common cursor, set a bit,
 * clear a bit. A pid is its number. What two threads lose here they lose to the machine: each of the three words goes from
 * one core's cache to the other's.
 */
export function sharedFloor(words: Int32Array): Workload {
  const pidMax = (words.length - MAP) << 5;
  const allocPid = (): number => {
    for (;;) {
      const nr = RESERVED_PIDS + ((Atomics.add(words, 0, 1) >>> 0) % (pidMax - RESERVED_PIDS));
      const bit = 1 << nr;
      if ((Atomics.or(words, MAP + (nr >>> 5), bit) & bit) === 0) return nr;
    }
  };
  const freePid = (nr: number): void => {
    Atomics.and(words, MAP + (nr >>> 5), ~(1 << nr));
  };
  return { allocPid, freePid } as unknown as Workload;
}

/** How many numbers are taken. */
export function takenInFloor(words: Int32Array): number {
  let taken = 0;
  for (const word of words.subarray(MAP)) for (let bits = word; bits !== 0; bits &= bits - 1) taken++;
  return taken;
}
