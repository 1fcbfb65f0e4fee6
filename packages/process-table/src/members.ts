/** Who is in which process group and session, and who holds their numbers. Source: `change_pid()` and `__unhash_process()`. */
import { PIDTYPE_PGID, PIDTYPE_SID, type TaskRef } from '@pidlab/contract';
import type { Table } from './table.ts';
import type { Pgrp, Session, ThreadGroup } from './task.ts';

/** Makes the process the youngest member. */
export function addMember<P>(pgrp: Pgrp<P>, group: ThreadGroup<P>): void {
  group.pgrp = pgrp;
  group.nextMember = pgrp.first;
  group.prevMember = undefined;
  if (pgrp.first === undefined) pgrp.last = group;
  else pgrp.first.prevMember = group;
  pgrp.first = group;
}

/** The process, which is in no group, founds one, and holds its number. */
export function openPgrp<P>(t: Table<P>, group: ThreadGroup<P>, pgrp: Pgrp<P>): void {
  addMember(pgrp, group);
  pgrp.session.pgrps.add(pgrp);
  t.allocator.attachPid(group.leader.task, PIDTYPE_PGID, pgrp.pid);
}

/** The process, which is in no session, founds one, and holds its number. */
export function openSession<P>(t: Table<P>, group: ThreadGroup<P>, session: Session<P>): void {
  session.holder = group;
  t.allocator.attachPid(group.leader.task, PIDTYPE_SID, session.pid);
}

/** Takes the process out of its group. The number goes to the oldest who is left; it may be free when nobody is. */
export function leavePgrp<P>(t: Table<P>, group: ThreadGroup<P>): void {
  const { pgrp, nextMember: next, prevMember: prev } = group;
  if (prev === undefined) pgrp.first = next;
  else prev.nextMember = next;
  if (next !== undefined) {
    next.prevMember = prev;
    return;
  }
  pgrp.last = prev;
  const { task } = group.leader;
  if (prev !== undefined) {
    t.allocator.transferPid(task, prev.leader.task, PIDTYPE_PGID);
    return;
  }
  pgrp.session.pgrps.delete(pgrp);
  t.allocator.detachPid(task, PIDTYPE_PGID);
}

/** After it has left its group: the session's number, if the process holds it, goes to somebody who is left. */
export function leaveSession<P>(t: Table<P>, group: ThreadGroup<P>, session: Session<P>): void {
  if (session.holder !== group) return;
  const { task } = group.leader;
  for (const { last } of session.pgrps) {
    session.holder = last!;
    t.allocator.transferPid(task, last!.leader.task, PIDTYPE_SID);
    return;
  }
  t.allocator.detachPid(task, PIDTYPE_SID);
}

/** The next leader of a process takes over what the old one holds. */
export function passOn<P>(t: Table<P>, group: ThreadGroup<P>, next: { readonly task: TaskRef }): void {
  const { task } = group.leader;
  if (group.pgrp.last === group) t.allocator.transferPid(task, next.task, PIDTYPE_PGID);
  if (group.pgrp.session.holder === group) t.allocator.transferPid(task, next.task, PIDTYPE_SID);
}
