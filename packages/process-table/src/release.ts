import { PIDTYPE_PID } from '@pidlab/contract';
import { removeChild } from './children.ts';
import { leave } from './list.ts';
import { leavePgrp, leaveSession } from './members.ts';
import { leaveRecord } from './namespaces.ts';
import { forgetPending } from './pending.ts';
import { type Namespace, PIDS, type Table, type Task, threadCount } from './task.ts';
import { removeTask } from './task-index.ts';

/** The task is no more, and its numbers are free unless a group or session has them. Source: `release_task()`. */
export function release<P>(t: Table<P>, task: Task<P>): void {
  const a = t.allocator;
  const { group, home } = task;
  const ref = task.task;
  forgetPending(group, task);
  a.detachPid(ref, PIDTYPE_PID);
  if (task === group.groupLeader) {
    leavePgrp(t, group);
    leaveSession(t, group, group.pgrp.session);
    if (group.realParent !== undefined) removeChild(group);
    if (home.init === group) home.init = undefined;
  } else {
    leave(group.others!, task);
  }
  removeTask(t.tasks, task);
  a.freeTask(ref);
  task.life = 'dead';
  uncount(t, home);
  leaveRecord(t, home);
}

/** One task fewer. Where an init waits to be alone it is looked after when the call's own work is done. */
export function uncount<P>(t: Table<P>, home: Namespace<P>): void {
  for (let at: Namespace<P> | undefined = home; at !== undefined; at = at.parent) {
    at.meters[PIDS].current--;
    if (at.exiting !== undefined && isAlone(at.exiting)) t.emptied.push(at);
  }
}

/** Whether the namespace sees nobody but its init, of which `last` is the last thread. */
export function isAlone<P>(last: Task<P>): boolean {
  return last.home.meters[PIDS].current === threadCount(last.group);
}
