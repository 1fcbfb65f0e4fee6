/** Who is in which process group and session, and who holds their numbers. Source: `change_pid()` and `__unhash_process()`. */
import { PIDTYPE_PGID, PIDTYPE_SID, type TaskRef } from '@pidlab/contract';
import { enter, itemsOf, leave, oldest } from './roster.ts';
import type { Pgrp, Session, Table, ThreadGroup } from './task.ts';

/** Makes the process the youngest member. */
export function addMember<P>(pgrp: Pgrp<P>, group: ThreadGroup<P>): void {
  group.pgrp = pgrp;
  group.memberAt = enter(pgrp.members, group, moveTo);
}

function moveTo<P>(member: ThreadGroup<P>, place: number): void {
  member.memberAt = place;
}

/** The processes of a group, the one that joined last first. */
export function membersOf<P>(pgrp: Pgrp<P>): ThreadGroup<P>[] {
  return [...itemsOf(pgrp.members)].reverse();
}

export function holdsPgrp<P>(group: ThreadGroup<P>): boolean {
  return oldest(group.pgrp.members) === group;
}

/** The process, which is in no group, founds one, and holds its number. */
export function openPgrp<P>(t: Table<P>, group: ThreadGroup<P>, pgrp: Pgrp<P>): void {
  addMember(pgrp, group);
  pgrp.session.pgrps.add(pgrp);
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
  leave(pgrp.members, group.memberAt);
  if (!holds) return;
  const { task } = group.groupLeader;
  const next = oldest(pgrp.members);
  if (next === undefined) {
    pgrp.session.pgrps.delete(pgrp);
    t.allocator.detachPid(task, PIDTYPE_PGID);
  } else t.allocator.transferPid(task, next.groupLeader.task, PIDTYPE_PGID);
}

/** After it has left its group: the session's number, if the process holds it, goes to somebody who is left. */
export function leaveSession<P>(t: Table<P>, group: ThreadGroup<P>, session: Session<P>): void {
  if (session.holder !== group) return;
  const { task } = group.groupLeader;
  const [pgrp] = session.pgrps;
  if (pgrp === undefined) {
    t.allocator.detachPid(task, PIDTYPE_SID);
    return;
  }
  session.holder = oldest(pgrp.members)!;
  t.allocator.transferPid(task, session.holder.groupLeader.task, PIDTYPE_SID);
}

/** The next leader of a process takes over what the old one holds. */
export function passOn<P>(t: Table<P>, group: ThreadGroup<P>, next: { readonly task: TaskRef }): void {
  const { task } = group.groupLeader;
  if (holdsPgrp(group)) t.allocator.transferPid(task, next.task, PIDTYPE_PGID);
  if (group.pgrp.session.holder === group) t.allocator.transferPid(task, next.task, PIDTYPE_SID);
}
