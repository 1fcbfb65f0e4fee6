import { PIDTYPE_PID } from '@pidlab/contract';
import { removeChild } from './children.ts';
import { leavePgrp, leaveSession } from './members.ts';
import type { Table, Task } from './task.ts';
import { removeTask } from './task-index.ts';

/** The task is no more, and its numbers are free unless a group or session has them. Source: `release_task()`. */
export function release<P>(t: Table<P>, task: Task<P>): void {
  const a = t.allocator;
  const { group } = task;
  const ref = task.task;
  a.detachPid(ref, PIDTYPE_PID);
  if (task === group.groupLeader) {
    leavePgrp(t, group);
    leaveSession(t, group, group.pgrp.session);
    if (group.realParent !== undefined) removeChild(group);
  } else {
    group.others!.splice(group.others!.indexOf(task), 1);
  }
  removeTask(t.tasks, task);
  a.freeTask(ref);
  task.life = 'dead';
}
