/** What `/proc` shows of the table in a namespace. Source: fs/proc/base.c, `task_state()` in fs/proc/array.c. */

import { type Nr, type NsRef, PidBug, type PidRef, type TaskRef } from '@pidlab/contract';
import { fail, integer, ownerOf, taskAt } from './checks.ts';
import { isLeader, type Table, type Task, threadCount, threadsOf } from './task.ts';
import { findTask } from './task-index.ts';
import type { ProcessState, ProcStatus } from './types.ts';

export function findProcess<P>(t: Table<P>, nr: number, ns: NsRef): Task<P> | undefined {
  integer(nr, 'nr', 'findProcess');
  return taskAt(t, nr, ns);
}

export function processOf<P>(t: Table<P>, task: TaskRef): Task<P> | undefined {
  if (typeof task !== 'number') throw new PidBug('processOf', 'task is no number');
  return findTask(t.tasks, task);
}

export function listProcesses<P>(t: Table<P>, ns: NsRef): Nr[] {
  const a = t.allocator;
  const found: Nr[] = [];
  for (let pid = a.findGePid(1, ns); pid !== undefined; ) {
    const nr = a.pidNrNs(pid, ns);
    const owner = ownerOf(t, pid);
    if (owner !== undefined && isLeader(owner)) found.push(nr);
    pid = a.findGePid(nr + 1, ns);
  }
  return found;
}

export function listThreads<P>(t: Table<P>, nr: number, ns: NsRef): Nr[] {
  const { group } = known(t, nr, ns, 'listThreads');
  return threadsOf(group).map((thread) => t.allocator.pidNrNs(thread.pid, ns));
}

export function status<P>(t: Table<P>, nr: number, ns: NsRef): ProcStatus {
  const a = t.allocator;
  const task = known(t, nr, ns, 'status');
  const { group } = task;
  const path = pathDown(t, task.home.ref, ns);
  const numbers = (pid: PidRef): Nr[] => path.map((at) => a.pidNrNs(pid, at));
  const { realParent: parent } = group;
  return {
    State: STATES[task.state],
    Tgid: a.pidNrNs(group.groupLeader.pid, ns),
    Pid: a.pidNrNs(task.pid, ns),
    PPid: parent === undefined ? (0 as Nr) : a.pidNrNs(parent.group.groupLeader.pid, ns),
    NSpid: numbers(task.pid),
    NStgid: numbers(group.groupLeader.pid),
    NSpgid: numbers(group.pgrp.pid),
    NSsid: numbers(group.pgrp.session.pid),
    Threads: threadCount(group),
  };
}

const STATES: Record<ProcessState, ProcStatus['State']> = {
  running: 'R (running)',
  stopped: 'T (stopped)',
  exiting: 'S (sleeping)',
  zombie: 'Z (zombie)',
  dead: 'Z (zombie)', // nobody finds it
};

/** The namespaces from `top` down to `ns`, which is below it or the same. */
function pathDown<P>(t: Table<P>, ns: NsRef, top: NsRef): NsRef[] {
  const path: NsRef[] = [ns];
  for (let at = ns; at !== top; ) {
    at = t.allocator.nsParent(at)!;
    path.unshift(at);
  }
  return path;
}

function known<P>(t: Table<P>, nr: number, ns: NsRef, op: string): Task<P> {
  integer(nr, 'nr', op);
  return taskAt(t, nr, ns) ?? fail('ESRCH', op, `that namespace sees no process ${nr}`);
}
