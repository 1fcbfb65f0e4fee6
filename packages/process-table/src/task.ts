/**
 * The records of the table.
 *
 * A Task is one thread, and what callers hold. A ThreadGroup is what the threads of a process share, and what a parent has
 * in its list of children: so `exec` from a thread changes the leader and nothing else.
 *
 * ```
 *   Task (a thread) ── brood ──► ThreadGroup, ThreadGroup, …        oldest first
 *     │   ▲                        │    │ └─ realParent ──► that Task
 *     │   │                        │  zombie, zombies: those that can be reaped
 *   group groupLeader, others    pgrp ──► Pgrp ── session ──► Session
 *
 *   home, childHome ──► Namespace ── parent ──► Namespace, …          up to the root's
 * ```
 *
 * Most processes have one thread, and ten thousand of them do not fit into the processor's cache: each visit to one pays for
 * every line that it touches. So both records are one object: the first thread of a process is its group too, and stays that
 * when another thread's `exec` takes its place. A further thread has the fields of a group, and nobody looks at them but at
 * its neighbours.
 */
import type { NsRef, PidAllocator, PidRef, TaskRef } from '@pidlab/contract';
import { SIGCHLD } from './constants.ts';
import { itemsOf, List } from './list.ts';
import type { PlaceSet } from './place-set.ts';
import type { TaskIndex } from './task-index.ts';
import type { Hooks, Process, ProcessState, SignalInfo } from './types.ts';

/** Where a task is; a group's stop is looked at on top of this. */
export type Life = 'alive' | 'exiting' | 'zombie' | 'dead';

// What is small shares a word: what is only ever true or false, and two signals.
const WAITABLE = 1;
const EXECED = 2;
const IS_INIT = 4;
const SUBREAPER = 8;
const STOPPED = 16;
const CONTINUE_REPORT = 32;
const TIED = 64;
const ENDING = 128;
const PARENT_EXECED = 256;
const EXIT_SIGNAL_SHIFT = 16;
const STOP_REPORT_SHIFT = 23;
/** Seven bits, for 0 to SIGNAL_MAX. */
const SIGNAL_MASK = 127;

/** What the threads of a process share. */
export interface ThreadGroup<P> {
  groupLeader: Task<P>;
  /** Its further threads, oldest first; none of them is a zombie. */
  others: List<Task<P>> | undefined;
  /** Threads that are alive. */
  live: number;

  // ── its process group ──
  pgrp: Pgrp<P>;
  /** Its neighbours among the members; of a further thread, those among the threads. */
  older: this | undefined;
  younger: this | undefined;

  // ── its place in the tree ──
  realParent: Task<P> | undefined;
  /** Its neighbours among the children. */
  olderSibling: ThreadGroup<P> | undefined;
  youngerSibling: ThreadGroup<P> | undefined;
  /** Its number among the children, which only grows along the list. */
  childNr: number;
  /**
   * The nearest subreaper above it in its namespace; or one that is none any more, whose own field leads on. So a chain of
   * thousands does not have to be climbed at each death.
   */
  above: ThreadGroup<P> | undefined;

  // ── its end ──
  exitSignal: number;
  /** The wait status, once it is settled. */
  status: number | undefined;

  // ── its standing ──
  /** What is named below, and the two signals. */
  marks: number;
  /** It is in its parent's list of zombies. */
  waitable: boolean;
  /** It has done exec: its parent cannot move it to another group any more. */
  execed: boolean;
  /** It is the init of its namespace. */
  isInit: boolean;
  subreaper: boolean;
  stopped: boolean;
  /** It has gone on, and nobody has waited for that. */
  continueReport: boolean;
  /** A live process that could let its group go on, if that stopped, is its parent: one of another group in the same session. */
  tied: boolean;
  /** All of its threads are to end. */
  ending: boolean;
  /** Its parent has done exec since it was made: it does not choose its exit signal any more. */
  parentExeced: boolean;

  // ── its signals ──
  /** Never changed in place, so that a fork shares it. */
  signals: Dispositions;
  /** While it is stopped: the signal, if nobody has waited for that; else 0. */
  stopReport: number;
  /** What waits until it goes on, by the thread that it was sent to, or by `undefined`. */
  pending: Map<Task<P> | undefined, Queue<P>> | undefined;
}

/**
 * What a field has before a handle. A field that only ever had numbers keeps a copy of each number; one that was undefined once
 * keeps what it is given. Handles are too large to be stored in place, so that saves an object for each field, and one more
 * whenever it is read.
 */
const UNKNOWN = undefined as never;

/** A class that extends none: V8 makes such an object where it is wanted, which is a tenth of fork, exit and wait. */
export class Task<P> implements Process<P>, ThreadGroup<P> {
  /** Private, so that whatever is no task, though it looks like one, is known by the lack of it. */
  readonly #table: Table<P>;
  declare group: ThreadGroup<P>;
  declare payload: P;
  declare task: TaskRef;
  declare pid: PidRef;
  declare readonly home: Namespace<P>;
  /** Where its next child will be. It is one of its makers unless it is `home`, which the pid itself keeps alive. */
  declare childHome: Namespace<P>;
  declare life: Life;
  /** Made with the first child. */
  declare brood: Brood<P> | undefined;

  // ── of the process, if it is that ──
  declare groupLeader: Task<P>;
  declare live: number;
  declare pgrp: Pgrp<P>;
  declare older: this | undefined;
  declare younger: this | undefined;
  declare realParent: Task<P> | undefined;
  declare olderSibling: ThreadGroup<P> | undefined;
  declare youngerSibling: ThreadGroup<P> | undefined;
  declare childNr: number;
  declare status: number | undefined;
  declare marks: number;
  declare signals: Dispositions;
  /** What few processes have. */
  declare private rare: Rare<P> | undefined;

  /**
   * The only thread of a new process, until it is put into another's group. Its end sends SIGCHLD, unless somebody says
   * otherwise. Its pid is yet to come.
   */
  constructor(table: Table<P>, pgrp: Pgrp<P>, signals: Dispositions, payload: P, task: TaskRef, home: Namespace<P>) {
    // In this order they lie in memory: the four links together, since of a neighbour they are all that is touched.
    this.#table = table;
    this.group = this;
    this.groupLeader = this;
    this.life = 'alive';
    this.live = 1;
    this.marks = SIGCHLD << EXIT_SIGNAL_SHIFT;
    this.status = undefined;
    this.realParent = undefined;
    this.brood = undefined;
    this.pgrp = pgrp;
    this.home = home;
    this.childHome = home;
    this.task = UNKNOWN;
    this.task = task;
    this.pid = UNKNOWN;
    this.older = undefined;
    this.younger = undefined;
    this.olderSibling = undefined;
    this.youngerSibling = undefined;
    this.childNr = 0;
    this.signals = signals;
    this.payload = payload;
    this.rare = undefined;
  }

  /** Whether `value` is a task of that table: a proxy of one, or what inherits from one, is not. */
  static is<P>(value: unknown, table: Table<P>): value is Task<P> {
    return typeof value === 'object' && value !== null && #table in value && value.#table === (table as Table<unknown>);
  }

  get others(): List<Task<P>> | undefined {
    return this.rare?.others;
  }

  set others(threads: List<Task<P>> | undefined) {
    this.keep('others', threads);
  }

  get above(): ThreadGroup<P> | undefined {
    return this.rare?.above;
  }

  set above(subreaper: ThreadGroup<P> | undefined) {
    this.keep('above', subreaper);
  }

  get pending(): Map<Task<P> | undefined, Queue<P>> | undefined {
    return this.rare?.pending;
  }

  set pending(queues: Map<Task<P> | undefined, Queue<P>> | undefined) {
    this.keep('pending', queues);
  }

  private keep<K extends keyof Rare<P>>(name: K, value: Rare<P>[K]): void {
    if (value !== undefined) this.rare ??= new Rare();
    if (this.rare !== undefined) this.rare[name] = value;
  }

  get waitable(): boolean {
    return (this.marks & WAITABLE) !== 0;
  }

  set waitable(so: boolean) {
    this.mark(WAITABLE, so);
  }

  get execed(): boolean {
    return (this.marks & EXECED) !== 0;
  }

  set execed(so: boolean) {
    this.mark(EXECED, so);
  }

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

  get continueReport(): boolean {
    return (this.marks & CONTINUE_REPORT) !== 0;
  }

  set continueReport(so: boolean) {
    this.mark(CONTINUE_REPORT, so);
  }

  get tied(): boolean {
    return (this.marks & TIED) !== 0;
  }

  set tied(so: boolean) {
    this.mark(TIED, so);
  }

  get ending(): boolean {
    return (this.marks & ENDING) !== 0;
  }

  set ending(so: boolean) {
    this.mark(ENDING, so);
  }

  get parentExeced(): boolean {
    return (this.marks & PARENT_EXECED) !== 0;
  }

  set parentExeced(so: boolean) {
    this.mark(PARENT_EXECED, so);
  }

  get exitSignal(): number {
    return (this.marks >> EXIT_SIGNAL_SHIFT) & SIGNAL_MASK;
  }

  set exitSignal(signal: number) {
    this.marks = (this.marks & ~(SIGNAL_MASK << EXIT_SIGNAL_SHIFT)) | (signal << EXIT_SIGNAL_SHIFT);
  }

  get stopReport(): number {
    return (this.marks >> STOP_REPORT_SHIFT) & SIGNAL_MASK;
  }

  set stopReport(signal: number) {
    this.marks = (this.marks & ~(SIGNAL_MASK << STOP_REPORT_SHIFT)) | (signal << STOP_REPORT_SHIFT);
  }

  private mark(mark: number, so: boolean): void {
    this.marks = so ? this.marks | mark : this.marks & ~mark;
  }

  get pidNs(): NsRef {
    return this.home.ref;
  }

  get pidNsForChildren(): NsRef {
    return this.childHome.ref;
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

  /** The rest leads from one to the next through the whole table. */
  toJSON(): { readonly nr: number; readonly state: ProcessState } {
    const nr = this.life === 'dead' ? 0 : this.#table.allocator.pidNr(this.pid);
    return { nr, state: this.state };
  }
}

/** An object for itself, made when a process has any of it. */
class Rare<P> {
  others: List<Task<P>> | undefined = undefined;
  above: ThreadGroup<P> | undefined = undefined;
  pending: Map<Task<P> | undefined, Queue<P>> | undefined = undefined;
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
export class Brood<P> {
  oldest: ThreadGroup<P> | undefined = undefined;
  youngest: ThreadGroup<P> | undefined = undefined;
  size = 0;
  /** The number of the next child. */
  nextNr = 0;
  /** How many of them can be reaped. */
  zombieCount = 0;
  /** The one that can, while it is the only one. */
  zombie: ThreadGroup<P> | undefined = undefined;
  /** All that can, while they are more. */
  zombies: Zombies<P> | undefined = undefined;
}

/** Children that can be reaped, by their numbers. */
export interface Zombies<P> {
  readonly set: PlaceSet;
  readonly byNr: (ThreadGroup<P> | undefined)[];
}

/**
 * A process group. Its number is taken as long as it has members, zombies included: the oldest of them holds it, by hanging
 * on it in the allocator as PIDTYPE_PGID. So a fork, whose child is the youngest, has nothing to do there.
 */
export class Pgrp<P> {
  readonly pid: PidRef;
  readonly session: Session<P>;
  readonly members: List<ThreadGroup<P>> = new List();
  /** Its neighbours among the groups of the session. */
  older: Pgrp<P> | undefined = undefined;
  younger: Pgrp<P> | undefined = undefined;
  /** Members that are tied: the group is orphaned while there are none. */
  ties = 0;
  /** Members that are stopped. */
  stopped = 0;
  /** When it was last hung up, by the table's count of rounds. */
  hungUp = -1;

  constructor(pid: PidRef, session: Session<P>) {
    this.pid = pid;
    this.session = session;
  }
}

/** A session, whose number one of its processes holds as PIDTYPE_SID. All members of a group are in one session. */
export class Session<P> {
  readonly pid: PidRef;
  readonly pgrps: List<Pgrp<P>> = new List();
  declare holder: ThreadGroup<P>;

  constructor(pid: PidRef) {
    this.pid = pid;
  }
}

/** What is limited for a namespace: the index of its meter. */
export const PIDS = 0;
export const NAMESPACES = 1;
export const PIDFDS = 2;
export const SIGNALS = 3;
export type Metered = 0 | 1 | 2 | 3;

/** How much there is of something in a namespace and all below it, and how much there may be. */
export class Meter {
  current = 0;
  peak = 0;
  max: number = Number.POSITIVE_INFINITY;
  /** Calls that were refused because of `max`. */
  events = 0;
}

/**
 * What the table knows of a namespace. It is there as long as a task is in it, or has its next child go there, or one below
 * it is there.
 */
export class Namespace<P> {
  readonly ref: NsRef = UNKNOWN;
  readonly parent: Namespace<P> | undefined;
  /** The process that is its init, from the first birth until the init has ended. */
  init: ThreadGroup<P> | undefined = undefined;
  /** The init's last thread, while that waits for the others to be gone. */
  exiting: Task<P> | undefined = undefined;
  /** Tasks in it, tasks from elsewhere whose next child goes there, namespaces right below; the root's has one more. */
  holders = 0;
  /** Those of them that have their next child go there, from elsewhere. */
  makers = 0;
  /** PIDS counts the tasks that it sees, zombies included. */
  readonly meters: readonly [Meter, Meter, Meter, Meter] = [new Meter(), new Meter(), new Meter(), new Meter()];
  /** What its tasks have opened. */
  readonly pidfds: Set<Closable> = new Set();

  constructor(ref: NsRef, parent: Namespace<P> | undefined) {
    this.ref = ref;
    this.parent = parent;
  }
}

/** An open pidfd. */
export interface Closable {
  readonly pid: PidRef;
  close(): void;
}

/** A signal on its way to a process, or to one thread of it. */
export interface Held<P> {
  readonly group: ThreadGroup<P>;
  /** The thread that alone it is for. */
  readonly thread: Task<P> | undefined;
  /** For the whole process: the thread that runs the handler if it can. */
  readonly first: Task<P> | undefined;
  readonly info: Omit<SignalInfo, 'action'>;
  /** It comes from outside the receiver's namespace. */
  readonly force: boolean;
}

/** Signals that wait for one target to go on. */
export interface Queue<P> {
  readonly signals: Held<P>[];
  /** Which signals are there: a standard signal waits once. */
  readonly present: Set<number>;
  /** So many are charged to the namespace. */
  charged: number;
}

/** The state of a table. */
export interface Table<P> {
  readonly allocator: PidAllocator;
  readonly hooks: Hooks<P>;
  readonly tasks: TaskIndex<Task<P>>;
  /** The root's init, whoever leads it. */
  initGroup: ThreadGroup<P>;
  /** Whether what a guest does stays in its namespace, where Linux would let it out. */
  readonly isolated: boolean;
  readonly root: Namespace<P>;
  /** Those with a record, the root's included. */
  readonly namespaces: Map<NsRef, Namespace<P>>;
  /** Namespaces that may have become empty, whose inits have waited for that. */
  readonly emptied: Namespace<P>[];
  /** As on Linux: inits that may wait for a number that somebody outside holds, and so are looked at after each call. */
  readonly waiting: Set<Namespace<P>>;
  /** Goes up each time that everything has settled. */
  round: number;
  /** Signals that have been sent and not looked at yet. */
  readonly posts: Held<P>[];
  /** What the hooks have to be told. */
  readonly news: News<P>[];
  /** The hooks are being told: what they cause is told after them. */
  telling: boolean;
  /** A hook is being asked, in the middle of a call: it must not make any. */
  asking: boolean;
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
  return group.others === undefined ? [group.groupLeader] : [group.groupLeader, ...itemsOf(group.others)];
}

/** How many there are. */
export function threadCount<P>({ others }: ThreadGroup<P>): number {
  return others === undefined ? 1 : 1 + others.size;
}

/** The first thread of the group that is alive. Source: `find_alive_thread()`. */
export function aliveThread<P>({ groupLeader, others }: ThreadGroup<P>): Task<P> | undefined {
  if (groupLeader.life === 'alive') return groupLeader;
  // All further threads are alive but one that is about to go.
  if (others !== undefined) for (const thread of itemsOf(others)) if (thread.life === 'alive') return thread;
  return undefined;
}

/** The children, the oldest first. None may come or go while they are gone through. */
export function* childrenOf<P>({ brood }: Task<P>): Generator<ThreadGroup<P>, void> {
  for (let child = brood?.oldest; child !== undefined; child = child.youngerSibling) yield child;
}

export function hasChildren<P>(task: Task<P>): boolean {
  const { brood } = task;
  return brood !== undefined && brood.size > 0;
}
