/** Who is in which process group and session, and who holds their numbers. Source: `change_pid()` and `__unhash_process()`. */
import { PIDTYPE_PGID, PIDTYPE_SID, type TaskRef } from '@pidlab/contract';
import { enter, itemsOf, leave } from './list.ts';
import type { Pgrp, Session, Table, ThreadGroup } from './task.ts';

/** Makes the process the youngest member. It is tied to nobody there until `updateTie` says so. */
export function addMember<P>(pgrp: Pgrp<P>, group: ThreadGroup<P>): void {
  group.pgrp = pgrp;
  enter(pgrp.members, group);
  if (group.stopped) pgrp.stopped++;
}

/** The processes of a group, the one that joined last first. */
export function membersOf<P>(pgrp: Pgrp<P>): ThreadGroup<P>[] {
  return [...itemsOf(pgrp.members)].reverse();
}

export function holdsPgrp<P>(group: ThreadGroup<P>): boolean {
  return group.pgrp.members.oldest === group;
}

/** The process, which is in no group, founds one, and holds its number. */
export function openPgrp<P>(t: Table<P>, group: ThreadGroup<P>, pgrp: Pgrp<P>): void {
  addMember(pgrp, group);
  enter(pgrp.session.pgrps, pgrp);
  t.allocator.attachPid(group.groupLeader.task, PIDTYPE_PGID, pgrp.pid);
}

/** The process, which is in no session, founds one, and holds its number. */
export function openSession<P>(t: Table<P>, group: ThreadGroup<P>, session: Session<P>): void {
  session.holder = group;
  t.allocator.attachPid(group.groupLeader.task, PIDTYPE_SID, session.pid);
}

/** Takes the process out of its group. The number goes to the oldest who is left; it may be free when nobody is. */
export function leavePgrp<P>(t: Table<P>, group: ThreadGroup<P>): void {
  const { pgrp } = group;
  const holds = holdsPgrp(group);
  untie(group);
  if (group.stopped) pgrp.stopped--;
  leave(pgrp.members, group);
  if (!holds) return;
  const { task } = group.groupLeader;
  const { oldest: next } = pgrp.members;
  if (next === undefined) {
    leave(pgrp.session.pgrps, pgrp);
    t.allocator.detachPid(task, PIDTYPE_PGID);
  } else t.allocator.transferPid(task, next.groupLeader.task, PIDTYPE_PGID);
}

/** After it has left its group: the session's number, if the process holds it, goes to somebody who is left. */
export function leaveSession<P>(t: Table<P>, group: ThreadGroup<P>, session: Session<P>): void {
  if (session.holder !== group) return;
  const { task } = group.groupLeader;
  const { oldest: pgrp } = session.pgrps;
  if (pgrp === undefined) {
    t.allocator.detachPid(task, PIDTYPE_SID);
    return;
  }
  session.holder = pgrp.members.oldest!;
  t.allocator.transferPid(task, session.holder.groupLeader.task, PIDTYPE_SID);
}

/** The next leader of a process takes over what the old one holds. */
export function passOn<P>(t: Table<P>, group: ThreadGroup<P>, next: { readonly task: TaskRef }): void {
  const { task } = group.groupLeader;
  if (holdsPgrp(group)) t.allocator.transferPid(task, next.task, PIDTYPE_PGID);
  if (group.pgrp.session.holder === group) t.allocator.transferPid(task, next.task, PIDTYPE_SID);
}

/**
 * Counts the process among those that tie its group, if it is one: alive, with a parent of another group in the same session,
 * who is not the root's init. Called when any of that has changed. Source: `will_become_orphaned_pgrp()`.
 */
export function updateTie<P>(t: Table<P>, group: ThreadGroup<P>): void {
  const { pgrp } = group;
  const parent = group.realParent?.group;
  const isTied =
    group.live > 0 &&
    parent !== undefined &&
    parent !== t.initGroup &&
    parent.pgrp !== pgrp &&
    parent.pgrp.session === pgrp.session;
  if (isTied === group.tied) return;
  group.tied = isTied;
  pgrp.ties += isTied ? 1 : -1;
}

export function untie<P>(group: ThreadGroup<P>): void {
  if (!group.tied) return;
  group.tied = false;
  group.pgrp.ties--;
}
