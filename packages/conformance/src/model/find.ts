/** From numbers to pids and back (semantics: lookup and translation). */
import {
  type Nr,
  type NsRef,
  PID_MAX_LIMIT,
  PIDTYPE_PID,
  type PidRef,
  type PidType,
  type RootNr,
  type TaskRef,
  type Vnr,
} from '@pidlab/contract';
import { checkNumber, LARGEST_NR, nsOf, pidOf, taskOf } from './checks.ts';
import { takenFrom } from './pidmap.ts';
import { encode, getPid } from './pids.ts';
import type { NsRecord, PidRecord, State, TaskRecord } from './state.ts';

/** The pid that `ns` knows as `nr`. A number can be taken by one that is not there yet, or not any more: by an allocation or a `freePid` that is under way. */
export function lookUp(s: State, nr: number, ns: NsRecord): PidRef | undefined {
  const holder = holderOf(s, nr, ns);
  return holder !== undefined && s.pids.get(holder)?.alive === true ? holder : undefined;
}

function holderOf(s: State, nr: number, ns: NsRecord): PidRef | undefined {
  if (s.traits.rootNumbers === 'encoded' && ns.level === 0) {
    const space = Math.floor(nr / PID_MAX_LIMIT);
    return spaces(s)
      .find((owner) => owner.space === space)
      ?.taken.get(nr % PID_MAX_LIMIT);
  }
  return ns.taken.get(nr);
}

/** All namespaces, by the id of their space. */
function spaces(s: State): NsRecord[] {
  return [...s.namespaces.values()].sort((a, b) => a.space - b.space);
}

export function findPidNs(s: State, nr: number, ns: NsRef): PidRef | undefined {
  const record = nsOf(s, ns, 'findPidNs');
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findPidNs');
  return lookUp(s, nr, record);
}

export function findPid(s: State, nr: number): PidRef | undefined {
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findPid');
  return lookUp(s, nr, s.namespaces.get(s.root)!);
}

export function findVpid(s: State, nr: number, viewer: TaskRef): PidRef | undefined {
  const task = taskOf(s, viewer, 'findVpid', 'viewer');
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findVpid');
  return lookUpAsSeenBy(s, nr, task);
}

/** The pid that the task's own namespace knows as `nr`. */
export function lookUpAsSeenBy(s: State, nr: number, viewer: TaskRecord): PidRef | undefined {
  const ns = activeNs(s, viewer);
  return ns === undefined ? undefined : lookUp(s, nr, ns);
}

export function findGetPid(s: State, nr: number, ns: NsRef): PidRef | undefined {
  const record = nsOf(s, ns, 'findGetPid');
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findGetPid');
  const pid = lookUp(s, nr, record);
  return pid === undefined ? undefined : getPid(s, pid);
}

export function findGePid(s: State, nr: number, ns: NsRef): PidRef | undefined {
  const record = nsOf(s, ns, 'findGePid');
  checkNumber(nr, 'nr', 0, LARGEST_NR + 1, 'findGePid');
  if (s.traits.rootNumbers === 'encoded' && record.level === 0) {
    for (const owner of spaces(s)) {
      const vpid = takenFrom(owner, Math.max(0, nr - encode(owner.space, 0)));
      if (vpid !== undefined) return owner.taken.get(vpid);
    }
    return undefined;
  }
  const found = takenFrom(record, nr);
  return found === undefined ? undefined : record.taken.get(found);
}

/** The number by which `ns` knows `pid`, 0 where it does not see it. */
export function numberSeenFrom(s: State, pid: PidRecord, ns: NsRef): number {
  if (ns === s.root) return pid.rootNr;
  return pid.numbers.find((number) => number.ns === ns)?.nr ?? 0;
}

export function pidNrNs(s: State, pid: PidRef, ns: NsRef): Nr {
  const record = pidOf(s, pid, 'pidNrNs');
  return numberSeenFrom(s, record, nsOf(s, ns, 'pidNrNs').ref) as Nr;
}

export function pidNr(s: State, pid: PidRef): RootNr {
  return pidOf(s, pid, 'pidNr').rootNr as RootNr;
}

export function pidVnr(s: State, pid: PidRef, viewer: TaskRef): Vnr {
  const record = pidOf(s, pid, 'pidVnr');
  const ns = activeNs(s, taskOf(s, viewer, 'pidVnr', 'viewer'));
  return (ns === undefined ? 0 : numberSeenFrom(s, record, ns.ref)) as Vnr;
}

export function pidNs(s: State, pid: PidRef): NsRef | undefined {
  return s.namespaces.get(pidOf(s, pid, 'pidNs').ns)?.ref;
}

export function isContainerInit(s: State, pid: PidRef): boolean {
  return pidOf(s, pid, 'isContainerInit').numbers[0]!.nr === 1;
}

/** The namespace of the task's own pid. */
export function activeNs(s: State, task: TaskRecord): NsRecord | undefined {
  const pid = pidByType(s, task, PIDTYPE_PID);
  return pid === undefined ? undefined : s.namespaces.get(pid.ns);
}

export function pidByType(s: State, task: TaskRecord, type: PidType): PidRecord | undefined {
  const pid = task.pids.get(type);
  return pid === undefined ? undefined : s.pids.get(pid)!;
}
