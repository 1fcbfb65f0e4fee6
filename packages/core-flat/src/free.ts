import { freePidmap, HEADER, hashDel, homeOf, pidLevel, type State, slotOf, slotOfNr } from '@pidlab/core';
import { ROOT_PID, VIRTUAL } from './layout.ts';

const { nr: NR, next: NEXT, ns: PID_NS } = ROOT_PID.at;
const { vnr: VNR, vnext: VNEXT } = VIRTUAL.at;
const ROOT_NS = HEADER.at.rootNs;

/** Takes a pid out of both hash tables. Locking: one hash chain a number. Source: `free_pid()`, hashed twice. */
export function unhash(s: State, pidAt: number): void {
  const w = s.words;
  hashDel(s, slotOfNr(s.pidHash, w[pidAt + NR]), pidAt + NEXT);
  if (pidLevel(s, pidAt) > 0) hashDel(s, slotOf(s.vnrHash, w[pidAt + VNR], w[pidAt + PID_NS]), pidAt + VNEXT);
}

/** Gives back the innermost `count` numbers: all of a pid, or as far as `allocPid` came. Locking: none. */
export function giveBack(s: State, pidAt: number, count: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  if (level > 0 && count > 0) freePidmap(s, homeOf(s, pidAt), w[pidAt + VNR]);
  if (count > level) freePidmap(s, w[ROOT_NS], w[pidAt + NR]);
}
