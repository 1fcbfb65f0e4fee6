import { buryPid, freePidmap, hashDel, homeOf, type State, slotOfNr } from '@pidlab/core';
import { PID, vpidOf } from './layout.ts';

const { nr: NR, next: NEXT } = PID.at;

/**
 * Takes a pid out of the hash, so that nobody finds it, and only then gives its number back.
 * Locking: its hash chain, which is the pid's own lock. Source: `free_pidmap()`, 2006.
 */
export function freePid(s: State, pidAt: number): void {
  hashDel(s, slotOfNr(s.pidHash, s.words[pidAt + NR]), pidAt + NEXT);
  giveBack(s, pidAt, 1);
}

/** Gives back the number, if `count` is 1, and the allocation's own reference: all of a pid, or as far as `allocPid` came. */
export function giveBack(s: State, pidAt: number, count: number): void {
  if (count === 1) freePidmap(s, homeOf(s, pidAt), vpidOf(s.words[pidAt + NR]));
  buryPid(s, pidAt, 1);
}
