/*
 * Who holds which number, told from a trace alone: the replay's second opinion, and the converter's check of what it read.
 * It knows no allocator and finds the next number by trying one after the other.
 */
import { TraceError, type TraceEvent } from './trace.ts';

/** A process or thread, by numbers; 0 is a group or session outside the recorded namespace. */
interface Task {
  readonly tgid: number;
  pgid: number;
  sid: number;
  zombie: boolean;
}

/** The state of the numbers at some point of a trace. */
export interface Ledger {
  readonly pidMax: number;
  readonly floor: number;
  readonly tasks: Map<number, Task>;
  /** For each taken number, how often it is in use: as a task's own, its thread group's, process group's or session's. */
  readonly uses: Map<number, number>;
  /** The number given last. */
  last: number;
}

/** Nobody is there yet. */
export function openLedger({ pidMax, floor }: { readonly pidMax: number; readonly floor: number }): Ledger {
  return { pidMax, floor, tasks: new Map(), uses: new Map(), last: 0 };
}

/** The number that a cyclic allocation has to give next: the first free one above the last, or, after a wrap, the floor. */
export function expectedNr(l: Ledger): number {
  let nr = l.last + 1;
  for (let tries = 0; tries <= l.pidMax; tries++, nr++) {
    if (nr >= l.pidMax) nr = l.floor;
    if (!l.uses.has(nr)) return nr;
  }
  throw new TraceError(`no number below ${l.pidMax} is free`);
}

/**
 * Takes one event in, and returns the numbers that are free by it. `TraceError` when it cannot have happened: a number
 * given twice, an event of somebody who is not there.
 */
export function record(l: Ledger, event: TraceEvent): number[] {
  switch (event.kind) {
    case 'fork':
      return enter(l, event.child, { ...groupsOf(l, event.parent), tgid: event.child });
    case 'thread':
      // Groups and sessions belong to the process; only its leader is counted in them.
      return enter(l, event.child, { tgid: taskOf(l, event.parent).tgid, pgid: 0, sid: 0 });
    case 'exec':
      return exec(l, event.task, event.former);
    case 'setsid':
      return join(l, event.task, { pgid: event.task, sid: event.task });
    case 'setpgid':
      return join(l, event.task, { pgid: event.group });
    case 'exit':
      return exit(l, event.task);
    default:
      return reap(l, event.child);
  }
}

/** What is known about the holder of `nr`; a `TraceError` when nobody is. */
export function taskOf(l: Ledger, nr: number): Readonly<Task> {
  const task = l.tasks.get(nr);
  if (task === undefined) throw new TraceError(`nobody has the number ${nr}`);
  return task;
}

/** Group and session that a child inherits: those of its parent's leader. */
function groupsOf(l: Ledger, parent: number): { pgid: number; sid: number } {
  if (parent === 0) return { pgid: 0, sid: 0 };
  const { pgid, sid } = taskOf(l, taskOf(l, parent).tgid);
  return { pgid, sid };
}

function enter(l: Ledger, nr: number, roles: Omit<Task, 'zombie'>): number[] {
  if (l.uses.has(nr)) throw new TraceError(`${nr} is given while it is taken`);
  l.tasks.set(nr, { ...roles, zombie: false });
  for (const role of [nr, roles.tgid, roles.pgid, roles.sid]) use(l, role);
  l.last = nr;
  return [];
}

function join(l: Ledger, nr: number, roles: { readonly pgid: number; readonly sid?: number }): number[] {
  const task = taskOf(l, nr) as Task;
  const { pgid, sid } = task;
  Object.assign(task, roles);
  use(l, task.pgid);
  use(l, task.sid);
  return drop(l, [pgid, sid]);
}

/** A thread that starts a program becomes its process's only one and takes the leader's number, even a dead leader's. */
function exec(l: Ledger, nr: number, former: number): number[] {
  const leader = taskOf(l, nr) as Task;
  if (former === nr) return [];
  leader.zombie = false;
  return leave(l, former);
}

function exit(l: Ledger, nr: number): number[] {
  const task = taskOf(l, nr) as Task;
  if (task.tgid !== nr) return leave(l, nr);
  if (task.zombie) throw new TraceError(`${nr} exits twice`);
  task.zombie = true;
  return [];
}

function reap(l: Ledger, nr: number): number[] {
  if (!taskOf(l, nr).zombie) throw new TraceError(`${nr} is waited for before its exit`);
  return leave(l, nr);
}

function leave(l: Ledger, nr: number): number[] {
  const { tgid, pgid, sid } = taskOf(l, nr);
  l.tasks.delete(nr);
  return drop(l, [nr, tgid, pgid, sid]);
}

function use(l: Ledger, nr: number): void {
  if (nr !== 0) l.uses.set(nr, (l.uses.get(nr) ?? 0) + 1);
}

/** Ends one use of each, and returns those that had no other. */
function drop(l: Ledger, numbers: readonly number[]): number[] {
  const free: number[] = [];
  for (const nr of numbers) {
    const uses = (l.uses.get(nr) ?? 0) - 1;
    if (uses > 0) l.uses.set(nr, uses);
    else if (l.uses.delete(nr)) free.push(nr);
  }
  return free;
}
