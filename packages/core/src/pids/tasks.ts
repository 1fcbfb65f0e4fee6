/**
 * Tasks hang on pids by type: each pid has a list of tasks for each of the four roles, newest first, and a task is in
 * at most one list of each role.
 *
 * ```
 *   pid.tasks[PGID] ──► task ──► task ──► 0        links are word offsets of task records
 *                       ▲ prev ──┘
 * ```
 *
 * In a shared block a pid's lists are changed under its lock. A task's own word says which pid's: from none to one under the
 * task's lock, so that of two workers that hang it on something, or free it, one wins. Readers look again at that word after
 * they have read.
 *
 * Source: `attach_pid()`, `detach_pid()` and `transfer_pid()` of 2.6.24.
 */

import { PIDTYPE_MAX, PIDTYPE_PID, PidBug, type PidType } from '@pidlab/contract';
import { NS, PID_HEAD, TASK, TASK_LINK, WORKER } from '../layout.ts';
import { fits, GENERATION_MASK, KIND_PID, KIND_SHIFT, KIND_TASK, see, zeroAfter } from '../memory/handles.ts';
import { acquire, release } from '../memory/locks.ts';
import { cacheAlloc, cacheFree, TASK_CACHE } from '../memory/slab.ts';
import type { State } from '../types.ts';
import { compareExchange, load, publish } from '../words/access.ts';
import { CHECKED, SHARED } from '../words/mode.ts';
import { noRecord } from './errors.ts';
import { lockSlot } from './hash.ts';
import { hasTasks, homeOf, isDead, mustHoldPid, unlockPid } from './pids.ts';

const { spare: SPARE, links: LINKS, lock: LOCK } = TASK.at;
const { pid: PID, next: NEXT, prev: PREV } = TASK_LINK.at;
const TASKS = PID_HEAD.at.tasks;
const { reaper: REAPER, disabled: DISABLED } = NS.at;
const IN_HAND_TASKS = WORKER.at.tasks;
const TYPE_NAMES = ['PIDTYPE_PID', 'PIDTYPE_TGID', 'PIDTYPE_PGID', 'PIDTYPE_SID'];

/** A task that hangs on nothing. ENOMEM. */
export function allocTask(s: State): number {
  const taskAt = cacheAlloc(s, TASK_CACHE);
  if (taskAt === 0) throw noRecord(s, TASK_CACHE, 'allocTask', 'a task');
  // A record is freed with no links, so only the word of the free list has something in it.
  s.words[taskAt + SPARE] = 0;
  publish(s.words, taskAt, s.words[taskAt] | (KIND_TASK << KIND_SHIFT));
  return taskAt;
}

/** Ends a task that hangs on nothing. `task` is the handle. */
export function freeTask(s: State, taskAt: number, task: unknown): void {
  const w = s.words;
  if (SHARED) lockTask(s, taskAt, 'freeTask');
  const bug = SHARED && !fits(s, taskAt, task) ? freedMeanwhile('freeTask', 'task') : hangs(s, taskAt);
  // Here it is nobody's any more: whoever waits to hang it on a pid finds that out.
  if (bug === undefined) publish(w, taskAt, w[taskAt] & GENERATION_MASK);
  if (SHARED) {
    release(s, taskAt + LOCK);
    w[s.worker + IN_HAND_TASKS] = 0;
  }
  if (bug !== undefined) throw bug;
  cacheFree(s, TASK_CACHE, taskAt);
}

/** Nobody else hangs the task on a pid, or frees it, until its lock is let go of. It is in hand from here on. */
function lockTask(s: State, taskAt: number, op: string): void {
  s.words[s.worker + IN_HAND_TASKS] = taskAt;
  acquire(s, taskAt + LOCK, op);
}

/** Why a task cannot be freed that hangs on a pid. */
function hangs(s: State, taskAt: number): PidBug | undefined {
  const type = firstTypeOf(s, taskAt);
  if (type === PIDTYPE_MAX) return undefined;
  return new PidBug('freeTask', `the task still has a pid of type ${TYPE_NAMES[type]}; detach it first`);
}

function freedMeanwhile(op: string, name: string): PidBug {
  return new PidBug(op, `${name} is stale: another worker freed it meanwhile`);
}

/** The first type of which the task has a pid; PIDTYPE_MAX for none. */
function firstTypeOf(s: State, taskAt: number): number {
  let type = 0;
  while (type < PIDTYPE_MAX && load(s.words, linkOf(taskAt, type) + PID) === 0) type++;
  return type;
}

/** Hangs the task on a pid that is locked, first in its list, and unlocks it. `task` is the handle. */
export function attachPid(s: State, taskAt: number, task: unknown, type: PidType, pidAt: number): void {
  if (CHECKED) mustHoldPid(s, pidAt);
  const w = s.words;
  const link = linkOf(taskAt, type);
  const bug = isDead(s, pidAt)
    ? new PidBug('attachPid', 'the pid has been freed; only references still keep it')
    : claimLink(s, taskAt, task, type, pidAt, 'attachPid', 'task');
  if (bug !== undefined) throw unlockLists(s, bug);
  const first = w[pidAt + TASKS + type];
  w[link + NEXT] = first;
  w[link + PREV] = 0;
  if (first !== 0) w[linkOf(first, type) + PREV] = taskAt;
  s.design.rememberNumbers(s, taskAt, type, pidAt);
  w[pidAt + TASKS + type] = taskAt;
  if (type === PIDTYPE_PID) becomeReaper(s, taskAt, homeOf(s, pidAt));
  unlockLists(s);
}

/** Makes the pid the task's own of that type, or says why not. */
function claimLink(
  s: State,
  taskAt: number,
  task: unknown,
  type: PidType,
  pidAt: number,
  op: string,
  name: string,
): PidBug | undefined {
  const at = linkOf(taskAt, type) + PID;
  if (SHARED) lockTask(s, taskAt, op);
  const isFree = load(s.words, at) === 0;
  const isThere = !SHARED || fits(s, taskAt, task);
  if (isFree && isThere) publish(s.words, at, pidAt);
  if (SHARED) release(s, taskAt + LOCK);
  if (!isThere) return freedMeanwhile(op, name);
  return isFree ? undefined : new PidBug(op, `${name} has a pid of type ${TYPE_NAMES[type]} already; detach it first`);
}

/** The first task of a namespace that still takes pids inherits its orphans. */
function becomeReaper(s: State, taskAt: number, nsAt: number): void {
  const w = s.words;
  if (w[nsAt + REAPER] !== 0 || w[nsAt + DISABLED] !== 0) return;
  // Whoever closes the namespace clears the reaper after that.
  if (compareExchange(w, nsAt + REAPER, 0, taskAt) === 0 && SHARED && load(w, nsAt + DISABLED) !== 0)
    compareExchange(w, nsAt + REAPER, taskAt, 0);
}

/**
 * Takes the task off its pid. When no task of any type is left there, gives the pid, still locked, which is the caller's to end; else 0.
 * `task` is the handle.
 */
export function detachPid(s: State, taskAt: number, task: unknown, type: PidType): number {
  const pidAt = lockPidOf(s, taskAt, task, type, 'detachPid', 'task');
  const w = s.words;
  const link = linkOf(taskAt, type);
  const next = w[link + NEXT];
  const prev = w[link + PREV];
  if (SHARED) w[s.worker + IN_HAND_TASKS] = taskAt;
  if (prev === 0) w[pidAt + TASKS + type] = next;
  else w[linkOf(prev, type) + NEXT] = next;
  if (next !== 0) w[linkOf(next, type) + PREV] = prev;
  const nsAt = homeOf(s, pidAt);
  if (type === PIDTYPE_PID && w[nsAt + REAPER] === taskAt) compareExchange(w, nsAt + REAPER, taskAt, 0);
  clearLink(s, taskAt, type);
  if (SHARED) w[s.worker + IN_HAND_TASKS] = 0;
  if (!hasTasks(s, pidAt)) return pidAt;
  unlockPid(s);
  return 0;
}

/** Gives `nextAt` the place of `oldAt` in the list, and its office as reaper if it had it by this pid. `old` and `next` are the handles. */
export function transferPid(s: State, oldAt: number, old: unknown, nextAt: number, next: unknown, type: PidType): void {
  const pidAt = lockPidOf(s, oldAt, old, type, 'transferPid', 'old');
  const w = s.words;
  if (SHARED) w[s.worker + IN_HAND_TASKS + 1] = oldAt;
  const bug = claimLink(s, nextAt, next, type, pidAt, 'transferPid', 'next');
  if (bug !== undefined) throw unlockLists(s, bug);
  const from = linkOf(oldAt, type);
  const to = linkOf(nextAt, type);
  w[to + NEXT] = w[from + NEXT];
  w[to + PREV] = w[from + PREV];
  s.design.rememberNumbers(s, nextAt, type, pidAt);
  if (w[to + PREV] === 0) w[pidAt + TASKS + type] = nextAt;
  else w[linkOf(w[to + PREV], type) + NEXT] = nextAt;
  if (w[to + NEXT] !== 0) w[linkOf(w[to + NEXT], type) + PREV] = nextAt;
  const nsAt = homeOf(s, pidAt);
  if (type === PIDTYPE_PID && w[nsAt + REAPER] === oldAt) compareExchange(w, nsAt + REAPER, oldAt, nextAt);
  clearLink(s, oldAt, type);
  unlockLists(s);
}

/** Forgets that the task had a pid of that type; last of all the pid itself, since another worker may hang it on one then. */
export function clearLink(s: State, taskAt: number, type: PidType): void {
  const link = linkOf(taskAt, type);
  s.design.forgetNumbers(s, taskAt, type);
  s.words[link + NEXT] = 0;
  s.words[link + PREV] = 0;
  publish(s.words, link + PID, 0);
}

/** Unlocks the pid whose lists have been changed, or have not because of a bug, which it hands on. */
function unlockLists<T>(s: State, bug?: T): T | undefined {
  if (!SHARED) return bug;
  s.words[s.worker + IN_HAND_TASKS] = 0;
  s.words[s.worker + IN_HAND_TASKS + 1] = 0;
  unlockPid(s);
  return bug;
}

/** The first task of that type on the pid; 0 for none. Leaves its first word in `seen`. */
export function pidTask(s: State, pidAt: number, type: PidType): number {
  const from = pidAt + TASKS + type;
  return SHARED ? ledTo(s, from, KIND_TASK) : s.words[from];
}

/** The task after this one in the same list; 0 for none. Leaves its first word in `seen`. */
export function nextPidTask(s: State, taskAt: number, type: PidType): number {
  const w = s.words;
  const link = linkOf(taskAt, type);
  if (!SHARED) return w[link + NEXT];
  for (;;) {
    const pidAt = load(w, link + PID);
    const nextAt = pidAt === 0 ? 0 : ledTo(s, link + NEXT, KIND_TASK);
    // Unless another worker has taken it off and hung it elsewhere meanwhile.
    if (load(w, link + PID) === pidAt) return nextAt;
  }
}

/** The pid of that type that the task hangs on; 0 for none. Leaves its first word in `seen`. */
export function taskPid(s: State, taskAt: number, type: PidType): number {
  const from = linkOf(taskAt, type) + PID;
  return SHARED ? ledTo(s, from, KIND_PID) : s.words[from];
}

/** The namespace's first task; 0 for none. Leaves its first word in `seen`. */
export function reaperOf(s: State, nsAt: number): number {
  const from = nsAt + REAPER;
  return SHARED ? ledTo(s, from, KIND_TASK) : s.words[from];
}

/**
 * The record of that kind to which the word at `from` leads; 0 for none. Leaves its first word in `seen`: between two looks at
 * that, the word was seen to lead there, so it led to the record in that very life.
 */
function ledTo(s: State, from: number, kind: number): number {
  const w = s.words;
  for (let at = w[from]; at !== 0; at = load(w, from)) {
    const id = see(s, at);
    const again = w[from + zeroAfter(id)];
    if (again === at && w[at + zeroAfter(again)] === id && id >>> KIND_SHIFT === kind) return again;
  }
  return 0;
}

/** The namespace of the task's own pid; 0 when it has none. Leaves its first word in `seen`. */
export function activeNs(s: State, taskAt: number): number {
  for (;;) {
    const pidAt = taskPid(s, taskAt, PIDTYPE_PID);
    if (pidAt === 0) return 0;
    const w = s.words;
    const life = w[pidAt];
    const nsAt = homeOf(s, pidAt);
    // A pid has its home as long as a task hangs on it.
    const id = see(s, nsAt);
    if (!SHARED) return nsAt;
    if (w[linkOf(taskAt, PIDTYPE_PID) + PID + zeroAfter(id)] === pidAt && w[pidAt + zeroAfter(id)] === life)
      return nsAt;
  }
}

/** Word offset of the task's link of that type. */
export function linkOf(taskAt: number, type: number): number {
  return taskAt + LINKS + type * TASK_LINK.words;
}

/** The pid of that type that the task hangs on, locked in a shared block. PidBug when it has none. */
function lockPidOf(s: State, taskAt: number, task: unknown, type: PidType, op: string, name: string): number {
  const at = linkOf(taskAt, type) + PID;
  for (;;) {
    const pidAt = s.words[at];
    if (pidAt === 0) throw new PidBug(op, `the task has no pid of type ${TYPE_NAMES[type]}; attach one first`);
    if (!SHARED) return pidAt;
    const slot = s.design.pidSlot(s, pidAt);
    lockSlot(s, slot, op);
    // The same record may be another pid by now, whose lock is another.
    const isStill = load(s.words, at) === pidAt && s.design.pidSlot(s, pidAt) === slot;
    if (isStill && fits(s, taskAt, task)) return pidAt;
    unlockPid(s);
    if (isStill) throw freedMeanwhile(op, name);
  }
}
