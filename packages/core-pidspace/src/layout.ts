/**
 * struct pid of the pidspace design: one number, in which the space and the virtual number stand side by side.
 *
 * ```
 *   head (7 words) │ nr next ns            nr   30 ....... 22 21 ............ 0
 *                                               space id      vpid
 * ```
 *
 * All pids come from `pid_1` and take one cache line of 64 bytes.
 *
 * Source: Franke's pidspaces patch for 2.6.15, January 2006.
 */
import { PID_MAX_LIMIT, PID_MAX_LIMIT_SHIFT } from '@pidlab/contract';
import { PID_HEAD, type Struct, struct } from '@pidlab/core';

const pidFields = {
  nr: ['once', 'the global number: space id and vpid'],
  next: ['slotLock', 'hash link: the next link of the chain, or the marker of its slot'],
  ns: ['once', 'serial of the namespace that it was allocated in: a space id can come back, a serial never does'],
} as const;
/** A pid. */
export const PID: Struct<typeof pidFields> = struct('pid (pidspace)', pidFields, PID_HEAD);

/** The space of a global number. */
export function spaceOf(nr: number): number {
  return nr >>> PID_MAX_LIMIT_SHIFT;
}

/** The global number of a vpid in a space. */
export function globalNr(space: number, vpid: number): number {
  return (space << PID_MAX_LIMIT_SHIFT) | vpid;
}

/** The number of a global number within its space. */
export function vpidOf(nr: number): number {
  return nr & (PID_MAX_LIMIT - 1);
}
