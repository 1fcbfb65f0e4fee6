/** What is asked of arguments, and how a number is looked up. */

import {
  type ErrnoCode,
  MAX_PID_NS_LEVEL,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PidBug,
  PidError,
  type PidRef,
  type Vnr,
} from '@pidlab/contract';
import { SIGNAL_MAX } from './constants.ts';
import { isLeader, type Pgrp, type Table, Task, type ThreadGroup } from './task.ts';
import { findTask } from './task-index.ts';
import type { Process } from './types.ts';

/** The largest number that any pid can have, and the smallest that an argument can be. */
const LARGEST_NR = 2_147_483_647;
export const INT_MIN: number = -LARGEST_NR - 1;

/** A task of this table, whatever its state. */
export function taskOf<P>(t: Table<P>, process: Process<P>, op: string, name: string): Task<P> {
  if (Task.is(process, t)) return process;
  throw new PidBug(op, `${name} is no process of this table; pass the object that fork or clone returned`);
}

/** A task that can make calls, which may change something. */
export function callerOf<P>(t: Table<P>, caller: Process<P>, op: string): Task<P> {
  mustNotBeAsked(t, op);
  return viewerOf(t, caller, op);
}

/** No call changes anything while another is in the middle of its work. */
export function mustNotBeAsked<P>(t: Table<P>, op: string): void {
  if (t.asking) throw new PidBug(op, 'a hook that is asked in the middle of a call cannot change the table');
}

/** A task that can make calls. */
export function viewerOf<P>(t: Table<P>, caller: Process<P>, op: string): Task<P> {
  const task = taskOf(t, caller, op, 'caller');
  if (task.life === 'alive') return task;
  throw new PidBug(op, `caller is ${task.life}; only a live process makes calls`);
}

export function integer(value: number, name: string, op: string): void {
  if (!Number.isInteger(value)) throw new PidBug(op, `${name} is ${show(value)}; it has to be an integer`);
}

/** A value of any type, for a message; none of its own code is run. */
function show(value: unknown): string {
  if (typeof value === 'string') return value.length > LONG ? 'a long string' : JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  // To write a large one out takes seconds.
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value === 'symbol') return 'a symbol';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const LONG = 40;

/**
 * The named properties of `options`, each read once, and nobody else's: neither what stands on a prototype, nor what changes
 * between two looks. PidBug for what is no object, cannot be read, or has other properties.
 */
export function readOptions<T extends object>(options: T, names: readonly (keyof T & string)[], op: string): T {
  if (typeof options !== 'object' || options === null)
    throw new PidBug(op, `options is ${show(options)}; it has to be an object`);
  try {
    const unknown = Object.keys(options).find((name) => !(names as readonly string[]).includes(name));
    if (unknown !== undefined)
      throw new PidBug(op, `there is no option ${show(unknown)}; there is ${names.join(', ')}`);
    const read = {} as T;
    for (const name of names) read[name] = Object.hasOwn(options, name) ? options[name] : (undefined as never);
    return read;
  } catch (error) {
    if (error instanceof PidBug) throw error;
    throw withCause(new PidBug(op, 'options cannot be read'), error);
  }
}

function withCause(bug: PidBug, cause: unknown): PidBug {
  bug.cause = cause;
  return bug;
}

/** Chosen numbers, as an array of their own. */
export function readSetTid(setTid: readonly number[] | undefined, op: string): readonly number[] | undefined {
  if (setTid === undefined) return undefined;
  const numbers: number[] = [];
  try {
    if (!Array.isArray(setTid)) throw new PidBug(op, `setTid is ${show(setTid)}; it has to be an array`);
    const { length } = setTid;
    if (length > MAX_PID_NS_LEVEL)
      fail('EINVAL', op, `setTid has ${length} numbers; it has to have at most ${MAX_PID_NS_LEVEL}`);
    for (let i = 0; i < length; i++) numbers.push(setTid[i]);
  } catch (error) {
    if (error instanceof PidBug || error instanceof PidError) throw error;
    throw withCause(new PidBug(op, 'setTid cannot be read'), error);
  }
  for (const [i, nr] of numbers.entries()) integer(nr, `setTid[${i}]`, op);
  return numbers;
}

export function fail(code: ErrnoCode, op: string, message: string): never {
  throw new PidError(code, op, message);
}

/** Signal 0 is one too: it checks, and sends nothing. */
export function checkSignal(signal: number, op: string): void {
  if (signal < 0 || signal > SIGNAL_MAX) fail('EINVAL', op, `signal is ${signal}; it has to be in [0, ${SIGNAL_MAX}]`);
}

/** The pid that `ns` knows as `nr`, which may be any integer. */
export function pidAt<P>(t: Table<P>, nr: number, ns: NsRef): PidRef | undefined {
  return nr < 1 || nr > LARGEST_NR ? undefined : t.allocator.findPidNs(nr, ns);
}

/** The task that `ns` knows as `nr`, which may be any integer. */
export function taskAt<P>(t: Table<P>, nr: number, ns: NsRef): Task<P> | undefined {
  if (nr < 1 || nr > LARGEST_NR) return undefined;
  const ref = t.allocator.findTaskByPidNs(nr, ns);
  return ref === undefined ? undefined : findTask(t.tasks, ref);
}

/** The process of which that number is the leader's, not another thread's. */
export function processAt<P>(t: Table<P>, nr: number, ns: NsRef): ThreadGroup<P> | undefined {
  const task = taskAt(t, nr, ns);
  return task !== undefined && isLeader(task) ? task.group : undefined;
}

/** The process group that `ns` knows as `nr`, which may be any integer. */
export function pgrpAt<P>(t: Table<P>, nr: number, ns: NsRef): Pgrp<P> | undefined {
  const pid = pidAt(t, nr, ns);
  const holder = pid === undefined ? undefined : t.allocator.pidTask(pid, PIDTYPE_PGID);
  return holder === undefined ? undefined : findTask(t.tasks, holder)!.group.pgrp;
}

/** The task whose own number it is; `undefined` once that has been reaped, though a group or session may have the number. */
export function ownerOf<P>(t: Table<P>, pid: PidRef): Task<P> | undefined {
  const ref = t.allocator.pidTask(pid, PIDTYPE_PID);
  return ref === undefined ? undefined : findTask(t.tasks, ref);
}

/** The number of a pid, as the task sees it. */
export function vnrOf<P>(t: Table<P>, pid: PidRef, viewer: Task<P>): Vnr {
  return t.allocator.pidNrNs(pid, viewer.home.ref) as number as Vnr;
}

/** Asks a hook. What it throws comes through; it must not change the table meanwhile. */
export function ask<P, R>(t: Table<P>, question: () => R): R {
  t.asking = true;
  try {
    return question();
  } finally {
    t.asking = false;
  }
}
