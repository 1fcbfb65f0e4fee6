/**
 * struct pid of the flat design: a global number that the root knows it by, and a virtual one for its own namespace.
 *
 * ```
 *   head (7 words) │ nr next ns │ vnr vnext        pid_1 stops after ns: a pid of the root has one number, hashed once.
 *                    global       virtual          both sizes take one cache line of 64 bytes
 * ```
 *
 * A task keeps the numbers of its pids beside its links, and answers for them without a look at the pid.
 *
 * Source: Emelyanov, "[FLAT 1/6] Changes in data structures for flat model", June 2007.
 */
import { PID_HEAD, type Struct, struct, TASK } from '@pidlab/core';

const rootPidFields = {
  nr: ['once', 'the global number'],
  next: ['slotLock', 'link in the hash of global numbers'],
  ns: ['once', 'serial of the namespace that it was allocated in'],
} as const;
/** A pid of the root, which has one number. */
export const ROOT_PID: Struct<typeof rootPidFields> = struct('pid (flat, pid_1)', rootPidFields, PID_HEAD);

const virtualFields = {
  vnr: ['once', 'the number in its own namespace'],
  vnext: ['slotLock', 'link in the hash of virtual numbers'],
} as const;
/** What a pid of another namespace has behind that. */
export const VIRTUAL: Struct<typeof virtualFields> = struct('pid (flat, pid_2)', virtualFields, ROOT_PID);

const taskFields = {
  unused: ['nobody', 'fills the line, so that the pairs have one to themselves'],
  pairs: ['parts', 'one `pair` for each type', 12],
} as const;
/** A task with its pairs of numbers. */
export const FLAT_TASK: Struct<typeof taskFields> = struct('task (flat)', taskFields, TASK);

const pairFields = {
  nr: ['pidLock', 'the global number: pid, tgid, pgrp, session; 0 for none'],
  vnr: ['pidLock', 'the virtual one: vpid, vtgid, vpgrp, vsession; 0 for none'],
  ns: ['pidLock', 'serial of the namespace in which the virtual one holds'],
} as const;
/** The numbers of one of a task's pids, filled when it is attached. */
export const PAIR: Struct<typeof pairFields> = struct('pair', pairFields);
