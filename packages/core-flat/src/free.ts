import { buryPid, freePidmap, HEADER, hashDel, homeOf, pidLevel, type State, slotOf, slotOfNr } from '@pidlab/core';
import { ROOT_PID, VIRTUAL } from './layout.ts';

const { nr: NR, next: NEXT, ns: PID_NS } = ROOT_PID.at;
const { vnr: VNR, vnext: VNEXT } = VIRTUAL.at;
const ROOT_NS = HEADER.at.rootNs;

/**
 * Takes a pid out of both hash tables, so that nobody finds it, and only then gives its numbers back.
 * Locking: one hash chain a number, the first of which is the pid's own lock. Source: `free_pid()`, hashed twice.
 */
export function freePid(s: State, pidAt: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  hashDel(s, slotOfNr(s.pidHash, w[pidAt + NR]), pidAt + NEXT);
  if (level > 0) hashDel(s, slotOf(s.vnrHash, w[pidAt + VNR], w[pidAt + PID_NS]), pidAt + VNEXT);
  giveBack(s, pidAt, level + 1);
}

/** Gives back the innermost `count` numbers and the allocation's own reference: all of a pid, or as far as `allocPid` came. */
export function giveBack(s: State, pidAt: number, count: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  if (level > 0 && count > 0) freePidmap(s, homeOf(s, pidAt), w[pidAt + VNR]);
  if (count > level) freePidmap(s, w[ROOT_NS], w[pidAt + NR]);
  buryPid(s, pidAt, level + 1);
}
