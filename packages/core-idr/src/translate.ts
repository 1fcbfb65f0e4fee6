import type { PidType } from '@pidlab/contract';
import { NS, pidLevel, type State, taskPid, zeroAfterSerial } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';

const { level: LEVEL, serial: SERIAL } = NS.at;
const { nr: NR, ns: UPID_NS } = UPID.at;

/**
 * The number by which `ns` knows the pid, 0 where it does not see it: the one at its level, if that very namespace gave
 * it. Source: `pid_nr_ns()`.
 */
export function pidNrNs(s: State, pidAt: number, nsAt: number): number {
  const w = s.words;
  const level = w[nsAt + LEVEL];
  if (level > pidLevel(s, pidAt)) return 0;
  const upid = upidAt(pidAt, level);
  const serial = w[nsAt + SERIAL];
  const of = w[upid + zeroAfterSerial(serial) + UPID_NS];
  return of === serial ? w[upid + zeroAfterSerial(of) + NR] : 0;
}

/** The number by which the root knows the pid: the first. */
export function pidNr(s: State, pidAt: number): number {
  const w = s.words;
  return w[upidAt(pidAt, 0) + NR];
}

/** The number in the pid's own namespace: the last. */
export function pidOwnNr(s: State, pidAt: number): number {
  return s.words[upidAt(pidAt, pidLevel(s, pidAt)) + NR];
}

/** Serial of the pid's own namespace. */
export function pidSerial(s: State, pidAt: number): number {
  return s.words[upidAt(pidAt, pidLevel(s, pidAt)) + UPID_NS];
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
