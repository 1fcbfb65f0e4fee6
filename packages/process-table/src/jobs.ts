/** Stopping, going on, and process groups that nobody looks after. Source: kernel/signal.c, kernel/exit.c. */
import { taskOf } from './checks.ts';
import { CLD_CONTINUED, CLD_STOPPED, SI_KERNEL, SIGCHLD, SIGCONT, SIGHUP } from './constants.ts';
import { membersOf } from './members.ts';
import { takePending } from './pending.ts';
import { type Pgrp, post, type Table, type ThreadGroup } from './task.ts';
import type { Process } from './types.ts';

export function isOrphanedGroup<P>(t: Table<P>, process: Process<P>): boolean {
  const member = taskOf(t, process, 'isOrphanedGroup', 'member');
  return member.life === 'dead' || isOrphaned(member.group.pgrp);
}

/** Nobody in the group has a parent in another group of the same session. Source: `will_become_orphaned_pgrp()`. */
export function isOrphaned<P>(pgrp: Pgrp<P>): boolean {
  return pgrp.ties === 0;
}

/**
 * The process has ended (no `father` given), or lost the father that ended: where that orphans a group with somebody stopped
 * in it, the group gets SIGHUP and SIGCONT, once. Source: `kill_orphaned_pgrp()`.
 */
export function hangUpOrphans<P>(
  t: Table<P>,
  group: ThreadGroup<P>,
  father: { group: ThreadGroup<P> } | undefined,
): void {
  if (group.pgrp.stopped > 0) hangUp(t, group, father);
}

function hangUp<P>(t: Table<P>, group: ThreadGroup<P>, father: { group: ThreadGroup<P> } | undefined): void {
  const { pgrp } = group;
  const parent = father?.group ?? group.realParent?.group;
  if (parent === undefined || parent.pgrp === pgrp || parent.pgrp.session !== pgrp.session) return;
  if (!isOrphaned(pgrp) || pgrp.hungUp === t.round) return;
  pgrp.hungUp = t.round;
  const members = membersOf(pgrp);
  for (const signal of [SIGHUP, SIGCONT]) {
    const info = { signal, code: SI_KERNEL, pid: 0, value: undefined };
    for (const member of members) post(t, { group: member, thread: undefined, first: undefined, info, force: true });
  }
}

export function stop<P>(t: Table<P>, group: ThreadGroup<P>, signal: number): void {
  group.stopped = true;
  group.stopReport = signal;
  group.continueReport = false;
  group.pgrp.stopped++;
  tellParent(t, group, CLD_STOPPED, signal);
}

/** Lets a stopped process go on, with what has reached it meanwhile. False when it was not stopped. */
export function goOn<P>(t: Table<P>, group: ThreadGroup<P>): boolean {
  if (!group.stopped) return false;
  group.stopped = false;
  group.continueReport = true;
  group.pgrp.stopped--;
  tellParent(t, group, CLD_CONTINUED, SIGCONT);
  for (const held of takePending(group)) post(t, held);
  return true;
}

/** Source: `do_notify_parent_cldstop()`. */
function tellParent<P>(t: Table<P>, group: ThreadGroup<P>, code: number, value: number): void {
  const { realParent: parent } = group;
  if (parent === undefined) return;
  if (t.hooks.childChanged !== undefined)
    t.news.push({ hook: 'childChanged', process: parent, child: group.groupLeader });
  if (parent.group.signals.noCldStop) return;
  const pid = t.allocator.pidNrNs(group.groupLeader.pid, parent.home.ref);
  const info = { signal: SIGCHLD, code, pid, value };
  post(t, { group: parent.group, thread: undefined, first: parent, info, force: false });
}
