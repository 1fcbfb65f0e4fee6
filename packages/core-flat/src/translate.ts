import type { PidType } from '@pidlab/contract';
import { NS, pidLevel, type State, zeroAfterSerial } from '@pidlab/core';
import { FLAT_TASK, PAIR, ROOT_PID, VIRTUAL } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, ns: PID_NS } = ROOT_PID.at;
const VNR = VIRTUAL.at.vnr;

/** The number by which `ns` knows the pid: the root by the global one, its own by the virtual one, all others not at all (0). */
export function pidNrNs(s: State, pidAt: number, nsAt: number): number {
  const w = s.words;
  if (w[nsAt + LEVEL] === 0) return w[pidAt + NR];
  const serial = w[nsAt + SERIAL];
  const of = w[pidAt + zeroAfterSerial(serial) + PID_NS];
  return of === serial ? w[pidAt + zeroAfterSerial(of) + VNR] : 0;
}

/** The global number. */
export function pidNr(s: State, pidAt: number): number {
  return s.words[pidAt + NR];
}

/** The virtual number, which in the root is the global one. */
export function pidOwnNr(s: State, pidAt: number): number {
  return s.words[pidAt + (pidLevel(s, pidAt) === 0 ? NR : VNR)];
}

/** Serial of the pid's own namespace. */
export function pidSerial(s: State, pidAt: number): number {
  return s.words[pidAt + PID_NS];
}

/** The number of the task's pid of that type as `ns` sees it: read from the task alone. */
export function taskNrNs(s: State, taskAt: number, type: PidType, nsAt: number): number {
  const w = s.words;
  const pair = flatPairAt(taskAt, type);
  if (w[nsAt + LEVEL] === 0) return w[pair + PAIR.at.nr];
  return w[pair + PAIR.at.ns] === w[nsAt + SERIAL] ? w[pair + PAIR.at.vnr] : 0;
}

/** A task takes down both numbers of a pid that it is attached to. */
export function rememberNumbers(s: State, taskAt: number, type: PidType, pidAt: number): void {
  const pair = flatPairAt(taskAt, type);
  s.words[pair + PAIR.at.nr] = pidNr(s, pidAt);
  s.words[pair + PAIR.at.vnr] = pidOwnNr(s, pidAt);
  s.words[pair + PAIR.at.ns] = pidSerial(s, pidAt);
}

/** And crosses them out when it is detached. */
export function forgetNumbers(s: State, taskAt: number, type: PidType): void {
  const pair = flatPairAt(taskAt, type);
  s.words[pair + PAIR.at.nr] = 0;
  s.words[pair + PAIR.at.vnr] = 0;
  s.words[pair + PAIR.at.ns] = 0;
}

/** Word offset of the task's numbers of that type. */
export function flatPairAt(taskAt: number, type: number): number {
  return taskAt + FLAT_TASK.at.pairs + type * PAIR.words;
}
