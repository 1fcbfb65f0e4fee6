/**
 * The records of the table.
 *
 * A Task is one thread, and what callers hold. A ThreadGroup is what the threads of a process share, and what a parent has
 * in its list of children: so `exec` from a thread changes the leader and nothing else.
 *
 * ```
 *   Task (a thread) ── firstChild ──► ThreadGroup ── nextSibling ──► ThreadGroup      oldest first
 *     │   ▲                              │    └─ parent ──► that Task
 *   group leader, others               zombies: the same order, only those that can be reaped
 * ```
 */
import type { NsRef, PidRef, TaskRef } from '@pidlab/contract';
import type { Table } from './table.ts';
import type { Process, ProcessState, SignalInfo } from './types.ts';

/** Where a task is; a group's stop is looked at on top of this. */
export type Life = 'alive' | 'exiting' | 'zombie' | 'dead';

export class Task<P> implements Process<P> {
  readonly table: Table<P>;
  readonly group: ThreadGroup<P>;
  payload: P;
  task: TaskRef;
  pid: PidRef;
  readonly pidNs: NsRef;
  /** Holds a reference unless it is `pidNs`, which the pid itself keeps alive. */
  pidNsForChildren: NsRef;
  life: Life = 'alive';
  /** Goes up at each exec: a child that was made before does not choose its exit signal any more. */
  execId: number;
  firstChild: ThreadGroup<P> | undefined = undefined;
  lastChild: ThreadGroup<P> | undefined = undefined;
  firstZombie: ThreadGroup<P> | undefined = undefined;
  lastZombie: ThreadGroup<P> | undefined = undefined;

  constructor(group: ThreadGroup<P>, payload: P, task: TaskRef, pid: PidRef, ns: NsRef, execId: number) {
    this.table = group.table;
    this.group = group;
    this.payload = payload;
    this.task = task;
    this.pid = pid;
    this.pidNs = ns;
    this.pidNsForChildren = ns;
    this.execId = execId;
  }

  get state(): ProcessState {
    if (this.life !== 'alive') return this.life;
    return this.group.stopped ? 'stopped' : 'running';
  }

  get leader(): Process<P> {
    return this.group.leader;
  }

  get parent(): Process<P> | undefined {
    return this.life === 'dead' ? undefined : this.group.parent;
  }

  get children(): readonly Process<P>[] {
    return [...childrenOf(this)].map((child) => child.leader);
  }

  get threads(): readonly Process<P>[] {
    return threadsOf(this.group).filter((thread) => thread.life !== 'dead');
  }

  get waitStatus(): number | undefined {
    return this.life === 'zombie' || this.life === 'dead' ? this.group.status : undefined;
  }
}

export class ThreadGroup<P> {
  readonly table: Table<P>;
  leader!: Task<P>;
  /** Its further threads, oldest first; none of them is a zombie. */
  others: Task<P>[] | undefined = undefined;
  /** Threads that are alive. */
  live = 1;
  pgrp: PidRef;
  session: PidRef;

  // ── its place in the tree ──
  parent: Task<P> | undefined;
  nextSibling: ThreadGroup<P> | undefined = undefined;
  prevSibling: ThreadGroup<P> | undefined = undefined;
  nextZombie: ThreadGroup<P> | undefined = undefined;
  prevZombie: ThreadGroup<P> | undefined = undefined;
  /** It ascends along the list of children. */
  order = 0;
  /** It is in its parent's list of zombies. */
  waitable = false;

  // ── its end ──
  exitSignal: number;
  /** The parent's `execId` when it was made. */
  parentExecId: number;
  /** The wait status, once it is settled. */
  status: number | undefined = undefined;

  // ── its standing ──
  sessionLeader = false;
  /** It has done exec: its parent cannot move it to another group any more. */
  execed = false;
  /** It is the init of its namespace. */
  isInit = false;
  subreaper = false;

  // ── its signals ──
  /** What is not `default`. Never changed in place, so that a fork shares it. */
  actions: ReadonlyMap<number, 'ignore' | 'handle'> | undefined = undefined;
  noCldWait = false;
  noCldStop = false;
  stopped = false;
  /** The signal of a stop that nobody has waited for; 0 for none. */
  stopReport = 0;
  /** It has gone on, and nobody has waited for that. */
  continueReport = false;
  /** What reached it while it was stopped. */
  held: Held<P>[] | undefined = undefined;

  constructor(table: Table<P>, pgrp: PidRef, session: PidRef, exitSignal: number, parentExecId: number) {
    this.table = table;
    this.pgrp = pgrp;
    this.session = session;
    this.parent = undefined;
    this.exitSignal = exitSignal;
    this.parentExecId = parentExecId;
  }
}

/** A signal on its way to a process, or to one thread of it. */
export interface Held<P> {
  readonly group: ThreadGroup<P>;
  readonly thread: Task<P> | undefined;
  readonly info: Omit<SignalInfo, 'action'>;
  /** It comes from outside the receiver's namespace. */
  readonly force: boolean;
}

/** The threads of a group that have not been released, the leader first. */
export function threadsOf<P>(group: ThreadGroup<P>): Task<P>[] {
  return group.others === undefined ? [group.leader] : [group.leader, ...group.others];
}

/** The first thread of the group that is alive. Source: `find_alive_thread()`. */
export function aliveThread<P>(group: ThreadGroup<P>): Task<P> | undefined {
  if (group.leader.life === 'alive') return group.leader;
  return group.others?.find((thread) => thread.life === 'alive');
}

export function* childrenOf<P>(parent: Task<P>): Generator<ThreadGroup<P>, void> {
  for (let child = parent.firstChild; child !== undefined; child = child.nextSibling) yield child;
}
