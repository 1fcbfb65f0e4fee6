import { freePidmap, hashDel, homeOf, type State, slotOfNr } from '@pidlab/core';
import { PID, vpidOf } from './layout.ts';

const { nr: NR, next: NEXT } = PID.at;

/** Takes a pid out of the hash. Locking: its hash chain. Source: `free_pidmap()`, 2006. */
export function unhash(s: State, pidAt: number): void {
  hashDel(s, slotOfNr(s.pidHash, s.words[pidAt + NR]), pidAt + NEXT);
}

/** Gives back the number, if `count` is 1 and not 0: `allocPid` had taken it. Locking: none. */
export function giveBack(s: State, pidAt: number, count: number): void {
  if (count === 1) freePidmap(s, homeOf(s, pidAt), vpidOf(s.words[pidAt + NR]));
}
