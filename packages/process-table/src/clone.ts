/** How a task comes into being. Source: `copy_process()`, kernel/fork.c. */

import { CLONE_NEWPID, type NsRef, PIDTYPE_PID, PidBug, type PidRef } from '@pidlab/contract';
import { callerOf, fail, integer } from './checks.ts';
import { addChild } from './children.ts';
import { SIGCHLD, SIGNAL_MAX } from './constants.ts';
import { addMember, openPgrp, openSession } from './members.ts';
import { DEFAULT_DISPOSITIONS, Pgrp, Session, type Table, Task } from './task.ts';
import { addTask } from './task-index.ts';
import type { CloneOptions, Process } from './types.ts';

export function fork<P>(t: Table<P>, process: Process<P>, payload?: P): Task<P> {
  const caller = callerOf(t, process, 'fork');
  return newProcess(t, caller, caller.pidNsForChildren, undefined, payload === undefined ? caller.payload : payload);
}

export function clone<P>(t: Table<P>, process: Process<P>, options: CloneOptions<P> = {}): Task<P> {
  const caller = callerOf(t, process, 'clone');
  const payload = options.payload === undefined ? caller.payload : options.payload;
  checkFlags(caller, options);
  if (options.thread === true) return newThread(t, caller, options.setTid, payload);
  let ns = caller.pidNsForChildren;
  if (options.newPid === true) ns = t.allocator.copyPidNs(CLONE_NEWPID, ns);
  try {
    const child = newProcess(t, caller, ns, options.setTid, payload, options.parent === true);
    if (options.exitSignal !== undefined && options.parent !== true) child.group.exitSignal = options.exitSignal;
    return child;
  } finally {
    // The child's pid holds the namespace now; without a child nobody does.
    if (options.newPid === true) t.allocator.putPidNs(ns);
  }
}

function checkFlags<P>(caller: Task<P>, { newPid, thread, parent, exitSignal }: CloneOptions<P>): void {
  const elsewhere = caller.pidNsForChildren !== caller.pidNs;
  if (exitSignal !== undefined) {
    integer(exitSignal, 'exitSignal', 'clone');
    if (exitSignal < 0 || exitSignal > SIGNAL_MAX)
      fail('EINVAL', 'clone', `exitSignal is ${exitSignal}; it has to be in [0, ${SIGNAL_MAX}]`);
    if (exitSignal !== 0 && (thread === true || parent === true))
      fail('EINVAL', 'clone', 'a thread has no exit signal, and a sibling has its maker’s; leave exitSignal out');
  }
  if (parent === true && caller.group.isInit)
    fail('EINVAL', 'clone', 'the caller is the init of its namespace, which can have no siblings');
  if (thread === true && (newPid === true || elsewhere))
    fail('EINVAL', 'clone', 'a thread is in its process’s namespace, and new tasks of the caller go to another');
  if (newPid === true && elsewhere)
    fail('EINVAL', 'clone', 'the caller’s children go to another namespace already; let a child make the next one');
}

function newThread<P>(t: Table<P>, caller: Task<P>, setTid: readonly number[] | undefined, payload: P): Task<P> {
  const a = t.allocator;
  const ref = a.allocTask();
  let pid: PidRef;
  try {
    pid = a.allocPid(caller.pidNs, setTid);
  } catch (error) {
    a.freeTask(ref);
    throw error;
  }
  const { group } = caller;
  const thread = new Task(t, group.pgrp, group.signals, payload, ref, pid, caller.pidNs, caller.execId);
  thread.group = group;
  a.attachPid(ref, PIDTYPE_PID, pid);
  group.others ??= [];
  group.others.push(thread);
  group.live++;
  addTask(t.tasks, thread);
  return thread;
}

function newProcess<P>(
  t: Table<P>,
  caller: Task<P>,
  ns: NsRef,
  setTid: readonly number[] | undefined,
  payload: P,
  sibling = false,
): Task<P> {
  const a = t.allocator;
  const ref = a.allocTask();
  let pid: PidRef;
  try {
    pid = a.allocPid(ns, setTid);
  } catch (error) {
    a.freeTask(ref);
    throw error;
  }
  // Commit point: nothing below can fail.
  const { group } = caller;
  const child = new Task(t, group.pgrp, group.signals, payload, ref, pid, ns, caller.execId);
  child.exitSignal = sibling ? group.exitSignal : SIGCHLD;
  child.parentExecId = sibling ? group.parentExecId : caller.execId;
  a.attachPid(ref, PIDTYPE_PID, pid);
  addMember(group.pgrp, child);
  // A namespace that the caller is not in may be new; its own has an init.
  if (ns !== caller.pidNs) child.isInit = a.childReaper(ns) === ref;
  addChild(sibling ? group.realParent! : caller, child);
  addTask(t.tasks, child);
  return child;
}

/** The root's init, which nobody makes. PidBug when the allocator is not fresh. */
export function createInit<P>(t: Table<P>, payload: P): Task<P> {
  const a = t.allocator;
  const root = a.initPidNs;
  const pid = a.allocPid(root);
  if (a.pidNr(pid) !== 1) {
    a.freePid(pid);
    throw new PidBug('createProcessTable', 'the allocator is in use already; a table needs a fresh one');
  }
  const ref = a.allocTask();
  const pgrp = new Pgrp(pid, new Session<P>(pid));
  const init = new Task(t, pgrp, DEFAULT_DISPOSITIONS, payload, ref, pid, root, 0);
  init.isInit = true;
  a.attachPid(ref, PIDTYPE_PID, pid);
  openSession(t, init, pgrp.session);
  openPgrp(t, init, pgrp);
  addTask(t.tasks, init);
  return init;
}
