/** All that a table knows, as plain data, and a table made of that. */
import { type NsRef, PidBug, type PidRef, type TaskRef } from '@pidlab/contract';
import { ask, integer, mustNotBeAsked } from './checks.ts';
import { addChild, addZombie } from './children.ts';
import { SIGNAL_MAX } from './constants.ts';
import { checkInvariants } from './invariants.ts';
import { charge } from './limits.ts';
import { enter, itemsOf, List } from './list.ts';
import { addMember, updateTie } from './members.ts';
import { keep } from './pending.ts';
import { subreaperFrom } from './reparent.ts';
import {
  childrenOf,
  type Dispositions,
  type Held,
  isLeader,
  type Life,
  NAMESPACES,
  Namespace,
  Pgrp,
  PIDS,
  Session,
  type Table,
  Task,
  type ThreadGroup,
  threadsOf,
} from './task.ts';
import { addTask, allTasks } from './task-index.ts';
import type { Process, TableSnapshot } from './types.ts';

const VERSION = 2;
/** The largest handle of the allocator, and the largest number of anything that is saved. */
const LARGEST = Number.MAX_SAFE_INTEGER;
const LIVES: readonly Life[] = ['alive', 'exiting', 'zombie'];

/** What a task is in the snapshot: `at` in the list of tasks is its name there. */
interface SavedTask {
  readonly task: number;
  readonly pid: number;
  /** Places in the list of namespaces. */
  readonly home: number;
  readonly childHome: number;
  readonly life: Life;
  /** Of a snapshot of before: how often it has done exec. Now 0. */
  readonly execId: number;
  /** Its children, as places in the list of processes, the oldest first. */
  readonly children: readonly number[];
  readonly payload: unknown;
}

interface SavedProcess {
  /** Places in the list of tasks, the leader first. */
  readonly threads: readonly number[];
  readonly exitSignal: number;
  /** The parent's `execId` when it was made: another than now means that the parent has done exec since. */
  readonly parentExecId: number;
  /** -1 while it has not ended. */
  readonly status: number;
  readonly execed: boolean;
  readonly subreaper: boolean;
  readonly stopped: boolean;
  readonly continueReport: boolean;
  readonly stopReport: number;
  readonly actions: readonly (readonly [signal: number, action: string])[];
  readonly noCldWait: boolean;
  readonly noCldStop: boolean;
  /** What waits for it to go on; the thread that alone it is for, or -1. */
  readonly pending: readonly SavedSignal[];
}

interface SavedSignal {
  readonly thread: number;
  readonly signal: number;
  readonly code: number;
  readonly pid: number;
  readonly value: unknown;
  readonly force: boolean;
}

interface SavedNamespace {
  readonly ref: number;
  /** A place earlier in the list; -1 for the root, which is the first. */
  readonly parent: number;
  /** The process that is its init, and the thread of it that waits to be alone; or -1. */
  readonly init: number;
  readonly exiting: number;
  readonly meters: readonly (readonly [peak: number, max: number, events: number])[];
  /** References that its pidfds hold. */
  readonly pidfds: readonly number[];
}

/** Sessions with their groups, and groups with their members, each the oldest first. */
interface SavedSession {
  readonly pid: number;
  readonly holder: number;
  readonly pgrps: readonly { readonly pid: number; readonly members: readonly number[] }[];
}

interface Saved {
  readonly version: number;
  readonly isolated: boolean;
  readonly init: number;
  readonly tasks: readonly SavedTask[];
  readonly processes: readonly SavedProcess[];
  readonly namespaces: readonly SavedNamespace[];
  readonly sessions: readonly SavedSession[];
}

export function snapshot<P>(t: Table<P>, payloadOf: (payload: P, process: Process<P>) => unknown): TableSnapshot {
  const op = 'snapshot';
  mustNotBeAsked(t, op);
  if (t.telling) throw new PidBug(op, 'the hooks are being told; what the others are yet to be told would be lost');
  if (typeof payloadOf !== 'function') throw new PidBug(op, 'payloadOf has to be a function');
  const tasks = [...allTasks(t.tasks)];
  const processes = tasks.filter(isLeader).map(({ group }) => group);
  const namespaces = namespacesOf(t);
  const sessions = [...new Set(processes.map(({ pgrp }) => pgrp.session))];
  const taskAt = places(tasks);
  const processAt = places(processes);
  const nsAt = places(namespaces);
  const saved: Saved = {
    version: VERSION,
    isolated: t.isolated,
    init: processAt(t.initGroup),
    tasks: tasks.map((task) => ({
      task: task.task,
      pid: task.pid,
      home: nsAt(task.home),
      childHome: nsAt(task.childHome),
      life: task.life,
      execId: 0,
      children: [...childrenOf(task)].map(processAt),
      payload: ask(t, () => payloadOf(task.payload, task)),
    })),
    processes: processes.map((group) => saveProcess(group, taskAt)),
    namespaces: namespaces.map((ns) => ({
      ref: ns.ref,
      parent: nsAt(ns.parent),
      init: processAt(ns.init),
      exiting: taskAt(ns.exiting),
      meters: ns.meters.map(({ peak, max, events }) => [peak, max, events] as const),
      pidfds: [...ns.pidfds].map(({ pid }) => pid),
    })),
    sessions: sessions.map((session) => ({
      pid: session.pid,
      holder: processAt(session.holder),
      pgrps: [...itemsOf(session.pgrps)].map(({ pid, members }) => ({
        pid,
        members: [...itemsOf(members)].map(processAt),
      })),
    })),
  };
  return { allocator: t.allocator.snapshot(), table: saved };
}

function places<T>(list: readonly T[]): (item: T | undefined) => number {
  const at = new Map(list.map((item, place) => [item, place]));
  return (item) => (item === undefined ? -1 : at.get(item)!);
}

/** Each behind the one above it. */
function namespacesOf<P>(t: Table<P>): Namespace<P>[] {
  const { allocator } = t;
  return [...t.namespaces.values()].sort((a, b) => allocator.nsLevel(a.ref) - allocator.nsLevel(b.ref));
}

function saveProcess<P>(group: ThreadGroup<P>, taskAt: (task: Task<P> | undefined) => number): SavedProcess {
  const { exitSignal, parentExeced, status = -1, execed, subreaper, stopped, continueReport, stopReport } = group;
  const { actions = new Map(), noCldWait, noCldStop } = group.signals;
  const waiting = [...(group.pending?.values() ?? [])].flatMap(({ signals }) => signals);
  return {
    threads: threadsOf(group).map(taskAt),
    ...{
      exitSignal,
      parentExecId: parentExeced ? 1 : 0,
      status,
      execed,
      subreaper,
      stopped,
      continueReport,
      stopReport,
    },
    actions: [...actions],
    ...{ noCldWait, noCldStop },
    pending: waiting.map(({ thread, info: { signal, code, pid, value }, force }) => ({
      thread: taskAt(thread),
      ...{ signal, code, pid, value, force },
    })),
  };
}

/** What `restore` makes a table of, before its payloads are made. */
export interface Restored<P> {
  /** Gives each task its payload, then closes what the pidfds of the snapshot held, and namespaces of which the init has ended. */
  readonly finish: (payloadOf: (saved: unknown, process: Process<P>) => P) => void;
}

/**
 * Fills an empty table with what a snapshot says, and looks at all of it before anybody relies on it. The allocator is as it was
 * until then. PidBug for what is damaged, or does not fit the allocator.
 */
export function restore<P>(t: Table<P>, saved: unknown): Restored<P> {
  try {
    return fill(t, saved as Saved);
  } catch (error) {
    if (error instanceof PidBug && error.op === OP) throw error;
    return damaged(error instanceof PidBug ? error.message : 'it is no snapshot of a table', error);
  }
}

const OP = 'restoreProcessTable';

function damaged(what: string, cause?: unknown): never {
  const bug = new PidBug(OP, `snapshot is damaged, or another allocator’s: ${what}`);
  bug.cause = cause;
  throw bug;
}

function fill<P>(t: Table<P>, saved: Saved): Restored<P> {
  if (saved.version !== VERSION) damaged(`its version has to be ${VERSION}`);
  mustBeWhole(saved);
  const namespaces = restoreNamespaces(t, saved.namespaces);
  const tasks: Task<P>[] = [];
  const groups = restoreProcesses(t, saved, namespaces, tasks);
  restoreSessions(t, saved.sessions, groups);
  restoreChildren(t, saved, tasks, groups);
  for (const [i, { init, exiting }] of saved.namespaces.entries()) {
    const ns = namespaces[i];
    if (init !== -1) ns.init = at(groups, init);
    if (exiting !== -1) ns.exiting = at(tasks, exiting);
    if (ns.init !== undefined) ns.init.isInit = true;
    if (ns.exiting !== undefined && !t.isolated) t.waiting.add(ns);
  }
  for (const [i, { pending }] of saved.processes.entries())
    for (const signal of pending) keep(restoreSignal(groups[i], signal, tasks));
  restoreMeters(saved.namespaces, namespaces);
  const [broken] = checkInvariants(t);
  if (broken !== undefined) damaged(broken);
  const held = saved.namespaces.flatMap(({ pidfds }) => [...pidfds]) as PidRef[];
  mustHold(t, held);
  mustHoldNamespaces(t);
  return {
    finish(payloadOf) {
      for (const [i, task] of tasks.entries()) task.payload = payloadOf(saved.tasks[i].payload, task);
      for (const pid of held) t.allocator.putPid(pid);
      // Where an init has ended nobody is born any more, whatever the allocator says.
      for (const { init, ref } of namespaces) if (init?.live === 0) t.allocator.disablePidAllocation(ref);
    },
  };
}

/** Whether the lists have what they say that they have: who goes through a list of holes, or spreads it, may never come to its end. */
function mustBeWhole({ tasks, processes, namespaces, sessions }: Saved): void {
  for (const { children } of whole(tasks)) whole(children);
  for (const { threads, actions, pending } of whole(processes)) {
    whole(threads);
    for (const action of whole(actions)) whole(action);
    whole(pending);
  }
  for (const { meters, pidfds } of whole(namespaces)) {
    for (const meter of whole(meters)) whole(meter);
    whole(pidfds);
  }
  for (const { pgrps } of whole(sessions)) for (const { members } of whole(pgrps)) whole(members);
}

function whole<T>(list: readonly T[]): readonly T[] {
  return Array.isArray(list) && Object.keys(list).length === list.length
    ? list
    : damaged('a list is none, or has holes');
}

/** Every pidfd has a reference of its own, beside the one that a live pid has. */
function mustHold<P>({ allocator: a }: Table<P>, held: readonly PidRef[]): void {
  const counts = new Map<PidRef, number>();
  for (const pid of held) counts.set(pid, (counts.get(pid) ?? 0) + 1);
  for (const [pid, count] of counts) {
    const isAlive = a.findPidNs(a.pidNr(pid), a.initPidNs) === pid;
    if (a.pidCount(pid) < count + (isAlive ? 1 : 0)) damaged('a pidfd has no reference to its process');
  }
}

/**
 * Where somebody has the next child go there is a reference to the namespace. Nothing says so but that it can be given back, and taken
 * again. Where nobody is in a namespace only that reference keeps it, so it is there.
 */
function mustHoldNamespaces<P>({ allocator: a, namespaces }: Table<P>): void {
  for (const { ref, makers, holders } of namespaces.values()) {
    if (makers === 0 || makers === holders) continue;
    a.putPidNs(ref);
    a.getPidNs(ref);
  }
}

/** The item at a place that the snapshot names. */
function at<T>(list: readonly T[], place: number): T {
  return Number.isInteger(place) && place >= 0 && place < list.length ? list[place] : damaged('a place is in no list');
}

function number(value: number, name: string, least: number, most: number): number {
  integer(value, name, OP);
  return value >= least && value <= most ? value : damaged(`${name} is ${value}`);
}

function restoreNamespaces<P>(t: Table<P>, saved: readonly SavedNamespace[]): Namespace<P>[] {
  const made: Namespace<P>[] = [t.root];
  if (saved[0].ref !== t.root.ref || saved[0].parent !== -1) damaged('its root is another');
  for (const { ref, parent } of saved.slice(1)) {
    const above = at(made, parent);
    if (t.allocator.nsParent(ref as NsRef) !== above.ref) damaged('a namespace is below another');
    if (t.namespaces.has(ref as NsRef)) damaged('a namespace is there twice');
    const ns = new Namespace(ref as NsRef, above);
    t.namespaces.set(ns.ref, ns);
    made.push(ns);
    above.holders++;
    charge(above, NAMESPACES);
  }
  return made;
}

function restoreMeters<P>(saved: readonly SavedNamespace[], namespaces: readonly Namespace<P>[]): void {
  for (const [i, ns] of namespaces.entries())
    for (const [what, meter] of ns.meters.entries()) {
      const [peak, max, events] = saved[i].meters[what];
      meter.peak = number(peak, 'peak', meter.current, LARGEST);
      meter.max = max === Number.POSITIVE_INFINITY ? max : number(max, 'max', 0, LARGEST);
      meter.events = number(events, 'events', 0, LARGEST);
    }
}

function restoreProcesses<P>(
  t: Table<P>,
  saved: Saved,
  namespaces: readonly Namespace<P>[],
  tasks: Task<P>[],
): ThreadGroup<P>[] {
  // Every group gets its own when sessions are there.
  const nobody = new Pgrp<P>(0 as PidRef, new Session<P>(0 as PidRef));
  const groups: ThreadGroup<P>[] = saved.processes.map(() => undefined as never);
  for (const [i, process] of saved.processes.entries()) {
    const signals = restoreSignals(process);
    for (const [nr, place] of process.threads.entries()) {
      const { task: ref, pid, home, childHome, life, execId } = at(saved.tasks, place);
      if (tasks[place] !== undefined) damaged('a thread is in two processes');
      if (!LIVES.includes(life)) damaged('a task is in no state');
      number(ref, 'task', 1, LARGEST);
      number(pid, 'pid', 1, LARGEST);
      number(execId, 'execId', 0, LARGEST);
      const ns = at(namespaces, home);
      const task = new Task(t, nobody, signals, undefined as P, ref as TaskRef, ns);
      task.pid = pid as PidRef;
      task.life = life;
      task.childHome = at(namespaces, childHome);
      ns.holders++;
      if (task.childHome !== ns) {
        task.childHome.holders++;
        task.childHome.makers++;
      }
      charge(ns, PIDS);
      tasks[place] = task;
      addTask(t.tasks, task);
      if (nr === 0) groups[i] = task;
      else addThread(groups[i], task);
      if (nr === 0) task.live = 0;
      if (life === 'alive') groups[i].live++;
    }
    if (groups[i] === undefined) damaged('a process has no thread');
    restoreProcess(groups[i], process);
  }
  if (Object.keys(tasks).length !== saved.tasks.length) damaged('a thread is in no process');
  t.initGroup = at(groups, saved.init);
  return groups;
}

function addThread<P>(group: ThreadGroup<P>, thread: Task<P>): void {
  group.others ??= new List();
  thread.group = group;
  enter(group.others, thread);
}

function restoreSignals({ actions, noCldWait, noCldStop }: SavedProcess): Dispositions {
  const known = new Map<number, 'ignore' | 'handle'>();
  for (const [signal, action] of actions) {
    number(signal, 'signal', 1, SIGNAL_MAX);
    if (action !== 'ignore' && action !== 'handle') damaged('an action is no action');
    else known.set(signal, action);
  }
  const flags = { noCldWait: noCldWait === true, noCldStop: noCldStop === true };
  return { actions: known.size === 0 ? undefined : known, ...flags };
}

function restoreProcess<P>(group: ThreadGroup<P>, saved: SavedProcess): void {
  group.exitSignal = number(saved.exitSignal, 'exitSignal', 0, SIGNAL_MAX);
  number(saved.parentExecId, 'parentExecId', 0, LARGEST);
  if (saved.status !== -1) group.status = number(saved.status, 'status', 0, 0xffff);
  group.stopReport = number(saved.stopReport, 'stopReport', 0, SIGNAL_MAX);
  group.execed = saved.execed === true;
  group.subreaper = saved.subreaper === true;
  group.continueReport = saved.continueReport === true;
  group.stopped = saved.stopped === true;
  if (group.stopped && group.live === 0) damaged('a process that has ended is stopped');
  if ((group.live === 0) !== (group.status !== undefined)) damaged('a process has a status, and has not ended');
}

function restoreSessions<P>(t: Table<P>, saved: readonly SavedSession[], groups: readonly ThreadGroup<P>[]): void {
  const grouped = new Set<ThreadGroup<P>>();
  for (const { pid, holder, pgrps } of saved) {
    const session = new Session<P>(number(pid, 'session', 1, LARGEST) as PidRef);
    session.holder = at(groups, holder);
    for (const { pid: nr, members } of pgrps) {
      const pgrp = new Pgrp<P>(number(nr, 'group', 1, LARGEST) as PidRef, session);
      enter(session.pgrps, pgrp);
      if (members.length === 0) damaged('a process group is empty');
      for (const place of members) {
        const member = at(groups, place);
        if (grouped.has(member)) damaged('a process is in two groups');
        grouped.add(member);
        addMember(pgrp, member);
      }
    }
    if (!grouped.has(session.holder) || session.holder.pgrp.session !== session)
      damaged('the holder of a session is in another');
  }
  if (grouped.size !== groups.length) damaged('a process is in no group');
  // It asks the allocator about each.
  for (const { pgrp } of groups) for (const pid of [pgrp.pid, pgrp.session.pid]) t.allocator.pidCount(pid);
}

/** From the root's init down, so that whoever is not below it is missed. */
function restoreChildren<P>(
  t: Table<P>,
  saved: Saved,
  tasks: readonly Task<P>[],
  groups: readonly ThreadGroup<P>[],
): void {
  const placeOf = new Map(tasks.map((task, place) => [task, place]));
  const seen = new Set([t.initGroup]);
  const todo = [t.initGroup];
  for (let group = todo.pop(); group !== undefined; group = todo.pop())
    for (const parent of threadsOf(group))
      for (const place of saved.tasks[placeOf.get(parent)!].children) {
        const child = at(groups, place);
        if (seen.has(child)) damaged('a process is a child of two');
        seen.add(child);
        todo.push(child);
        addChild(parent, child);
        if (child.groupLeader.life === 'zombie' && child.others === undefined) addZombie(child);
        child.above = subreaperFrom(group, child.groupLeader);
        child.parentExeced = saved.processes[place].parentExecId !== saved.tasks[placeOf.get(parent)!].execId;
      }
  if (seen.size !== groups.length) damaged('a process is nobody’s child');
  for (const group of groups) updateTie(t, group);
}

function restoreSignal<P>(group: ThreadGroup<P>, saved: SavedSignal, tasks: readonly Task<P>[]): Held<P> {
  const { signal, code, pid, value, force } = saved;
  number(signal, 'signal', 1, SIGNAL_MAX);
  number(code, 'code', -LARGEST, LARGEST);
  number(pid, 'pid', 0, LARGEST);
  if (!group.stopped) damaged('signals wait for a process that is not stopped');
  const thread = saved.thread === -1 ? undefined : at(tasks, saved.thread);
  if (thread !== undefined && thread.group !== group) damaged('a signal waits for another’s thread');
  return { group, thread, first: undefined, info: { signal, code, pid, value }, force: force === true };
}
