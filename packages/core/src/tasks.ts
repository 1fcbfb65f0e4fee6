/**
 * Tasks hang on pids by type: each pid has a list of tasks for each of the four roles, newest first, and a task is in
 * at most one list of each role.
 *
 * ```
 *   pid.tasks[PGID] ──► task ──► task ──► 0        links are word offsets of task records
 *                       ▲ prev ──┘
 * ```
 *
 * Source: `attach_pid()`, `detach_pid()` and `transfer_pid()` of 2.6.24.
 */
import { PIDTYPE_MAX, PIDTYPE_PID, PidBug, type PidType } from '@pidlab/contract';
import { noMemory } from './errors.ts';
import { NS, PID_HEAD, TASK, TASK_LINK } from './layout.ts';
import { hasTasks, homeOf, isDead } from './pids.ts';
import { KIND_TASK } from './records.ts';
import { cacheAlloc, cacheFree, TASK_CACHE } from './slab.ts';
import type { State } from './state.ts';

const { spare: SPARE, links: LINKS } = TASK.at;
const { pid: PID, next: NEXT, prev: PREV } = TASK_LINK.at;
const TASKS = PID_HEAD.at.tasks;
const { reaper: REAPER, disabled: DISABLED } = NS.at;
const TYPE_NAMES = ['PIDTYPE_PID', 'PIDTYPE_TGID', 'PIDTYPE_PGID', 'PIDTYPE_SID'];

/** A task that hangs on nothing. ENOMEM. */
export function allocTask(s: State): number {
  const taskAt = cacheAlloc(s, TASK_CACHE, KIND_TASK);
  if (taskAt === 0) throw noMemory('allocTask', 'a task');
  // A record is freed with no links, so only the word of the free list has something in it.
  s.words[taskAt + SPARE] = 0;
  return taskAt;
}

/** Ends a task that hangs on nothing. */
export function freeTask(s: State, taskAt: number): void {
  for (let type = 0; type < PIDTYPE_MAX; type++) {
    if (s.words[linkOf(taskAt, type) + PID] !== 0) {
      throw new PidBug('freeTask', `the task still has a pid of type ${TYPE_NAMES[type]}; detach it first`);
    }
  }
  cacheFree(s, TASK_CACHE, taskAt);
}

/** Hangs the task on the pid, first in its list. */
export function attachPid(s: State, taskAt: number, type: PidType, pidAt: number): void {
  refuseSecondPid(s, taskAt, type, 'attachPid', 'task');
  if (isDead(s, pidAt)) throw new PidBug('attachPid', 'the pid has been freed; only references still keep it');
  const w = s.words;
  const link = linkOf(taskAt, type);
  const first = w[pidAt + TASKS + type];
  w[link + PID] = pidAt;
  w[link + NEXT] = first;
  w[link + PREV] = 0;
  if (first !== 0) w[linkOf(first, type) + PREV] = taskAt;
  w[pidAt + TASKS + type] = taskAt;
  s.design.rememberNumbers(s, taskAt, type, pidAt);
  if (type === PIDTYPE_PID) becomeReaper(s, taskAt, homeOf(s, pidAt));
}

/** The first task of a namespace that still takes pids inherits its orphans. */
function becomeReaper(s: State, taskAt: number, nsAt: number): void {
  const w = s.words;
  if (w[nsAt + REAPER] === 0 && w[nsAt + DISABLED] === 0) w[nsAt + REAPER] = taskAt;
}

/** Takes the task off its pid, which is freed when no task of any type is left on it. */
export function detachPid(s: State, taskAt: number, type: PidType): void {
  const pidAt = pidOf(s, taskAt, type, 'detachPid');
  const w = s.words;
  const link = linkOf(taskAt, type);
  const next = w[link + NEXT];
  const prev = w[link + PREV];
  if (prev === 0) w[pidAt + TASKS + type] = next;
  else w[linkOf(prev, type) + NEXT] = next;
  if (next !== 0) w[linkOf(next, type) + PREV] = prev;
  clearLink(s, taskAt, type);
  const nsAt = homeOf(s, pidAt);
  if (type === PIDTYPE_PID && w[nsAt + REAPER] === taskAt) w[nsAt + REAPER] = 0;
  if (!hasTasks(s, pidAt)) s.design.freePid(s, pidAt);
}

/** Gives `nextAt` the place of `oldAt` in the list, and its office as reaper if it had it by this pid. */
export function transferPid(s: State, oldAt: number, nextAt: number, type: PidType): void {
  const pidAt = pidOf(s, oldAt, type, 'transferPid');
  refuseSecondPid(s, nextAt, type, 'transferPid', 'next');
  const w = s.words;
  const from = linkOf(oldAt, type);
  const to = linkOf(nextAt, type);
  w[to + PID] = pidAt;
  w[to + NEXT] = w[from + NEXT];
  w[to + PREV] = w[from + PREV];
  if (w[to + PREV] === 0) w[pidAt + TASKS + type] = nextAt;
  else w[linkOf(w[to + PREV], type) + NEXT] = nextAt;
  if (w[to + NEXT] !== 0) w[linkOf(w[to + NEXT], type) + PREV] = nextAt;
  clearLink(s, oldAt, type);
  s.design.rememberNumbers(s, nextAt, type, pidAt);
  const nsAt = homeOf(s, pidAt);
  if (type === PIDTYPE_PID && w[nsAt + REAPER] === oldAt) w[nsAt + REAPER] = nextAt;
}

function clearLink(s: State, taskAt: number, type: PidType): void {
  const link = linkOf(taskAt, type);
  s.words[link + PID] = 0;
  s.words[link + NEXT] = 0;
  s.words[link + PREV] = 0;
  s.design.forgetNumbers(s, taskAt, type);
}

/** The first task of that type on the pid; 0 for none. */
export function pidTask(s: State, pidAt: number, type: PidType): number {
  return s.words[pidAt + TASKS + type];
}

/** The task after this one in the same list; 0 for none. */
export function nextPidTask(s: State, taskAt: number, type: PidType): number {
  return s.words[linkOf(taskAt, type) + NEXT];
}

/** The pid of that type that the task hangs on; 0 for none. */
export function taskPid(s: State, taskAt: number, type: PidType): number {
  return s.words[linkOf(taskAt, type) + PID];
}

/** The namespace of the task's own pid; 0 when it has none. */
export function activeNs(s: State, taskAt: number): number {
  const pidAt = taskPid(s, taskAt, PIDTYPE_PID);
  return pidAt === 0 ? 0 : homeOf(s, pidAt);
}

/** Word offset of the task's link of that type. */
export function linkOf(taskAt: number, type: number): number {
  return taskAt + LINKS + type * TASK_LINK.words;
}

function pidOf(s: State, taskAt: number, type: PidType, op: string): number {
  const pidAt = taskPid(s, taskAt, type);
  if (pidAt === 0) throw new PidBug(op, `the task has no pid of type ${TYPE_NAMES[type]}; attach one first`);
  return pidAt;
}

function refuseSecondPid(s: State, taskAt: number, type: PidType, op: string, name: string): void {
  if (taskPid(s, taskAt, type) === 0) return;
  throw new PidBug(op, `${name} has a pid of type ${TYPE_NAMES[type]} already; detach it first`);
}
