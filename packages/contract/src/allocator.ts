import type { PidAllocatorDescriptor } from './descriptor.ts';
import type { Nr, NsRef, PidRef, PidType, RootNr, TaskRef, Vnr } from './handles.ts';
import type { PidAllocatorOptions } from './options.ts';
import type { Findings, SlabInfo, Stats } from './reports.ts';
import type { Traits } from './traits.ts';

/**
 * What every strategy promises: numbers, the pids that carry them, the namespaces that give them, and the tasks that
 * hang on them.
 *
 * Every function checks its arguments. A wrong type, a number that is no integer, a stale handle or one of another
 * allocator is a {@link PidBug}; an integer outside the documented range is a {@link PidError} with EINVAL. In both cases
 * nothing has changed. `nr` arguments of look-ups are integers in `[0, 2^31 - 1]`, those of `findGePid` in `[0, 2^31]`: one that
 * nobody has is simply not found.
 *
 * Where a call could be refused for several reasons, bad arguments come first: a PidBug or EINVAL, and where two arguments are
 * bad, for either of them. What depends on the state of the allocator comes after: ENOSPC before ENOMEM, and `allocPid` says how
 * EEXIST and EAGAIN follow.
 * "None" is always `undefined`, except for numbers, where 0 means "not visible from there".
 *
 * The functions do not use `this` and may be taken off the object.
 */
export interface PidAllocator {
  /** What this design can express. */
  readonly traits: Traits;
  /** The root namespace, level 0. It is never destroyed; `getPidNs` and `putPidNs` leave it alone. */
  readonly initPidNs: NsRef;

  // ── numbers of a namespace ──────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The cursor of `ns`: the number last given out, 0 at first. Where workers have windows (option `window`) it is where this worker
   * goes on: the number that it drew last, if it has a window of `ns`, or else the end of the window that was claimed last.
   * Source: mainline's `ns_last_pid`.
   */
  lastPid(ns: NsRef): number;

  /** Moves the cursor of `ns`: the next candidate is `nr + 1`. EINVAL outside `[0, PID_MAX_LIMIT - 1]`. */
  setLastPid(ns: NsRef, nr: number): void;

  /** No number at or above this is given out in `ns`. Source: mainline 6.14, where it became per namespace. */
  pidMax(ns: NsRef): number;

  /**
   * Sets `pidMax` of `ns`; live pids stay. Where it is not above the floor, allocation goes on at 1 after the end; at 1 nothing can
   * be allocated. EINVAL outside `[1, PID_MAX_LIMIT]`. Linux takes nothing below RESERVED_PIDS + 1.
   */
  setPidMax(ns: NsRef, pidMax: number): void;

  /**
   * The smallest taken number of `ns`'s own map above `last`, or `undefined`. EINVAL outside `[0, 2^31 - 1]`.
   * Source: `next_pidmap()`.
   */
  nextPidmap(ns: NsRef, last: number): number | undefined;

  // ── the life of a pid ───────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Makes a pid in `ns`, with a number at every level that the design gives one, taken innermost first; nobody finds it
   * before it has them all. It has one reference, which `freePid` (or the last `detachPid`) drops.
   *
   * `setTid` chooses numbers: innermost first, at most as many as a pid of `ns` carries (`traits.maxNumbers`); levels it
   * does not reach are automatic. A chosen number does not move the cursor.
   *
   * EINVAL: `setTid` is too long, has a number outside `[1, pidMax)` of its level, or one other than 1 for a namespace without
   * a reaper. ENOMEM: `ns` takes no new pids, or there is no memory. EEXIST: a chosen number is taken. EAGAIN: a map on the way
   * has no free number.
   *
   * Of several reasons the first counts, in this order: the whole of `setTid` is checked (EINVAL); then whether `ns` takes pids,
   * and whether there is memory for one (ENOMEM); then the levels one by one, innermost first, where a chosen number that is
   * taken is EEXIST, a full map EAGAIN, and a number for which there is no memory ENOMEM. So in a namespace that takes no pids a
   * number out of range is EINVAL, and one that is taken ENOMEM. By mainline's rules (`traits.rules`) the levels come first, each
   * with all that can be wrong there, and that `ns` takes no pids comes last.
   *
   * On any of these only cursors may have moved, and pages been put to use; a namespace that has no pid yet begins with 1 all
   * the same. Source: `alloc_pid()`, `clone3(2)`.
   */
  allocPid(ns: NsRef, setTid?: readonly number[]): PidRef;

  /**
   * Ends a pid: from here on nobody finds it and its numbers are free. Its numbers still answer through handles that hold
   * a reference. PidBug when tasks hang on it or it has been freed already. Source: `free_pid()`.
   */
  freePid(pid: PidRef): void;

  /** Takes a reference and returns `pid`. PidBug at 2^31 - 1 of them. */
  getPid(pid: PidRef): PidRef;

  /** Gives a reference back; at the last one the object is gone. PidBug for a reference that was never taken. */
  putPid(pid: PidRef): void;

  /** References to the pid, the allocation's own included. */
  pidCount(pid: PidRef): number;

  // ── finding ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The pid that `ns` knows as `nr`, without a reference. Source: `find_pid_ns()`. */
  findPidNs(nr: number, ns: NsRef): PidRef | undefined;

  /** The pid that the root knows as `nr`, without a reference. */
  findPid(nr: number): PidRef | undefined;

  /** The pid that the viewer's own namespace knows as `nr`, without a reference; none where the viewer has no pid. */
  findVpid(nr: number, viewer: TaskRef): PidRef | undefined;

  /** Like `findPidNs`, and takes a reference. */
  findGetPid(nr: number, ns: NsRef): PidRef | undefined;

  /**
   * The pid with the smallest number at or above `nr` that `ns` sees, without a reference. `nr` may be 2^31 too, so that
   * whoever lists can go on behind any number. Source: `find_ge_pid()`.
   */
  findGePid(nr: number, ns: NsRef): PidRef | undefined;

  // ── translation ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The number by which `ns` knows `pid`, 0 where it does not see it. A namespace sees its own pids and those of its
   * descendants. A dead pid that is still referenced answers as before, but never through a namespace that came later.
   * Source: `pid_nr_ns()`.
   */
  pidNrNs(pid: PidRef, ns: NsRef): Nr;

  /** The number by which the root knows `pid`. */
  pidNr(pid: PidRef): RootNr;

  /** The number by which the viewer's own namespace knows `pid`; 0 where the viewer has no pid. */
  pidVnr(pid: PidRef, viewer: TaskRef): Vnr;

  /** The namespace that `pid` was allocated in, without a reference; none when that namespace is gone. Source: `ns_of_pid()`. */
  pidNs(pid: PidRef): NsRef | undefined;

  /** Whether the pid's number in its own namespace is 1. Source: `is_container_init()`. */
  isContainerInit(pid: PidRef): boolean;

  // ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes a task that hangs on no pid yet. ENOMEM. */
  allocTask(): TaskRef;

  /** Ends a task. PidBug while it still hangs on a pid. */
  freeTask(task: TaskRef): void;

  /**
   * Hangs `task` on `pid`, first in the pid's list of that type. Where a namespace that takes pids has no reaper, the first
   * task that is hung as PIDTYPE_PID on a pid of its own becomes it. PidBug when the task has a pid of that type already, or the pid is dead.
   * Source: `attach_pid()`.
   */
  attachPid(task: TaskRef, type: PidType, pid: PidRef): void;

  /**
   * Takes `task` off its pid of that type, and frees the pid when the lists of all types are empty then. A reaper that loses
   * its PIDTYPE_PID is none any more. PidBug when it has none. Source: `detach_pid()`.
   */
  detachPid(task: TaskRef, type: PidType): void;

  /**
   * Gives `next` the place of `old` in the list of old's pid; `old` has no pid of that type afterwards. If `old` was a
   * namespace's reaper by it, `next` is. PidBug when `old` has no pid of that type or `next` has one.
   * Source: `transfer_pid()`.
   */
  transferPid(old: TaskRef, next: TaskRef, type: PidType): void;

  /** The first task in the pid's list of that type. Source: `pid_task()`. */
  pidTask(pid: PidRef, type: PidType): TaskRef | undefined;

  /** The task after `task` in the same list: with `pidTask` this walks the list. */
  nextPidTask(task: TaskRef, type: PidType): TaskRef | undefined;

  /** The task's pid of that type, without a reference. */
  taskPid(task: TaskRef, type: PidType): PidRef | undefined;

  /** The task's pid of that type, with a reference. Source: `get_task_pid()`. */
  getTaskPid(task: TaskRef, type: PidType): PidRef | undefined;

  /** `pidTask(findPidNs(nr, ns), type)`. Source: `find_task_by_pid_type_ns()`. */
  findTaskByPidTypeNs(type: PidType, nr: number, ns: NsRef): TaskRef | undefined;

  /** The process or thread that the root knows as `nr`. */
  findTaskByPid(nr: number): TaskRef | undefined;

  /** The process or thread that the viewer's namespace knows as `nr`. */
  findTaskByVpid(nr: number, viewer: TaskRef): TaskRef | undefined;

  /** The process or thread that `ns` knows as `nr`. */
  findTaskByPidNs(nr: number, ns: NsRef): TaskRef | undefined;

  /** The number of the task's own pid as `ns` sees it; 0 where it has none or `ns` does not see it. */
  taskPidNrNs(task: TaskRef, ns: NsRef): Nr;

  /** The same for its thread group. */
  taskTgidNrNs(task: TaskRef, ns: NsRef): Nr;

  /** The same for its process group. */
  taskPgrpNrNs(task: TaskRef, ns: NsRef): Nr;

  /** The same for its session. */
  taskSessionNrNs(task: TaskRef, ns: NsRef): Nr;

  /** The namespace of the task's own pid, without a reference. Source: `task_active_pid_ns()`. */
  taskActivePidNs(task: TaskRef): NsRef | undefined;

  // ── namespaces ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Without CLONE_NEWPID in `flags`: `old` with one more reference. With it: a new child of `old`, one level down, with one
   * reference that is the caller's, holding one on `old`.
   *
   * EINVAL: CLONE_NEWPID together with CLONE_THREAD, or `flags` outside `[0, 2^32 - 1]`. ENOSPC: deeper than `traits.maxLevel`, or
   * one more than `traits.maxNamespaces`. ENOMEM, with everything undone. Source: `copy_pid_ns()`.
   */
  copyPidNs(flags: number, old: NsRef): NsRef;

  /** Takes a reference and returns `ns`. PidBug at 2^30 of them. */
  getPidNs(ns: NsRef): NsRef;

  /**
   * Gives a caller's reference back. A namespace lives as long as callers, live pids or child namespaces hold it; then its
   * memory goes back and its parent is put in turn. PidBug for a reference that was never taken.
   */
  putPidNs(ns: NsRef): void;

  /** The depth of `ns`; the root's is 0. */
  nsLevel(ns: NsRef): number;

  /** The namespace above, without a reference; none for the root. */
  nsParent(ns: NsRef): NsRef | undefined;

  /** The first task of `ns`, which inherits orphans; none before there is one, and none after `zapPidNsProcesses` was done. */
  childReaper(ns: NsRef): TaskRef | undefined;

  /** From here on `allocPid(ns)` is ENOMEM. Source: mainline's `disable_pid_allocation()`. */
  disablePidAllocation(ns: NsRef): void;

  /**
   * Ends a namespace's life: disables allocation, then calls `kill` once for each taken number above 1 of its own map, in
   * ascending order, pids of descendant namespaces included where the design numbers them here. `kill` may call the
   * allocator, and usually frees. Clears the reaper if no number above 1 is left then, and returns whether that is so.
   * What `kill` throws comes through, with allocation disabled. Source: `zap_pid_ns_processes()`.
   */
  zapPidNsProcesses(ns: NsRef, kill: (pid: PidRef, nr: number) => void): boolean;

  // ── looking at the whole ────────────────────────────────────────────────────────────────────────────────────────────

  /** The slab caches that exist, namespaces' first; none in a design that keeps objects (`traits.memory`). */
  slabInfo(): SlabInfo[];

  /** Totals. */
  stats(): Stats;

  /**
   * Walks everything and says what does not hold, and what has been lost with workers that were declared gone. Takes time in
   * proportion to what is in use.
   */
  checkInvariants(): Findings;

  /** A copy of all state, for `createPidAllocator({ snapshot })` of the same package: handles go on working there. */
  snapshot(): Uint8Array;

  // ── many threads ────────────────────────────────────────────────────────────────────────────────────────────────────
  //
  // In an allocator that was made with `shared: true` everything above may be called from every worker at any time, and
  // handles of one worker work in all. Each call takes effect at one instant between its start and its end, with these
  // exceptions, which are the kernel's too:
  //  - `allocPid` takes its numbers one after the other, innermost first, and the pid appears under all of them at once. So
  //    EAGAIN says that each number of a map was taken at some moment of the call, and EEXIST that the chosen one was: by a
  //    pid, or by an allocation that has not succeeded yet and perhaps will not. Nor need a namespace's first pid be number 1
  //    where an allocation that fails had that number meanwhile.
  //  - `freePid` ends the pid under all its numbers at once, and after that gives them back one by one.
  //  - Where workers have windows, `setLastPid` moves the cursor first and voids the windows then, and an allocation that goes on
  //    at the floor does the same: until they return, some are given numbers from the new cursor on, and others of their windows.
  //  - `attachPid`, `detachPid` and `transferPid` change the task and the pid's list one after the other: until they return, the
  //    task may say that it hangs on the pid while the list does not have it yet, or any more.
  //  - `findGetPid` and `getTaskPid` find first and take the reference then, and find anew if it is too late.
  //  - `findGePid`, `nextPidmap` and `zapPidNsProcesses` go from number to number, as long as it takes.
  //  - While other workers are in the middle of calls, `slabInfo` and `stats` are close and not exact, `checkInvariants`
  //    reports what is merely under way, and a `snapshot` may be of no use.
  //
  // A handle that is good when a call starts can be stale before it ends, because another worker frees what it means: that
  // is a PidBug as any stale handle is. A reference (`getPid`, `getPidNs`) prevents it.
  //
  // EBUSY from any function: a lock has been held for seconds by a worker that was terminated without `declareGone`. The call
  // stops where it stands, as if it had been terminated there.

  /** The place that this worker has in the block: 0 for the creator, and for an allocator that is not shared. */
  readonly workerSlot: number;

  /**
   * What other threads attach with, by `attachPidAllocator` of the same package: can be posted to workers, any number of
   * times. PidBug unless the allocator was made with `shared: true`.
   */
  share(): PidAllocatorDescriptor;

  /**
   * Ends this worker's use: gives its place back, and the free records that it kept at hand. Every function of this object
   * is a PidBug from here on; pids, tasks and namespaces stay as they are. PidBug unless shared.
   */
  detach(): void;

  /**
   * Says that the worker in that slot was terminated without `detach` and runs no more. Its locks are broken, what it kept at hand
   * is given back, and its slot is free. What it was in the middle of is lost: at most one pid, task or namespace, which is
   * never used again, and the numbers it had; `checkInvariants` lists that as leaked.
   *
   * Call it after the thread has ended, never while it may still run. EINVAL for a slot that does not exist; PidBug for this
   * worker's own, for one that nobody has, for one whose worker is seen to go on (which need not be seen), and unless shared.
   */
  declareGone(workerSlot: number): void;
}

/**
 * What a strategy package exports under this name. A PidBug for options that are no object, unknown or out of range.
 *
 * An option is a property that the object itself has. One is unknown when {@link PidAllocatorOptions} has none of that name:
 * a symbol, a property that is not enumerable, and one whose value is `undefined` included. What the object inherits is not
 * looked at. A known option that is `undefined` is an option not given.
 */
export type CreatePidAllocator = (options?: PidAllocatorOptions) => PidAllocator;

/**
 * What a strategy package exports under this name, to join an allocator that another thread shares. PidBug for a descriptor
 * that is damaged, or of another package, version or size; nothing in its block has changed then. PidError EAGAIN when all its worker slots are taken.
 */
export type AttachPidAllocator = (descriptor: PidAllocatorDescriptor) => PidAllocator;

/** What a module has to export to be a strategy: the suite and the benchmark take any. */
export interface Strategy {
  readonly createPidAllocator: CreatePidAllocator;
  /** There if, and only if, `traits.shared` is true. */
  readonly attachPidAllocator?: AttachPidAllocator;
  readonly traits: Traits;
}
