import { HEADER, type State } from '@pidlab/core';
import { PID } from './layout.ts';
import { findGeNumber, findNumber } from './map/idr.ts';

const ROOT_NS = HEADER.at.rootNs;

/** The pid that `ns` knows as `nr`; 0 for none. Locking: none. Source: `find_pid_ns()`. */
export function findPidNs(s: State, nr: number, nsAt: number): number {
  return findNumber(s, nsAt, nr);
}

/** The pid that the root knows as `nr`; 0 for none. */
export function findPid(s: State, nr: number): number {
  return findPidNs(s, nr, s.words[ROOT_NS]);
}

/** The pid's own word for its lock. */
export function pidSlot(_s: State, pidAt: number): number {
  return pidAt + PID.at.lock;
}

/** The pid with the smallest number at or above `nr` that `ns` sees; 0 for none. Source: `find_ge_pid()`. */
export function findGePid(s: State, nr: number, nsAt: number): number {
  return findGeNumber(s, nsAt, nr);
}
