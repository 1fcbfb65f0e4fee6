/** Numbers that a process asks for, and its group and session. Source: kernel/sys.c. */
import { PIDTYPE_PGID, type Vnr } from '@pidlab/contract';
import { callerOf, fail, integer, pgrpAt, taskAt, viewerOf, vnrOf } from './checks.ts';
import { addMember, leavePgrp, leaveSession, openPgrp, openSession, updateTie } from './members.ts';
import { childrenOf, isLeader, Pgrp, Session, type Table, type Task, type ThreadGroup, threadsOf } from './task.ts';
import type { Process } from './types.ts';

export function getpid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = viewerOf(t, process, 'getpid');
  return vnrOf(t, caller.group.groupLeader.pid, caller);
}

export function getppid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = viewerOf(t, process, 'getppid');
  const { realParent: parent } = caller.group;
  return parent === undefined ? (0 as Vnr) : vnrOf(t, parent.group.groupLeader.pid, caller);
}

export function gettid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = viewerOf(t, process, 'gettid');
  return vnrOf(t, caller.pid, caller);
}

export function getpgid<P>(t: Table<P>, process: Process<P>, pid: number): Vnr {
  const caller = viewerOf(t, process, 'getpgid');
  return vnrOf(t, processNamed(t, caller, pid, 'getpgid').pgrp.pid, caller);
}

export function getsid<P>(t: Table<P>, process: Process<P>, pid: number): Vnr {
  const caller = viewerOf(t, process, 'getsid');
  return vnrOf(t, processNamed(t, caller, pid, 'getsid').pgrp.session.pid, caller);
}

/** The process that the caller knows by that number; 0 is its own. ESRCH. */
function processNamed<P>(t: Table<P>, caller: Task<P>, pid: number, op: string): ThreadGroup<P> {
  integer(pid, 'pid', op);
  if (pid === 0) return caller.group;
  return taskAt(t, pid, caller.home.ref)?.group ?? fail('ESRCH', op, `the caller sees no process ${pid}`);
}

export function setpgid<P>(t: Table<P>, process: Process<P>, pid: number, pgid: number): void {
  const op = 'setpgid';
  const caller = callerOf(t, process, op);
  integer(pid, 'pid', op);
  integer(pgid, 'pgid', op);
  const own = caller.group;
  const nr = pid === 0 ? vnrOf(t, own.groupLeader.pid, caller) : pid;
  const groupNr = pgid === 0 ? nr : pgid;
  if (groupNr < 0) fail('EINVAL', op, `pgid is ${groupNr}; it has to be at least 0`);
  const target = taskAt(t, nr, caller.home.ref);
  if (target === undefined) fail('ESRCH', op, `the caller sees no process ${nr}`);
  const { group } = target;
  const { session } = own.pgrp;
  if (!isLeader(target)) fail('EINVAL', op, `${nr} is a thread, not a process`);
  if (group.realParent?.group === own) {
    if (group.pgrp.session !== session) fail('EPERM', op, `child ${nr} is in another session`);
    if (group.execed) fail('EACCES', op, `child ${nr} has started another program`);
  } else if (group !== own) fail('ESRCH', op, `${nr} is neither the caller nor its child`);
  if (leadsSession(group)) fail('EPERM', op, `${nr} leads a session`);
  const pgrp = pgrpAt(t, groupNr, caller.home.ref);
  if (pgrp === undefined && groupNr === nr) foundPgrp(t, group, session);
  else if (pgrp?.session !== session) fail('EPERM', op, `the caller’s session has no process group ${groupNr}`);
  else if (pgrp !== group.pgrp) changePgrp(t, group, pgrp);
}

function leadsSession<P>({ groupLeader: leader, pgrp }: ThreadGroup<P>): boolean {
  return pgrp.session.pid === leader.pid;
}

/** The process, which stays in its session, leads a new group. */
function foundPgrp<P>(t: Table<P>, group: ThreadGroup<P>, session: Session<P>): void {
  leavePgrp(t, group);
  openPgrp(t, group, new Pgrp(group.groupLeader.pid, session));
  updateTies(t, group);
}

/** The old group's number may be free then. */
function changePgrp<P>(t: Table<P>, group: ThreadGroup<P>, pgrp: Pgrp<P>): void {
  leavePgrp(t, group);
  addMember(pgrp, group);
  updateTies(t, group);
}

/** The process is in another group: that may tie it to its parent, or its children to it. */
function updateTies<P>(t: Table<P>, group: ThreadGroup<P>): void {
  updateTie(t, group);
  for (const thread of threadsOf(group)) for (const child of childrenOf(thread)) updateTie(t, child);
}

export function setsid<P>(t: Table<P>, process: Process<P>): Vnr {
  const caller = callerOf(t, process, 'setsid');
  const { group } = caller;
  const { pid } = group.groupLeader;
  if (leadsSession(group)) fail('EPERM', 'setsid', 'the process leads a session already');
  if (t.allocator.pidTask(pid, PIDTYPE_PGID) !== undefined)
    fail('EPERM', 'setsid', 'there is a process group of this number; fork, and let the child do it');
  const { session: old } = group.pgrp;
  const session = new Session<P>(pid);
  leavePgrp(t, group);
  leaveSession(t, group, old);
  openSession(t, group, session);
  openPgrp(t, group, new Pgrp(pid, session));
  updateTies(t, group);
  return vnrOf(t, pid, caller);
}

export function setChildSubreaper<P>(t: Table<P>, process: Process<P>, on: boolean): void {
  const { group } = callerOf(t, process, 'setChildSubreaper');
  if (group.subreaper === (on === true)) return;
  group.subreaper = on === true;
  if (on === true) pointDescendantsAt(group);
}

/** Whoever climbs from below finds the subreaper from now on. Those beyond another subreaper find that first. */
function pointDescendantsAt<P>(subreaper: ThreadGroup<P>): void {
  const { home } = subreaper.groupLeader;
  const parents = [subreaper];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop())
    for (const thread of threadsOf(parent))
      for (const child of childrenOf(thread)) {
        if (child.groupLeader.home !== home) continue;
        child.above = subreaper;
        if (!child.subreaper) parents.push(child);
      }
}
