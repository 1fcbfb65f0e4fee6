/** What must always hold. Each line of complaint is one that does not. */

import { type NsRef, PIDTYPE_PGID, PIDTYPE_PID, PIDTYPE_SID, PIDTYPE_TGID, type PidRef } from '@pidlab/contract';
import { holdsPgrp, membersOf } from './members.ts';
import { childrenOf, hasChildren, isLeader, type Table, type Task, type ThreadGroup, threadsOf } from './task.ts';
import { allTasks, findTask } from './task-index.ts';

export function checkInvariants<P>(t: Table<P>): string[] {
  const broken: string[] = [];
  const tasks = [...allTasks(t.tasks)];
  const groups = new Set(tasks.map((task) => task.group));
  for (const task of tasks) broken.push(...checkTask(t, task).map((what) => `${nameOf(t, task)}: ${what}`));
  for (const group of groups)
    broken.push(...checkGroup(t, group, groups).map((what) => `${nameOf(t, group.groupLeader)}: ${what}`));
  broken.push(...checkNumbers(t));
  if (tasks.length !== t.tasks.size) broken.push(`the index has ${tasks.length} tasks and counts ${t.tasks.size}`);
  const { tasks: allocated } = t.allocator.stats();
  if (allocated !== t.tasks.size) broken.push(`the allocator has ${allocated} tasks, the table ${t.tasks.size}`);
  const stopped = [...groups].filter((group) => group.stopped).length;
  if (stopped !== t.stopped) broken.push(`${stopped} processes are stopped, and ${t.stopped} counted`);
  if (t.posts.length > 0) broken.push(`${t.posts.length} signals have been left on their way`);
  return [...broken, ...t.allocator.checkInvariants().violations];
}

function nameOf<P>(t: Table<P>, task: Task<P>): string {
  return `task ${t.allocator.pidNr(task.pid)}`;
}

/** 1. The allocator and the table agree on who a task is, and every namespace that sees it finds it. */
function checkTask<P>(t: Table<P>, task: Task<P>): string[] {
  const a = t.allocator;
  const broken: string[] = [];
  const { group } = task;
  const leads = isLeader(task);
  if (task.life === 'dead') broken.push('it is dead and in the index');
  if (task.life === 'zombie' && !leads) broken.push('a further thread is a zombie');
  if (task.life === 'exiting' && !t.exiting.has(task)) broken.push('it is exiting, and nobody looks after that');
  if (task.life === 'zombie' && hasChildren(task)) broken.push('a zombie has children');
  if (!threadsOf(group).includes(task)) broken.push('its process does not know it');
  const want: [type: 0 | 1 | 2 | 3, pid: PidRef | undefined][] = [
    [PIDTYPE_PID, task.pid],
    [PIDTYPE_TGID, undefined],
    [PIDTYPE_PGID, leads && holdsPgrp(group) ? group.pgrp.pid : undefined],
    [PIDTYPE_SID, leads && group.pgrp.session.holder === group ? group.pgrp.session.pid : undefined],
  ];
  for (const [type, pid] of want)
    if (a.taskPid(task.task, type) !== pid) broken.push(`its pid of type ${type} is another in the allocator`);
  for (let ns: NsRef | undefined = task.pidNs; ns !== undefined; ns = a.nsParent(ns)) {
    const nr = a.pidNrNs(task.pid, ns);
    if (a.findTaskByPidNs(nr, ns) !== task.task) broken.push(`it is not found as ${nr} at level ${a.nsLevel(ns)}`);
  }
  return broken;
}

/** 2. A process is in its parent's list, in order; who can be reaped is in the other list, and nobody else. */
function checkGroup<P>(t: Table<P>, group: ThreadGroup<P>, groups: ReadonlySet<ThreadGroup<P>>): string[] {
  const broken: string[] = [];
  const { groupLeader: leader, realParent: parent } = group;
  const threads = threadsOf(group);
  const alive = threads.filter((thread) => thread.life === 'alive').length;
  if (alive !== group.live) broken.push(`${alive} threads are alive, and ${group.live} counted`);
  if (group.isInit !== (t.allocator.childReaper(leader.pidNs) === leader.task))
    broken.push('the table and the allocator differ about who the init is');
  if (group !== t.initGroup) {
    if (parent === undefined) broken.push('it has no parent');
    else if (![...childrenOf(parent)].includes(group)) broken.push('its parent does not know it');
    else if (parent.life !== 'alive' && parent.life !== 'exiting') broken.push(`its parent is ${parent.life}`);
  }
  const hasEnded = threads.length === 1 && leader.life === 'zombie';
  if (hasEnded !== group.waitable) broken.push(`it has ${hasEnded ? '' : 'not '}ended, and the wait list differs`);
  if (hasEnded && group.status === undefined) broken.push('it has ended without a status');
  for (const thread of threads) broken.push(...checkChildren(thread));
  const { pgrp } = group;
  if (!membersOf(pgrp).includes(group)) broken.push('its process group does not know it');
  if (!pgrp.session.pgrps.has(pgrp)) broken.push('its session does not know its process group');
  if (!groups.has(pgrp.session.holder)) broken.push('somebody who is gone holds its session’s number');
  return broken;
}

function checkChildren<P>(parent: Task<P>): string[] {
  const broken: string[] = [];
  let at = -1;
  let zombie = parent.brood?.firstZombie;
  for (const child of childrenOf(parent)) {
    if (child.realParent !== parent) broken.push('a child has another parent');
    if (child.childAt <= at || parent.brood!.places[child.childAt] !== child)
      broken.push('its children are out of order');
    at = child.childAt;
    if (!child.waitable) continue;
    if (zombie !== child) broken.push('its zombies are out of order');
    zombie = zombie?.nextZombie;
  }
  if (zombie !== undefined) broken.push('a zombie in its list is no child of it');
  return broken;
}

/** 3. Every number that the root sees is some task's, its group's or its session's. */
function checkNumbers<P>(t: Table<P>): string[] {
  const a = t.allocator;
  const broken: string[] = [];
  for (let nr = 1, pid = a.findGePid(nr, a.initPidNs); pid !== undefined; pid = a.findGePid(nr + 1, a.initPidNs)) {
    nr = a.pidNr(pid);
    for (const type of [PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) {
      const ref = a.pidTask(pid, type);
      if (ref !== undefined && findTask(t.tasks, ref) === undefined) broken.push(`number ${nr} has a stranger's task`);
    }
    if (a.pidTask(pid, PIDTYPE_PID) === undefined && a.pidTask(pid, PIDTYPE_PGID) === undefined)
      if (a.pidTask(pid, PIDTYPE_SID) === undefined) broken.push(`number ${nr} is nobody's`);
  }
  return broken;
}
