/** Numbers that a process asks for, and its group and session. Source: kernel/sys.c. */
import { PIDTYPE_PGID, PIDTYPE_SID, type PidRef, type Vnr } from '@pidlab/contract';
import { callerOf, fail, integer, pidAt, taskAt, vnrOf } from './checks.ts';
import { findTask, type Table } from './table.ts';
import type { Task, ThreadGroup } from './task.ts';
import type { Process } from './types.ts';

export function getpid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = callerOf(t, process, 'getpid');
  return vnrOf(t, caller.group.leader.pid, caller);
}

export function getppid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = callerOf(t, process, 'getppid');
  const { parent } = caller.group;
  return parent === undefined ? (0 as Vnr) : vnrOf(t, parent.group.leader.pid, caller);
}

export function gettid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = callerOf(t, process, 'gettid');
  return vnrOf(t, caller.pid, caller);
}

export function getpgid<P>(t: Table<P>, process: Process<P>, pid: number): Vnr {
  const caller = callerOf(t, process, 'getpgid');
  return vnrOf(t, processNamed(t, caller, pid, 'getpgid').pgrp, caller);
}

export function getsid<P>(t: Table<P>, process: Process<P>, pid: number): Vnr {
  const caller = callerOf(t, process, 'getsid');
  return vnrOf(t, processNamed(t, caller, pid, 'getsid').session, caller);
}

/** The process that the caller knows by that number; 0 is its own. ESRCH. */
function processNamed<P>(t: Table<P>, caller: Task<P>, pid: number, op: string): ThreadGroup<P> {
  integer(pid, 'pid', op);
  if (pid === 0) return caller.group;
  return taskAt(t, pid, caller.pidNs)?.group ?? fail('ESRCH', op, `the caller sees no process ${pid}`);
}

export function setpgid<P>(t: Table<P>, process: Process<P>, pid: number, pgid: number): void {
  const op = 'setpgid';
  const caller = callerOf(t, process, op);
  integer(pid, 'pid', op);
  integer(pgid, 'pgid', op);
  const own = caller.group;
  const nr = pid === 0 ? vnrOf(t, own.leader.pid, caller) : pid;
  const groupNr = pgid === 0 ? nr : pgid;
  if (groupNr < 0) fail('EINVAL', op, `pgid is ${groupNr}; it has to be at least 0`);
  const target = taskAt(t, nr, caller.pidNs);
  if (target === undefined) fail('ESRCH', op, `the caller sees no process ${nr}`);
  const { group } = target;
  if (group.leader !== target) fail('EINVAL', op, `${nr} is a thread, not a process`);
  if (group.parent?.group === own) {
    if (group.session !== own.session) fail('EPERM', op, `child ${nr} is in another session`);
    if (group.execed) fail('EACCES', op, `child ${nr} has started another program`);
  } else if (group !== own) fail('ESRCH', op, `${nr} is neither the caller nor its child`);
  if (group.sessionLeader) fail('EPERM', op, `${nr} leads a session`);
  const pgrp = groupNr === nr ? target.pid : groupIn(t, caller, groupNr, own.session);
  if (pgrp === undefined) fail('EPERM', op, `the caller’s session has no process group ${groupNr}`);
  moveTo(t, group, PIDTYPE_PGID, pgrp);
}

/** The process group of that number, if it is in the session. */
function groupIn<P>(t: Table<P>, caller: Task<P>, nr: number, session: PidRef): PidRef | undefined {
  const pgrp = pidAt(t, nr, caller.pidNs);
  const member = pgrp === undefined ? undefined : t.allocator.pidTask(pgrp, PIDTYPE_PGID);
  return member !== undefined && findTask(t.tasks, member)!.group.session === session ? pgrp : undefined;
}

export function setsid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = callerOf(t, process, 'setsid');
  const { group } = caller;
  const { pid } = group.leader;
  if (group.sessionLeader) fail('EPERM', 'setsid', 'the process leads a session already');
  if (t.allocator.pidTask(pid, PIDTYPE_PGID) !== undefined)
    fail('EPERM', 'setsid', 'there is a process group of this number; fork, and let the child do it');
  group.sessionLeader = true;
  moveTo(t, group, PIDTYPE_SID, pid);
  moveTo(t, group, PIDTYPE_PGID, pid);
  return vnrOf(t, pid, caller);
}

/** The old group's or session's number may be free then. Source: `change_pid()`. */
function moveTo<P>(
  t: Table<P>,
  group: ThreadGroup<P>,
  type: typeof PIDTYPE_PGID | typeof PIDTYPE_SID,
  pid: PidRef,
): void {
  const a = t.allocator;
  const { task } = group.leader;
  if ((type === PIDTYPE_PGID ? group.pgrp : group.session) === pid) return;
  a.detachPid(task, type);
  a.attachPid(task, type, pid);
  if (type === PIDTYPE_PGID) group.pgrp = pid;
  else group.session = pid;
}

export function setChildSubreaper<P>(t: Table<P>, process: Process<P>, on: boolean): void {
  callerOf(t, process, 'setChildSubreaper').group.subreaper = on;
}
