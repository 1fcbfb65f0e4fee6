/** What must always hold. Each line of complaint is one that does not. */

import { type NsRef, PIDTYPE_PGID, PIDTYPE_PID, PIDTYPE_SID, PIDTYPE_TGID, type PidRef } from '@pidlab/contract';
import { nextZombie } from './children.ts';
import { canFinish } from './exit.ts';
import { isIn } from './list.ts';
import { holdsPgrp, membersOf } from './members.ts';
import {
  type Brood,
  childrenOf,
  hasChildren,
  isLeader,
  NAMESPACES,
  type Namespace,
  type Pgrp,
  PIDFDS,
  PIDS,
  SIGNALS,
  type Table,
  type Task,
  type ThreadGroup,
  threadsOf,
} from './task.ts';
import { allTasks, findTask } from './task-index.ts';

export function checkInvariants<P>(t: Table<P>): string[] {
  const broken: string[] = [];
  const tasks = [...allTasks(t.tasks)];
  const groups = new Set(tasks.map((task) => task.group));
  for (const task of tasks) for (const what of checkTask(t, task)) broken.push(`${nameOf(t, task)}: ${what}`);
  for (const group of groups)
    for (const what of checkGroup(t, group, groups)) broken.push(`${nameOf(t, group.groupLeader)}: ${what}`);
  for (const pgrp of new Set([...groups].map(({ pgrp }) => pgrp)))
    for (const what of checkPgrp(t, pgrp)) broken.push(`group ${t.allocator.pidNr(pgrp.pid)}: ${what}`);
  broken.push(...checkSubreapers(t), ...checkNamespaces(t, tasks), ...checkNumbers(t));
  if (tasks.length !== t.tasks.size) broken.push(`the index has ${tasks.length} tasks and counts ${t.tasks.size}`);
  const { tasks: allocated } = t.allocator.stats();
  if (allocated !== t.tasks.size) broken.push(`the allocator has ${allocated} tasks, the table ${t.tasks.size}`);
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
  if (task.life === 'zombie' && task.childHome !== task.home)
    broken.push('it has ended, and would have children elsewhere');
  if (task.life === 'exiting' && task.home.exiting !== task) broken.push('it is exiting, and nobody looks after that');
  if (task.life === 'zombie' && hasChildren(task)) broken.push('a zombie has children');
  for (let ns: Namespace<P> | undefined = task.home; ns !== undefined && task.life === 'alive'; ns = ns.parent)
    if (ns.init === undefined || ns.init.live === 0)
      broken.push('it is alive, and the init of a namespace that sees it has ended');
  if (!leads && (group.others === undefined || !isIn(group.others, task))) broken.push('its process does not know it');
  const want: [type: 0 | 1 | 2 | 3, pid: PidRef | undefined][] = [
    [PIDTYPE_PID, task.pid],
    [PIDTYPE_TGID, undefined],
    [PIDTYPE_PGID, leads && holdsPgrp(group) ? group.pgrp.pid : undefined],
    [PIDTYPE_SID, leads && group.pgrp.session.holder === group ? group.pgrp.session.pid : undefined],
  ];
  for (const [type, pid] of want)
    if (a.taskPid(task.task, type) !== pid) broken.push(`its pid of type ${type} is another in the allocator`);
  for (let ns: NsRef | undefined = task.home.ref; ns !== undefined; ns = a.nsParent(ns)) {
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
  if (group.isInit !== (t.allocator.childReaper(leader.home.ref) === leader.task))
    broken.push('the table and the allocator differ about who the init is');
  if (group.isInit !== (leader.home.init === group)) broken.push('its namespace has another init');
  if (group !== t.initGroup) {
    if (parent === undefined) broken.push('it has no parent');
    else if (parent.brood === undefined || !isAmongSiblings(parent.brood, group))
      broken.push('its parent does not know it');
    else if (parent.life !== 'alive' && parent.life !== 'exiting') broken.push(`its parent is ${parent.life}`);
  }
  const hasEnded = threads.length === 1 && leader.life === 'zombie';
  if (hasEnded !== group.waitable) broken.push(`it has ${hasEnded ? '' : 'not '}ended, and the wait list differs`);
  if (hasEnded && group.status === undefined) broken.push('it has ended without a status');
  for (const thread of threads) broken.push(...checkChildren(thread));
  const { pgrp } = group;
  if (!isIn(pgrp.members, group)) broken.push('its process group does not know it');
  if (!isIn(pgrp.session.pgrps, pgrp)) broken.push('its session does not know its process group');
  if (!groups.has(pgrp.session.holder)) broken.push('somebody who is gone holds its session’s number');
  return broken;
}

/** Whether the process is where its siblings, or the ends of the list, say that it is. */
function isAmongSiblings<P>({ oldest, youngest }: Brood<P>, child: ThreadGroup<P>): boolean {
  const before = child.olderSibling === undefined ? oldest : child.olderSibling.youngerSibling;
  const after = child.youngerSibling === undefined ? youngest : child.youngerSibling.olderSibling;
  return before === child && after === child;
}

function checkChildren<P>(parent: Task<P>): string[] {
  const broken: string[] = [];
  let at = -1;
  let count = 0;
  let last: ThreadGroup<P> | undefined;
  for (const child of childrenOf(parent)) {
    if (child.realParent !== parent) broken.push('a child has another parent');
    if (child.childNr <= at || child.childNr >= parent.brood!.nextNr) broken.push('its children are out of order');
    at = child.childNr;
    if (!child.waitable) continue;
    count++;
    if (nextZombie(parent, last) !== child) broken.push('a zombie among its children is not found');
    last = child;
  }
  const counted = parent.brood?.zombieCount ?? 0;
  if (counted !== count) broken.push(`${count} of its children are zombies, and ${counted} counted`);
  return broken;
}

/** 3. What a process group counts is so. */
function checkPgrp<P>(t: Table<P>, pgrp: Pgrp<P>): string[] {
  const broken: string[] = [];
  const members = membersOf(pgrp);
  const stopped = members.filter((member) => member.stopped).length;
  if (stopped !== pgrp.stopped) broken.push(`${stopped} members are stopped, and ${pgrp.stopped} counted`);
  const ties = members.filter((member) => {
    const parent = member.realParent?.group;
    if (member.live === 0 || parent === undefined || parent === t.initGroup) return false;
    return parent.pgrp !== pgrp && parent.pgrp.session === pgrp.session;
  }).length;
  if (ties !== pgrp.ties) broken.push(`${ties} members are tied, and ${pgrp.ties} counted`);
  if (members.filter((member) => member.tied).length !== ties) broken.push('others are marked as tied');
  return broken;
}

/** 4. Whoever climbs from a process to the nearest subreaper of its namespace comes to the one that is there. */
function checkSubreapers<P>(t: Table<P>): string[] {
  const broken: string[] = [];
  const todo: [group: ThreadGroup<P>, above: ThreadGroup<P> | undefined][] = [[t.initGroup, undefined]];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [group, above] = next;
    let found = group.above;
    while (found !== undefined && !(found.subreaper && found.live > 0)) found = found.above;
    if (found !== above) broken.push(`${nameOf(t, group.groupLeader)}: its subreaper is another`);
    for (const thread of threadsOf(group))
      for (const child of childrenOf(thread)) {
        const isInside = child.groupLeader.home === group.groupLeader.home;
        todo.push([child, isInside ? (group.subreaper && group.live > 0 ? group : above) : undefined]);
      }
  }
  return broken;
}

/** 5. The record of a namespace counts what is there, and is there as long as it counts anything. */
function checkNamespaces<P>(t: Table<P>, tasks: readonly Task<P>[]): string[] {
  const broken: string[] = [];
  const holders = new Map<Namespace<P>, number>([[t.root, 1]]);
  const seen = new Map<Namespace<P>, [pids: number, namespaces: number, pidfds: number, signals: number]>();
  const count = (from: Namespace<P> | undefined, what: 0 | 1 | 2 | 3, by: number): void => {
    for (let at = from; at !== undefined; at = at.parent) {
      const sums = seen.get(at) ?? [0, 0, 0, 0];
      sums[what] += by;
      seen.set(at, sums);
    }
  };
  const hold = (ns: Namespace<P>): unknown => holders.set(ns, (holders.get(ns) ?? 0) + 1);
  const makers = new Map<Namespace<P>, number>();
  for (const task of tasks) {
    hold(task.home);
    if (task.childHome !== task.home) {
      hold(task.childHome);
      makers.set(task.childHome, (makers.get(task.childHome) ?? 0) + 1);
    }
    count(task.home, PIDS, 1);
    if (isLeader(task))
      for (const { charged } of task.group.pending?.values() ?? []) count(task.home, SIGNALS, charged);
  }
  for (const [ref, ns] of t.namespaces) {
    if (ns.ref !== ref) broken.push('a namespace is known by another’s handle');
    if (ns.parent !== undefined) hold(ns.parent);
    count(ns.parent, NAMESPACES, 1);
    count(ns, PIDFDS, ns.pidfds.size);
    if (ns.init !== undefined && ns.init.groupLeader.home !== ns) broken.push('a namespace’s init is in another');
    if (ns.exiting !== undefined && (ns.exiting.group !== ns.init || ns.exiting.life !== 'exiting'))
      broken.push('somebody waits for a namespace to be empty who is not its init, or does not end');
    else if (ns.exiting !== undefined && canFinish(t, ns.exiting)) broken.push('an init is alone, and waits');
  }
  for (const ns of new Set([...t.namespaces.values(), ...holders.keys()])) {
    const [held, made, sums] = [holders.get(ns) ?? 0, makers.get(ns) ?? 0, seen.get(ns) ?? [0, 0, 0, 0]];
    if (held !== ns.holders) broken.push(`${held} hold a namespace, and ${ns.holders} counted`);
    if (made !== ns.makers) broken.push(`${made} make children in a namespace, and ${ns.makers} counted`);
    if (!t.namespaces.has(ns.ref)) broken.push('a namespace that somebody holds is not known');
    for (const [what, { current, peak }] of ns.meters.entries())
      if (current !== sums[what] || peak < current)
        broken.push(`a namespace’s meter ${what} says ${current} of ${peak}, and it is ${sums[what]}`);
  }
  return broken;
}

/** 6. Every number that the root sees is some task's, its group's or its session's. */
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
