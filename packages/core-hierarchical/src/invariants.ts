/**
 * What must hold beside what core walks:
 *
 * 1. A pid carries one number for each level, given by the namespace there: its own, that one's parent, … the root.
 */
import { eachLivePid, homeOf, NS, type NumberVisitor, pidLevel, type State, slotOf } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';

const { parent: PARENT, level: LEVEL } = NS.at;
const { nr: NR, ns: UPID_NS, next: NEXT } = UPID.at;

/** Each number, innermost first, with the namespace that gave it and its link. */
export function eachNumber(s: State, pidAt: number, visit: NumberVisitor): void {
  const w = s.words;
  let at = homeOf(s, pidAt);
  for (let i = pidLevel(s, pidAt); i >= 0; i--) {
    const upid = upidAt(pidAt, i);
    visit(w[upid + NR], at, upid + NEXT, slotOf(s.pidHash, w[upid + NR], w[upid + UPID_NS]));
    at = w[at + PARENT];
  }
}

/** Invariant 1. */
export function checkDesign(s: State, say: (violation: string) => void): void {
  const w = s.words;
  eachLivePid(s, (pidAt) => {
    let at = homeOf(s, pidAt);
    for (let i = pidLevel(s, pidAt); i >= 0; i--) {
      const right = at !== 0 && w[at + LEVEL] === i && w[upidAt(pidAt, i) + UPID_NS] === w[at + NS.at.serial];
      if (!right) return say(`pid ${pidAt} has a number at level ${i} that the namespace there did not give`);
      at = w[at + PARENT];
    }
  });
}
