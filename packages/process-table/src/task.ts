/**
 * The records of the table.
 *
 * A Task is one thread, and what callers hold. A ThreadGroup is what the threads of a process share, and what a parent has
 * in its list of children: so `exec` from a thread changes the leader and nothing else.
 *
 * ```
 *   Task (a thread) ── brood ──► ThreadGroup, ThreadGroup, …        oldest first
 *     │   ▲                        │    │ └─ realParent ──► that Task
 *     │   │                        │  zombies: the same order, only those that can be reaped
 *   group groupLeader, others    pgrp ──► Pgrp ── session ──► Session
 * ```
 *
 * Most processes have one thread, and ten thousand of them do not fit into the processor's cache: each visit to one pays for
 * every line that it touches. So both records are one object: the first thread of a process is its group too, and stays that
 * when another thread's `exec` takes its place. A further thread has the fields of a group, and nobody looks at them.
 */
import type { NsRef, PidAllocator, PidRef, TaskRef } from '@pidlab/contract';
import { itemsOf, Roster } from './roster.ts';
import type { TaskIndex } from './task-index.ts';
import type { Hooks, Process, ProcessState, SignalInfo } from './types.ts';

/** Where a task is; a group's stop is looked at on top of this. */
export type Life = 'alive' | 'exiting' | 'zombie' | 'dead';

// What is only ever true or false shares a word.
const WAITABLE = 1;
const EXECED = 2;
const IS_INIT = 4;
const SUBREAPER = 8;
const STOPPED = 16;
const CONTINUE_REPORT = 32;

export abstract class ThreadGroup<P> {
  declare readonly table: Table<P>;
  declare groupLeader: Task<P>;
  /** Its further threads, oldest first; none of them is a zombie. */
  declare others: Task<P>[] | undefined;
  /** Threads that are alive. */
  declare live: number;

  // ── its process group, and its place among the members ──
  declare pgrp: Pgrp<P>;
  declare memberAt: number;

  // ── its place in the tree ──
  declare realParent: Task<P> | undefined;
  /** Its place among the children. */
  declare childAt: number;
  declare nextZombie: ThreadGroup<P> | undefined;
  declare prevZombie: ThreadGroup<P> | undefined;

  // ── its end ──
  declare exitSignal: number;
  /** The parent's `execId` when it was made. */
  declare parentExecId: number;
  /** The wait status, once it is settled. */
  declare status: number | undefined;

  // ── its standing ──
  /** Which of the constants above hold. */
  declare marks: number;

  // ── its signals ──
  /** Never changed in place, so that a fork shares it. */
  declare signals: Dispositions;
  /** While it is stopped: the signal, if nobody has waited for that; else 0. */
  declare stopReport: number;
  /** What reached it while it was stopped. */
  declare held: Held<P>[] | undefined;

  constructor(table: Table<P>, pgrp: Pgrp<P>, signals: Dispositions) {
    this.table = table;
    this.pgrp = pgrp;
    this.memberAt = 0;
    this.realParent = undefined;
    this.exitSignal = 0;
    this.parentExecId = 0;
    this.others = undefined;
    this.live = 1;
    this.childAt = 0;
    this.nextZombie = undefined;
    this.prevZombie = undefined;
    this.status = undefined;
    this.marks = 0;
    this.signals = signals;
    this.stopReport = 0;
    this.held = undefined;
  }

  /** It is in its parent's list of zombies. */
  get waitable(): boolean {
    return (this.marks & WAITABLE) !== 0;
  }

  set waitable(so: boolean) {
    this.mark(WAITABLE, so);
  }

  /** It has done exec: its parent cannot move it to another group any more. */
  get execed(): boolean {
    return (this.marks & EXECED) !== 0;
  }

  set execed(so: boolean) {
    this.mark(EXECED, so);
  }

  /** It is the init of its namespace. */
  get isInit(): boolean {
    return (this.marks & IS_INIT) !== 0;
  }

  set isInit(so: boolean) {
    this.mark(IS_INIT, so);
  }

  get subreaper(): boolean {
    return (this.marks & SUBREAPER) !== 0;
  }

  set subreaper(so: boolean) {
    this.mark(SUBREAPER, so);
  }

  get stopped(): boolean {
    return (this.marks & STOPPED) !== 0;
  }

  set stopped(so: boolean) {
    this.mark(STOPPED, so);
  }

  /** It has gone on, and nobody has waited for that. */
  get continueReport(): boolean {
    return (this.marks & CONTINUE_REPORT) !== 0;
  }

  set continueReport(so: boolean) {
    this.mark(CONTINUE_REPORT, so);
  }

  private mark(mark: number, so: boolean): void {
    this.marks = so ? this.marks | mark : this.marks & ~mark;
  }
}

const UNKNOWN = undefined as never;

export class Task<P> extends ThreadGroup<P> implements Process<P> {
  declare group: ThreadGroup<P>;
  declare payload: P;
  declare task: TaskRef;
  declare pid: PidRef;
  declare readonly pidNs: NsRef;
  /** Holds a reference unless it is `pidNs`, which the pid itself keeps alive. */
  declare pidNsForChildren: NsRef;
  declare life: Life;
  /** Goes up at each exec: a child that was made before does not choose its exit signal any more. */
  declare execId: number;
  /** Made with the first child. */
  declare brood: Brood<P> | undefined;

  /** The only thread of a new process, until it is put into another's group. */
  constructor(
    table: Table<P>,
    pgrp: Pgrp<P>,
    signals: Dispositions,
    payload: P,
    task: TaskRef,
    pid: PidRef,
    ns: NsRef,
    execId: number,
  ) {
    super(table, pgrp, signals);
    this.group = this;
    this.groupLeader = this;
    this.payload = payload;
    // A field that only ever had numbers keeps a copy of each number; one that was undefined once keeps what it is given.
    // Handles are too large to be stored in place, so that saves an object for each field, and one more whenever it is read.
    this.task = UNKNOWN;
    this.pid = UNKNOWN;
    this.pidNs = UNKNOWN;
    this.pidNsForChildren = UNKNOWN;
    this.task = task;
    this.pid = pid;
    this.pidNs = ns;
    this.pidNsForChildren = ns;
    this.execId = execId;
    this.life = 'alive';
    this.brood = undefined;
  }

  get state(): ProcessState {
    if (this.life !== 'alive') return this.life;
    return this.group.stopped ? 'stopped' : 'running';
  }

  get leader(): Process<P> {
    return this.group.groupLeader;
  }

  get parent(): Process<P> | undefined {
    return this.life === 'dead' ? undefined : this.group.realParent;
  }

  get children(): readonly Process<P>[] {
    return [...childrenOf(this)].map((child) => child.groupLeader);
  }

  get threads(): readonly Process<P>[] {
    return threadsOf(this.group).filter((thread) => thread.life !== 'dead');
  }

  get waitStatus(): number | undefined {
    return this.life === 'zombie' || this.life === 'dead' ? this.group.status : undefined;
  }
}

/** What a process does with signals. */
export interface Dispositions {
  /** What is not `default`. */
  readonly actions: ReadonlyMap<number, 'ignore' | 'handle'> | undefined;
  readonly noCldWait: boolean;
  readonly noCldStop: boolean;
}

export const DEFAULT_DISPOSITIONS: Dispositions = { actions: undefined, noCldWait: false, noCldStop: false };

/** The children of a task. */
export class Brood<P> extends Roster<ThreadGroup<P>> {
  firstZombie: ThreadGroup<P> | undefined = undefined;
  lastZombie: ThreadGroup<P> | undefined = undefined;
}

/**
 * A process group. Its number is taken as long as it has members, zombies included: the oldest of them holds it, by hanging
 * on it in the allocator as PIDTYPE_PGID. So a fork, whose child is the youngest, has nothing to do there.
 */
export class Pgrp<P> {
  readonly pid: PidRef;
  readonly session: Session<P>;
  readonly members: Roster<ThreadGroup<P>> = new Roster();

  constructor(pid: PidRef, session: Session<P>) {
    this.pid = pid;
    this.session = session;
  }
}

/** A session, whose number one of its processes holds as PIDTYPE_SID. All members of a group are in one session. */
export class Session<P> {
  readonly pid: PidRef;
  readonly pgrps: Set<Pgrp<P>> = new Set();
  declare holder: ThreadGroup<P>;

  constructor(pid: PidRef) {
    this.pid = pid;
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

/** The state of a table. */
export interface Table<P> {
  readonly allocator: PidAllocator;
  readonly hooks: Hooks<P>;
  readonly tasks: TaskIndex<Task<P>>;
  /** The root's init, whoever leads it. */
  initGroup: ThreadGroup<P>;
  /** Processes that are stopped. */
  stopped: number;
  /** Last threads of inits that wait for their namespaces to become empty. */
  readonly exiting: Set<Task<P>>;
  /** Signals that have been sent and not looked at yet. */
  readonly posts: Held<P>[];
  /** What the hooks have to be told. */
  readonly news: News<P>[];
  /** The hooks are being told: what they cause is told after them. */
  telling: boolean;
}

export type News<P> =
  | { readonly hook: 'deliver'; readonly process: Task<P>; readonly info: SignalInfo }
  | { readonly hook: 'exited'; readonly process: Task<P> }
  | { readonly hook: 'childChanged'; readonly process: Task<P>; readonly child: Task<P> };

/** Puts a signal on its way. */
export function post<P>(t: Table<P>, signal: Held<P>): void {
  t.posts.push(signal);
}

/** It stands for its process; every other task is a further thread. */
export function isLeader<P>(task: Task<P>): boolean {
  return task.group.groupLeader === task;
}

/** The threads of a group that have not been released, the leader first. */
export function threadsOf<P>(group: ThreadGroup<P>): Task<P>[] {
  return group.others === undefined ? [group.groupLeader] : [group.groupLeader, ...group.others];
}

/** The first thread of the group that is alive. Source: `find_alive_thread()`. */
export function aliveThread<P>(group: ThreadGroup<P>): Task<P> | undefined {
  if (group.groupLeader.life === 'alive') return group.groupLeader;
  return group.others?.find((thread) => thread.life === 'alive');
}

export function childrenOf<P>(parent: Task<P>): Iterable<ThreadGroup<P>> {
  return parent.brood === undefined ? [] : itemsOf(parent.brood);
}

export function hasChildren<P>({ brood }: Task<P>): boolean {
  return brood !== undefined && brood.size > 0;
}
