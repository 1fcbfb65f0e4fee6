/** How a task comes into being. Source: `copy_process()`, kernel/fork.c. */
import { PIDTYPE_PID, PidBug, type PidRef, type TaskRef } from '@pidlab/contract';
import { ask, callerOf, fail, integer, readOptions, readSetTid } from './checks.ts';
import { addChild } from './children.ts';
import { SIGNAL_MAX } from './constants.ts';
import { applyLimits, charge, mayCharge, readLimits } from './limits.ts';
import { enter, List } from './list.ts';
import { addMember, openPgrp, openSession, updateTie } from './members.ts';
import { enterNamespace, makeNamespace } from './namespaces.ts';
import { release } from './release.ts';
import { subreaperFrom } from './reparent.ts';
import { DEFAULT_DISPOSITIONS, type Namespace, Pgrp, PIDS, Session, type Table, Task } from './task.ts';
import { addTask } from './task-index.ts';
import type { CloneOptions, Process } from './types.ts';

const OPTIONS = [
  ...(['newPid', 'thread', 'parent', 'setTid', 'exitSignal', 'newSession'] as const),
  ...(['limits', 'payload', 'payloadOf'] as const),
];

export function fork<P>(t: Table<P>, process: Process<P>, payload?: P): Task<P> {
  const caller = callerOf(t, process, 'fork');
  mustBeAllowed(t, caller, false, false, 'fork');
  const home = caller.childHome;
  return newProcess(
    t,
    caller,
    home,
    undefined,
    payload === undefined ? caller.payload : payload,
    false,
    undefined,
    'fork',
  );
}

export function clone<P>(t: Table<P>, process: Process<P>, given: CloneOptions<P> = {}): Task<P> {
  const op = 'clone';
  // Before the caller is looked at: getters may call the table, and end the caller.
  const options: CloneOptions<P> = readOptions(given, OPTIONS, op);
  const setTid = readSetTid(options.setTid, op);
  const limits = readLimits(options.limits, op);
  const caller = callerOf(t, process, op);
  const { payload = caller.payload, payloadOf } = options;
  checkFlags(t, caller, options);
  mustBeAllowed(t, caller, options.newPid === true, options.thread === true, op);
  mayChoose(t, caller, options.newPid === true, setTid);
  if (options.thread === true) return withPayload(t, newThread(t, caller, setTid, payload), payloadOf);
  const isNew = options.newPid === true;
  const home = isNew ? makeNamespace(t, caller.childHome, op) : caller.childHome;
  if (isNew && limits !== undefined) applyLimits(home, limits);
  try {
    const sibling = options.parent === true;
    const child = newProcess(t, caller, home, setTid, payload, sibling, options.newSession, op);
    if (options.exitSignal !== undefined && !sibling) child.exitSignal = options.exitSignal;
    return withPayload(t, child, payloadOf);
  } finally {
    // The child's pid holds the namespace now; without a child nobody does.
    if (isNew) enterNamespace(t, home, -1);
  }
}

function checkFlags<P>(t: Table<P>, caller: Task<P>, options: CloneOptions<P>): void {
  const { newPid, thread, parent, exitSignal, limits, newSession, payload, payloadOf } = options;
  const elsewhere = caller.childHome !== caller.home;
  if (payloadOf !== undefined && (typeof payloadOf !== 'function' || payload !== undefined))
    throw new PidBug('clone', 'payloadOf has to be a function, and payload not there');
  if (exitSignal !== undefined) {
    integer(exitSignal, 'exitSignal', 'clone');
    if (exitSignal < 0 || exitSignal > SIGNAL_MAX)
      fail('EINVAL', 'clone', `exitSignal is ${exitSignal}; it has to be in [0, ${SIGNAL_MAX}]`);
    if (exitSignal !== 0 && (thread === true || parent === true))
      fail('EINVAL', 'clone', 'a thread has no exit signal, and a sibling has its maker’s; leave exitSignal out');
  }
  if (parent === true && caller.group.isInit)
    fail('EINVAL', 'clone', 'the caller is the init of its namespace, which can have no siblings');
  if (parent === true && t.isolated && caller.group.realParent?.home !== caller.home)
    fail('EINVAL', 'clone', 'the caller’s parent is outside its namespace, and gets no children from inside');
  if (thread === true && (newPid === true || elsewhere))
    fail('EINVAL', 'clone', 'a thread is in its process’s namespace, and new tasks of the caller go to another');
  if (newPid === true && elsewhere)
    fail('EINVAL', 'clone', 'the caller’s children go to another namespace already; let a child make the next one');
  if (thread === true && newSession === true)
    fail('EINVAL', 'clone', 'a thread is in its process’s session; leave newSession out');
  if (limits !== undefined && newPid !== true)
    fail('EINVAL', 'clone', 'limits are a new namespace’s; set them together with newPid, or by setLimits');
}

/** Asks `mayFork`. */
function mustBeAllowed<P>(t: Table<P>, caller: Task<P>, newPid: boolean, thread: boolean, op: string): void {
  const { mayFork } = t.hooks;
  if (mayFork === undefined) return;
  if (!ask(t, () => mayFork(caller, { newPid, thread }))) fail('EPERM', op, 'mayFork does not let the caller');
}

/** Numbers in namespaces that the caller does not see are not its to choose, unless the host lets it. */
function mayChoose<P>(t: Table<P>, caller: Task<P>, newPid: boolean, setTid: readonly number[] | undefined): void {
  if (!t.isolated || setTid === undefined) return;
  const { allocator: a, hooks } = t;
  const level = a.nsLevel(caller.childHome.ref) + (newPid ? 1 : 0);
  const visible = level - a.nsLevel(caller.home.ref) + 1;
  // What is too long is EINVAL, as the allocator says.
  if (setTid.length <= visible || setTid.length > Math.min(level + 1, a.traits.maxNumbers)) return;
  const { maySetTid } = hooks;
  if (maySetTid !== undefined && ask(t, () => maySetTid(caller, setTid.slice(visible)))) return;
  fail('EPERM', 'clone', `setTid has ${setTid.length} numbers, and the caller sees ${visible} of those namespaces`);
}

/** Gives the new task the payload that is made for it. Where that fails there is no such task. */
function withPayload<P>(t: Table<P>, task: Task<P>, payloadOf: ((task: Process<P>) => P) | undefined): Task<P> {
  if (payloadOf === undefined) return task;
  try {
    task.payload = ask(t, () => payloadOf(task));
  } catch (error) {
    const wasFirst = task.isInit;
    task.group.live--;
    release(t, task);
    // The next one is the first then.
    if (wasFirst) t.allocator.setLastPid(task.home.ref, 0);
    throw error;
  }
  return task;
}

function mustFit<P>(home: Namespace<P>, op: string): void {
  if (!mayCharge(home, PIDS)) fail('EAGAIN', op, 'a limit of pids is reached, of the namespace or of one above it');
}

/**
 * A pid for a new task, which hangs on it then; without one the task goes. The handle is read from the task each time: V8 makes an
 * object of a handle in a variable whenever it is given to somebody.
 */
function takePid<P>(t: Table<P>, task: Task<P>, setTid: readonly number[] | undefined): void {
  const { allocator: a } = t;
  try {
    task.pid = a.allocPid(task.home.ref, setTid);
  } catch (error) {
    a.freeTask(task.task);
    throw error;
  }
  a.attachPid(task.task, PIDTYPE_PID, task.pid);
  charge(task.home, PIDS);
}

function newThread<P>(t: Table<P>, caller: Task<P>, setTid: readonly number[] | undefined, payload: P): Task<P> {
  const { group, home } = caller;
  mustFit(home, 'clone');
  const thread = new Task(t, group.pgrp, group.signals, payload, t.allocator.allocTask(), home);
  takePid(t, thread, setTid);
  thread.group = group;
  group.others ??= new List();
  enter(group.others, thread);
  group.live++;
  home.holders++;
  addTask(t.tasks, thread);
  return thread;
}

function newProcess<P>(
  t: Table<P>,
  caller: Task<P>,
  home: Namespace<P>,
  setTid: readonly number[] | undefined,
  payload: P,
  sibling: boolean,
  newSession: boolean | undefined,
  op: string,
): Task<P> {
  mustFit(home, op);
  const { group } = caller;
  const child = new Task(t, group.pgrp, group.signals, payload, t.allocator.allocTask(), home);
  takePid(t, child, setTid);
  // Commit point: nothing below can fail.
  const isInit = home.init === undefined;
  if (sibling) {
    child.exitSignal = group.exitSignal;
    child.parentExeced = group.parentExeced;
  }
  if (isInit) {
    child.isInit = true;
    home.init = child;
  }
  home.holders++;
  if (newSession ?? (isInit && t.isolated)) {
    const pgrp = new Pgrp(child.pid, new Session<P>(child.pid));
    openSession(t, child, pgrp.session);
    openPgrp(t, child, pgrp);
  } else addMember(group.pgrp, child);
  const parent = sibling ? group.realParent! : caller;
  addChild(parent, child);
  const above = subreaperFrom(parent.group, child);
  if (above !== undefined) child.above = above;
  if (sibling) updateTie(t, child);
  addTask(t.tasks, child);
  return child;
}

/** The root's init, which nobody makes. PidBug when the allocator is not fresh; ENOMEM. */
export function createInit<P>(t: Table<P>, payload: P): Task<P> {
  const a = t.allocator;
  const { root } = t;
  const ref = a.allocTask();
  const pid = firstPid(t, ref);
  // Commit point: nothing below can fail.
  const pgrp = new Pgrp(pid, new Session<P>(pid));
  const init = new Task(t, pgrp, DEFAULT_DISPOSITIONS, payload, ref, root);
  init.pid = pid;
  init.exitSignal = 0;
  init.isInit = true;
  root.init = init;
  root.holders++;
  charge(root, PIDS);
  a.attachPid(ref, PIDTYPE_PID, pid);
  openSession(t, init, pgrp.session);
  openPgrp(t, init, pgrp);
  addTask(t.tasks, init);
  return init;
}

/** Number 1 of the root; without it the task goes. */
function firstPid<P>(t: Table<P>, ref: TaskRef): PidRef {
  const a = t.allocator;
  try {
    const pid = a.allocPid(t.root.ref);
    if (a.pidNr(pid) === 1) return pid;
    a.freePid(pid);
    throw new PidBug('createProcessTable', 'the allocator is in use already; a table needs a fresh one');
  } catch (error) {
    a.freeTask(ref);
    throw error;
  }
}
