/** Stopping, going on, and process groups that nobody looks after. Source: kernel/signal.c, kernel/exit.c. */
import { taskOf } from './checks.ts';
import { CLD_CONTINUED, CLD_STOPPED, SI_KERNEL, SIGCHLD, SIGCONT, SIGHUP } from './constants.ts';
import { membersOf } from './members.ts';
import { type Pgrp, post, type Table, type ThreadGroup } from './task.ts';
import type { Process } from './types.ts';

export function isOrphanedGroup<P>(t: Table<P>, process: Process<P>): boolean {
  const member = taskOf(t, process, 'isOrphanedGroup', 'member');
  return member.life === 'dead' || isOrphaned(t, member.group.pgrp, undefined);
}

/** Nobody in the group, `leaving` aside, has a parent in another group of the same session. Source: `will_become_orphaned_pgrp()`. */
export function isOrphaned<P>(t: Table<P>, pgrp: Pgrp<P>, leaving: ThreadGroup<P> | undefined): boolean {
  return membersOf(pgrp).every((member) => {
    const parent = member.realParent?.group;
    if (member === leaving || member.live === 0 || parent === undefined || parent === t.initGroup) return true;
    return parent.pgrp === pgrp || parent.pgrp.session !== pgrp.session;
  });
}

/**
 * The process ends (no `father` given), or loses the father that ended: where that orphans a group with somebody stopped
 * in it, the group gets SIGHUP and SIGCONT. Source: `kill_orphaned_pgrp()`.
 */
export function hangUpOrphans<P>(
  t: Table<P>,
  group: ThreadGroup<P>,
  father: { group: ThreadGroup<P> } | undefined,
): void {
  if (t.stopped === 0) return;
  const parent = father?.group ?? group.realParent?.group;
  if (parent === undefined || parent.pgrp === group.pgrp || parent.pgrp.session !== group.pgrp.session) return;
  if (!isOrphaned(t, group.pgrp, father === undefined ? group : undefined)) return;
  const members = membersOf(group.pgrp);
  if (!members.some((member) => member.stopped)) return;
  for (const signal of [SIGHUP, SIGCONT]) {
    for (const member of members) {
      const info = { signal, code: SI_KERNEL, pid: 0, value: undefined };
      post(t, { group: member, thread: undefined, info, force: true });
    }
  }
}

export function stop<P>(t: Table<P>, group: ThreadGroup<P>, signal: number): void {
  group.stopped = true;
  group.stopReport = signal;
  group.continueReport = false;
  t.stopped++;
  tellParent(t, group, CLD_STOPPED, signal);
}

/** Lets a stopped process go on, with what has reached it meanwhile. False when it was not stopped. */
export function goOn<P>(t: Table<P>, group: ThreadGroup<P>): boolean {
  if (!group.stopped) return false;
  group.stopped = false;
  group.continueReport = true;
  t.stopped--;
  tellParent(t, group, CLD_CONTINUED, SIGCONT);
  for (const held of group.held ?? []) post(t, held);
  group.held = undefined;
  return true;
}

/** Source: `do_notify_parent_cldstop()`. */
function tellParent<P>(t: Table<P>, group: ThreadGroup<P>, code: number, value: number): void {
  const { realParent: parent } = group;
  if (parent === undefined) return;
  if (t.hooks.childChanged !== undefined)
    t.news.push({ hook: 'childChanged', process: parent, child: group.groupLeader });
  if (parent.group.signals.noCldStop) return;
  const pid = t.allocator.pidNrNs(group.groupLeader.pid, parent.pidNs);
  const info = { signal: SIGCHLD, code, pid, value };
  post(t, { group: parent.group, thread: undefined, info, force: false });
}
