import {
  CLONE_NEWPID,
  type NsRef,
  PID_MAX_DEFAULT,
  PID_MAX_LIMIT,
  PIDTYPE_PID,
  type PidAllocator,
  type PidAllocatorOptions,
  type PidRef,
  type TaskRef,
  type Traits,
} from '@pidlab/contract';
import { deepEqual, equal, some, throwsPidError } from './assert.ts';

/** A fresh allocator, and the namespace in which a clause works. */
export interface World {
  readonly a: PidAllocator;
  /** The root, or a child of it, by the scope of the run. */
  readonly home: NsRef;
  /** From the root down to home. */
  readonly path: readonly NsRef[];
  /** Where allocation in home goes on after a wrap. */
  readonly floor: number;
}

/** Records come from a generous share of the block, so this does for the fullest world too; its tables are walked after every clause. */
export const CAPACITY = 4_096;

/** Builds a world. At level 1 the root has all numbers there are, so that only the home's own `pidMax` is felt. */
export function createWorld(
  create: (options?: PidAllocatorOptions) => PidAllocator,
  traits: Traits,
  level: 0 | 1,
  options: PidAllocatorOptions,
  inits: boolean,
): World {
  const { pidMax = PID_MAX_DEFAULT } = options;
  const size = options.memory === undefined ? { capacity: CAPACITY } : {};
  const a = create({ ...size, ...options, pidMax: level === 0 ? pidMax : PID_MAX_LIMIT });
  const path: NsRef[] = [a.initPidNs];
  if (inits) fork(a, a.initPidNs);
  if (level === 1) {
    const child = newNs(a, a.initPidNs);
    a.setPidMax(child, pidMax);
    path.push(child);
    if (inits) fork(a, child);
  }
  const floors = options.floors ?? traits.floors;
  return { a, home: some(path[level]), path, floor: level === 0 ? floors.root : floors.child };
}

/** A process: a pid with a task on it. */
export interface Process {
  readonly pid: PidRef;
  readonly task: TaskRef;
}

/** A new process in `ns`. */
export function fork(a: PidAllocator, ns: NsRef): Process {
  const pid = a.allocPid(ns);
  const task = a.allocTask();
  a.attachPid(task, PIDTYPE_PID, pid);
  return { pid, task };
}

/** Ends a process that hangs on nothing but its own pid. */
export function exit(a: PidAllocator, process: Process): void {
  a.detachPid(process.task, PIDTYPE_PID);
  a.freeTask(process.task);
}

/** Of how many parts the maps of all namespaces are made: pages of pidmaps, or nodes of trees. */
export function mapParts(a: PidAllocator): number {
  if (a.traits.map !== 'tree') return a.stats().pages.pidmap;
  return some(a.slabInfo().find(({ name }) => name === 'radix_tree_node')).activeObjects;
}

/** A new child of `parent`. */
export function newNs(a: PidAllocator, parent: NsRef): NsRef {
  return a.copyPidNs(CLONE_NEWPID, parent);
}

/**
 * Namespaces nested below `from`, `depth` of them or as many as the design allows: where it does not, this makes sure that
 * one more is refused as documented.
 */
export function nest(a: PidAllocator, from: NsRef, depth: number): NsRef[] {
  const nested: NsRef[] = [];
  let at = from;
  while (nested.length < depth) {
    if (a.nsLevel(at) === a.traits.maxLevel) {
      throwsPidError('ENOSPC', () => newNs(a, at));
      break;
    }
    at = newNs(a, at);
    nested.push(at);
  }
  return nested;
}

/** Allocates `count` pids and returns them. */
export function allocMany(a: PidAllocator, ns: NsRef, count: number): PidRef[] {
  return Array.from({ length: count }, () => a.allocPid(ns));
}

/** Allocates until nothing is free. */
export function fill(a: PidAllocator, ns: NsRef): PidRef[] {
  const pids: PidRef[] = [];
  for (let left = a.pidMax(ns); left > 0; left--) {
    try {
      pids.push(a.allocPid(ns));
    } catch {
      break;
    }
  }
  throwsPidError('EAGAIN', () => a.allocPid(ns));
  return pids;
}

/** Uses the block up with tasks, until only `pages` are left. */
export function leave(a: PidAllocator, pages: number): void {
  const spare = (): number => a.stats().pages.free - pages;
  for (let left = spare(); left > 0; left = spare()) {
    // Not even a worker that takes some at once has them on more than four new pages.
    for (let tasks = Math.ceil(left / 4); tasks > 0; tasks--) a.allocTask();
  }
  equal(a.stats().pages.free, pages);
}

/** Allocates the number `nr` by way of the cursor. */
export function allocAt(a: PidAllocator, ns: NsRef, nr: number): PidRef {
  a.setLastPid(ns, nr - 1);
  const pid = a.allocPid(ns);
  equal<number>(a.pidNrNs(pid, ns), nr);
  return pid;
}

/** The number that the next pid of `ns` gets there. */
export function nextNr(a: PidAllocator, ns: NsRef): number {
  return a.pidNrNs(a.allocPid(ns), ns);
}

/** The numbers that the next `count` pids of `ns` get there. */
export function nextNrs(a: PidAllocator, ns: NsRef, count: number): number[] {
  return Array.from({ length: count }, () => nextNr(a, ns));
}

/** The pid that `ns` knows as `nr`; it has to be there. */
export function pidAt(a: PidAllocator, ns: NsRef, nr: number): PidRef {
  return some(a.findPidNs(nr, ns), `no pid has the number ${nr}`);
}

/** Frees the pid that `ns` knows as `nr`. */
export function freeNr(a: PidAllocator, ns: NsRef, nr: number): void {
  a.freePid(pidAt(a, ns, nr));
}

/** All pids that `ns` sees, by ascending number. */
export function listed(a: PidAllocator, ns: NsRef): PidRef[] {
  const pids: PidRef[] = [];
  let pid = a.findGePid(0, ns);
  while (pid !== undefined) {
    pids.push(pid);
    pid = a.findGePid(a.pidNrNs(pid, ns) + 1, ns);
  }
  return pids;
}

/** The numbers of all pids that `ns` sees, ascending. */
export function seen(a: PidAllocator, ns: NsRef): number[] {
  return listed(a, ns).map((pid) => a.pidNrNs(pid, ns));
}

/** The taken numbers of `ns`'s own map, ascending. */
export function taken(a: PidAllocator, ns: NsRef): number[] {
  const numbers: number[] = [];
  for (let nr = a.nextPidmap(ns, 0); nr !== undefined; nr = a.nextPidmap(ns, nr)) numbers.push(nr);
  return numbers;
}

/** How many numbers a pid of `ns` carries in this design. */
export function numbersOf(a: PidAllocator, ns: NsRef): number {
  return Math.min(a.nsLevel(ns) + 1, a.traits.maxNumbers);
}

/** The tasks that hang on `pid` by `type`, first to last. */
export function tasksOf(a: PidAllocator, pid: PidRef, type: 0 | 1 | 2 | 3): TaskRef[] {
  const tasks: TaskRef[] = [];
  for (let task = a.pidTask(pid, type); task !== undefined; task = a.nextPidTask(task, type)) tasks.push(task);
  return tasks;
}

/**
 * All that a user can see of an allocator except cursors and memory: who is where under which number. Two moments with
 * equal pictures differ in nothing that a failed call is not allowed to change.
 */
export function picture(a: PidAllocator, namespaces: readonly NsRef[]): unknown {
  const { pids, tasks, namespaces: count } = a.stats();
  return {
    pids,
    tasks,
    count,
    caches: a
      .slabInfo()
      .map(({ name, activeObjects }) => ({ name, activeObjects }))
      .filter((c) => c.activeObjects > 0),
    views: namespaces.map((ns) => ({
      taken: taken(a, ns),
      seen: listed(a, ns).map((pid) => [a.pidNrNs(pid, ns), pid, a.pidCount(pid)]),
      reaper: a.childReaper(ns),
      pidMax: a.pidMax(ns),
    })),
  };
}

/** Whether the design keeps objects and no block; where it says so, this makes sure that it accounts for no memory. */
export function blockless(a: PidAllocator): boolean {
  if (a.traits.memory !== 'objects') return false;
  const { reservedBytes, usedBytes, pages, hashTables } = a.stats();
  deepEqual([a.slabInfo(), reservedBytes, usedBytes, hashTables], [[], 0, 0, []]);
  deepEqual(pages, { slab: 0, pidmap: 0, free: 0 });
  return true;
}

/** Whether the design has the root and nothing else; where it says so, this makes sure that a child is refused. */
export function childless(a: PidAllocator): boolean {
  if (a.traits.maxLevel > 0) return false;
  throwsPidError('ENOSPC', () => newNs(a, a.initPidNs));
  return true;
}
