import type { PidType } from '@pidlab/contract';
import { NS, type State, taskPid, zeroAfterSerial } from '@pidlab/core';
import { PID, vpidOf } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, ns: PID_NS } = PID.at;

/** The number by which `ns` knows the pid: the root by the whole, its own by the low part, all others not at all (0). */
export function pidNrNs(s: State, pidAt: number, nsAt: number): number {
  const w = s.words;
  if (w[nsAt + LEVEL] === 0) return w[pidAt + NR];
  const serial = w[nsAt + SERIAL];
  const of = w[pidAt + zeroAfterSerial(serial) + PID_NS];
  return of === serial ? vpidOf(w[pidAt + zeroAfterSerial(of) + NR]) : 0;
}

/** The global number. */
export function pidNr(s: State, pidAt: number): number {
  return s.words[pidAt + NR];
}

/** The number in the pid's own namespace: the low part. */
export function pidOwnNr(s: State, pidAt: number): number {
  return vpidOf(s.words[pidAt + NR]);
}

/** Serial of the pid's own namespace. */
export function pidSerial(s: State, pidAt: number): number {
  return s.words[pidAt + PID_NS];
}

/** The number of the task's pid of that type as `ns` sees it: asked of the pid. */
export function taskNrNs(s: State, taskAt: number, type: PidType, nsAt: number): number {
  const pidAt = taskPid(s, taskAt, type);
  return pidAt === 0 ? 0 : pidNrNs(s, pidAt, nsAt);
}

/** A task remembers nothing of its pids. */
export function rememberNumbers(): void {}

/** And has nothing to forget. */
export function forgetNumbers(): void {}
