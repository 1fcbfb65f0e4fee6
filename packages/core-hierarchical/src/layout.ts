/**
 * struct pid of the hierarchical design: one number for each level from the root down to its own.
 *
 * ```
 *   head (7 words) │ nr ns next │ nr ns next │ …        pid_1 to pid_3 take one cache line of 64 bytes,
 *                    level 0      level 1               pid_4 to pid_8 two
 * ```
 *
 * Source: `struct pid` and `struct upid` of 2.6.24.
 */
import { PID_HEAD, type Struct, struct } from '@pidlab/core';

const numberFields = {
  nr: ['once', 'the number at this level'],
  ns: ['once', 'serial of the namespace that gave it'],
  next: ['slotLock', 'hash link: the next link of the chain, or the marker of its slot'],
} as const;
/** struct upid: a number, whose it is, and its place in the hash. A pid has one after the other, from the root's level to its own. */
export const UPID: Struct<typeof numberFields> = struct('upid', numberFields);

/** Where the numbers start in a pid. */
export const NUMBERS: number = PID_HEAD.words;
const UPID_WORDS = UPID.words;

/** Word offset of the pid's number at that level. */
export function upidAt(pidAt: number, level: number): number {
  return pidAt + NUMBERS + level * UPID_WORDS;
}
