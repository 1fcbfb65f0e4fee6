/** What is asked of arguments: the wrong type or a handle of nothing is a PidBug, a number out of range is EINVAL. */
import { type NsRef, PIDTYPE_MAX, PidBug, PidError, type PidRef, type PidType, type TaskRef } from '@pidlab/contract';
import type { NsRecord, PidRecord, State, TaskRecord } from './state.ts';

/** The largest number that a look-up can be asked for: 2^31 - 1. */
export const LARGEST_NR = 2_147_483_647;

export function pidOf(s: State, pid: PidRef, op: string): PidRecord {
  const record = s.pids.get(pid);
  if (record === undefined)
    throw new PidBug(op, `pid is ${show(pid)}; it has to be a live pid handle of this allocator`);
  return record;
}

export function nsOf(s: State, ns: NsRef, op: string, name = 'ns'): NsRecord {
  const record = s.namespaces.get(ns);
  if (record === undefined)
    throw new PidBug(op, `${name} is ${show(ns)}, which is no namespace of this allocator (any more)`);
  return record;
}

export function taskOf(s: State, task: TaskRef, op: string, name = 'task'): TaskRecord {
  const record = s.tasks.get(task);
  if (record === undefined)
    throw new PidBug(op, `${name} is ${show(task)}; it has to be a live task handle of this allocator`);
  return record;
}

export function checkType(type: PidType, op: string): void {
  checkNumber(type, 'type', 0, PIDTYPE_MAX - 1, op);
}

/** An integer in `[min, max]`. */
export function checkNumber(value: number, name: string, min: number, max: number, op: string): void {
  const allowed = `${name} is ${show(value)}; it has to be an integer in [${min}, ${max}]`;
  if (!Number.isInteger(value)) throw new PidBug(op, allowed);
  if (value < min || value > max) throw new PidError('EINVAL', op, allowed);
}

/** A value of any type, for a message; none of its own code is run. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
