/** What hangs on pids (semantics: tasks). */
import {
  type Nr,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  PidBug,
  type PidRef,
  type PidType,
  type TaskRef,
} from '@pidlab/contract';
import { checkNumber, checkType, LARGEST_NR, nsOf, pidOf, taskOf } from './checks.ts';
import { activeNs, lookUp, lookUpAsSeenBy, numberSeenFrom, pidByType } from './find.ts';
import { giveObject, takeObject } from './memory.ts';
import { endPid, getPid } from './pids.ts';
import { newRef, type State } from './state.ts';

export function allocTask(s: State): TaskRef {
  takeObject(s.memory, 'task', 'allocTask');
  const ref = newRef(s) as TaskRef;
  s.tasks.set(ref, { ref, pids: new Map() });
  return ref;
}

export function freeTask(s: State, task: TaskRef): void {
  const record = taskOf(s, task, 'freeTask');
  if (record.pids.size > 0) throw new PidBug('freeTask', `task ${task} still hangs on a pid`);
  s.tasks.delete(task);
  giveObject(s.memory, 'task');
}

export function attachPid(s: State, task: TaskRef, type: PidType, pid: PidRef): void {
  const record = taskOf(s, task, 'attachPid');
  checkType(type, 'attachPid');
  const target = pidOf(s, pid, 'attachPid');
  if (record.pids.has(type)) throw new PidBug('attachPid', `task ${task} has a pid of type ${type} already`);
  if (!target.alive) throw new PidBug('attachPid', `pid ${pid} is dead`);
  record.pids.set(type, pid);
  target.tasks[type]!.unshift(task);
  const ns = s.namespaces.get(target.ns)!;
  if (type === PIDTYPE_PID && ns.reaper === undefined && !ns.disabled) ns.reaper = task;
}

export function detachPid(s: State, task: TaskRef, type: PidType): void {
  const record = taskOf(s, task, 'detachPid');
  checkType(type, 'detachPid');
  const pid = pidByType(s, record, type);
  if (pid === undefined) throw new PidBug('detachPid', `task ${task} has no pid of type ${type}`);
  record.pids.delete(type);
  const list = pid.tasks[type]!;
  list.splice(list.indexOf(task), 1);
  const ns = s.namespaces.get(pid.ns)!;
  if (type === PIDTYPE_PID && ns.reaper === task) ns.reaper = undefined;
  if (pid.tasks.every((tasks) => tasks.length === 0)) endPid(s, pid);
}

export function transferPid(s: State, old: TaskRef, next: TaskRef, type: PidType): void {
  const from = taskOf(s, old, 'transferPid', 'old');
  const to = taskOf(s, next, 'transferPid', 'next');
  checkType(type, 'transferPid');
  const pid = pidByType(s, from, type);
  if (pid === undefined) throw new PidBug('transferPid', `old task ${old} has no pid of type ${type}`);
  if (to.pids.has(type)) throw new PidBug('transferPid', `next task ${next} has a pid of type ${type} already`);
  from.pids.delete(type);
  to.pids.set(type, pid.ref);
  const list = pid.tasks[type]!;
  list[list.indexOf(old)] = next;
  const ns = s.namespaces.get(pid.ns)!;
  if (type === PIDTYPE_PID && ns.reaper === old) ns.reaper = next;
}

export function pidTask(s: State, pid: PidRef, type: PidType): TaskRef | undefined {
  const record = pidOf(s, pid, 'pidTask');
  checkType(type, 'pidTask');
  return record.tasks[type]![0];
}

export function nextPidTask(s: State, task: TaskRef, type: PidType): TaskRef | undefined {
  const record = taskOf(s, task, 'nextPidTask');
  checkType(type, 'nextPidTask');
  const list = pidByType(s, record, type)?.tasks[type] ?? [];
  return list[list.indexOf(task) + 1];
}

export function taskPid(s: State, task: TaskRef, type: PidType): PidRef | undefined {
  const record = taskOf(s, task, 'taskPid');
  checkType(type, 'taskPid');
  return record.pids.get(type);
}

export function getTaskPid(s: State, task: TaskRef, type: PidType): PidRef | undefined {
  const record = taskOf(s, task, 'getTaskPid');
  checkType(type, 'getTaskPid');
  const pid = record.pids.get(type);
  return pid === undefined ? undefined : getPid(s, pid);
}

export function findTaskByPidTypeNs(s: State, type: PidType, nr: number, ns: NsRef): TaskRef | undefined {
  checkType(type, 'findTaskByPidTypeNs');
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findTaskByPidTypeNs');
  return firstTask(s, lookUp(s, nr, nsOf(s, ns, 'findTaskByPidTypeNs')), type);
}

export function findTaskByPid(s: State, nr: number): TaskRef | undefined {
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findTaskByPid');
  return firstTask(s, lookUp(s, nr, s.namespaces.get(s.root)!), PIDTYPE_PID);
}

export function findTaskByVpid(s: State, nr: number, viewer: TaskRef): TaskRef | undefined {
  const record = taskOf(s, viewer, 'findTaskByVpid', 'viewer');
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findTaskByVpid');
  return firstTask(s, lookUpAsSeenBy(s, nr, record), PIDTYPE_PID);
}

export function findTaskByPidNs(s: State, nr: number, ns: NsRef): TaskRef | undefined {
  const record = nsOf(s, ns, 'findTaskByPidNs');
  checkNumber(nr, 'nr', 0, LARGEST_NR, 'findTaskByPidNs');
  return firstTask(s, lookUp(s, nr, record), PIDTYPE_PID);
}

function firstTask(s: State, pid: PidRef | undefined, type: PidType): TaskRef | undefined {
  return pid === undefined ? undefined : s.pids.get(pid)!.tasks[type]![0];
}

export function taskPidNrNs(s: State, task: TaskRef, ns: NsRef): Nr {
  return numberByType(s, task, PIDTYPE_PID, ns, 'taskPidNrNs');
}

export function taskTgidNrNs(s: State, task: TaskRef, ns: NsRef): Nr {
  return numberByType(s, task, PIDTYPE_TGID, ns, 'taskTgidNrNs');
}

export function taskPgrpNrNs(s: State, task: TaskRef, ns: NsRef): Nr {
  return numberByType(s, task, PIDTYPE_PGID, ns, 'taskPgrpNrNs');
}

export function taskSessionNrNs(s: State, task: TaskRef, ns: NsRef): Nr {
  return numberByType(s, task, PIDTYPE_SID, ns, 'taskSessionNrNs');
}

function numberByType(s: State, task: TaskRef, type: PidType, ns: NsRef, op: string): Nr {
  const pid = pidByType(s, taskOf(s, task, op), type);
  const viewer = nsOf(s, ns, op);
  return (pid === undefined ? 0 : numberSeenFrom(s, pid, viewer.ref)) as Nr;
}

export function taskActivePidNs(s: State, task: TaskRef): NsRef | undefined {
  return activeNs(s, taskOf(s, task, 'taskActivePidNs'))?.ref;
}
