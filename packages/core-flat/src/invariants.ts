/**
 * What must hold beside what core walks:
 *
 * 1. A pid carries the serial of the namespace that it was allocated in, and as its global number one of the root's.
 * 2. A task's pair of numbers is that of the pid it hangs on; zeros where it hangs on none. The word that fills the line
 *    is 0.
 */
import { PIDTYPE_MAX, type PidType } from '@pidlab/contract';
import {
  eachTask,
  HEADER,
  homeOf,
  type NumberVisitor,
  pidLevel,
  type State,
  slotOf,
  slotOfNr,
  taskPid,
} from '@pidlab/core';
import { FLAT_TASK, PAIR, ROOT_PID, VIRTUAL } from './layout.ts';
import { flatPairAt, pidNr, pidOwnNr, pidSerial } from './translate.ts';

const { nr: NR, next: NEXT, ns: PID_NS } = ROOT_PID.at;
const { vnr: VNR, vnext: VNEXT } = VIRTUAL.at;
const ROOT_NS = HEADER.at.rootNs;

/** Each number, innermost first, with the namespace that gave it and its link. */
export function eachNumber(s: State, pidAt: number, visit: NumberVisitor): void {
  const w = s.words;
  if (pidLevel(s, pidAt) > 0) {
    const slot = slotOf(s.vnrHash, w[pidAt + VNR], w[pidAt + PID_NS]);
    visit(w[pidAt + VNR], homeOf(s, pidAt), pidAt + VNEXT, slot);
  }
  visit(w[pidAt + NR], w[ROOT_NS], pidAt + NEXT, slotOfNr(s.pidHash, w[pidAt + NR]));
}

/** Invariant 2; core walks the first by `pidSerial` and `eachNumber`. */
export function checkDesign(s: State, say: (violation: string) => void): void {
  eachTask(s, (taskAt) => {
    if (s.words[taskAt + FLAT_TASK.at.unused] !== 0)
      say(`task ${taskAt} has something in the word that fills the line`);
    for (let type = 0; type < PIDTYPE_MAX; type++) checkPair(s, taskAt, type as PidType, say);
  });
}

function checkPair(s: State, taskAt: number, type: PidType, say: (violation: string) => void): void {
  const pidAt = taskPid(s, taskAt, type);
  const pair = flatPairAt(taskAt, type);
  const wanted = pidAt === 0 ? [0, 0, 0] : [pidNr(s, pidAt), pidOwnNr(s, pidAt), pidSerial(s, pidAt)];
  const found = [PAIR.at.nr, PAIR.at.vnr, PAIR.at.ns].map((field) => s.words[pair + field]);
  if (found.join() !== wanted.join()) say(`task ${taskAt} has the numbers ${found} of type ${type}, not ${wanted}`);
}
