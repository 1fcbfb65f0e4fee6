/**
 * What must hold beside what core walks:
 *
 * 1. A pid carries one number for each level, given by the namespace there: its own, that one's parent, … the root.
 * 2. Every node is in one tree; its marks say what is taken and what is full below it; none is empty, and no tree is higher
 *    than its largest number needs. (map/trees.ts)
 * 3. The slots of the leaves lead to the live pids, to each by each of its numbers, and to nobody else. (map/trees.ts)
 */
import { eachLivePid, homeOf, NS, type NumberVisitor, pidLevel, type State } from '@pidlab/core';
import { IDR_NS, UPID, upidAt } from './layout.ts';
import { slotOf } from './map/radix-tree.ts';

const { parent: PARENT, level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, ns: UPID_NS } = UPID.at;
const TREE = IDR_NS.at.tree;

/** Each number, innermost first, with the namespace that gave it, the pid, and the slot that leads to it, 0 where none can. */
export function eachNumber(s: State, pidAt: number, visit: NumberVisitor): void {
  const w = s.words;
  let at = homeOf(s, pidAt);
  for (let i = pidLevel(s, pidAt); i >= 0; i--) {
    const upid = upidAt(pidAt, i);
    // What was being made when its worker ended may not have this number yet.
    const isGiven = w[at + SERIAL] === w[upid + UPID_NS];
    visit(w[upid + NR], at, pidAt, isGiven ? slotOf(s, w[at + TREE], w[upid + NR]) : 0);
    at = w[at + PARENT];
  }
}

/** Invariant 1. */
export function checkDesign(s: State, say: (violation: string) => void): void {
  const w = s.words;
  eachLivePid(s, (pidAt) => {
    let at = homeOf(s, pidAt);
    for (let i = pidLevel(s, pidAt); i >= 0; i--) {
      const right = at !== 0 && w[at + LEVEL] === i && w[upidAt(pidAt, i) + UPID_NS] === w[at + SERIAL];
      if (!right) return say(`pid ${pidAt} has a number at level ${i} that the namespace there did not give`);
      at = w[at + PARENT];
    }
  });
}
