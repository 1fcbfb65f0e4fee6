/*
 * Drives an allocator through a recorded process tree, as a process table would: it keeps nothing of its own and finds
 * every process by asking the allocator for the number in the trace.
 */
import {
  CLONE_NEWPID,
  type CreatePidAllocator,
  type NsRef,
  PID_MAX_LIMIT,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  type PidAllocator,
  type PidRef,
  type PidType,
  type TaskRef,
} from '@pidlab/contract';
import { expectedNr, type Ledger, openLedger, record, taskOf } from './ledger.ts';
import type { Trace, TraceEvent, TraceHeader, TraceKind } from './trace.ts';

/** What a replay found. There is none unless everything held: see {@link replay}. */
export interface ReplayResult {
  readonly trace: string;
  readonly strategy: string;
  /** The level of the namespace in which the trace was replayed. */
  readonly level: 0 | 1;
  readonly events: number;
  readonly counts: Readonly<Record<TraceKind, number>>;
  /** Processes and threads together: numbers given. */
  readonly allocations: number;
  /** How often the cursor began again at the floor. */
  readonly wraps: number;
  /** Processes and threads at once, zombies included. */
  readonly maxAlive: number;
  /** Allocations whose number follows from the trace, by the rule of cyclic allocation. */
  readonly orderChecked: number;
  /** Those of them where the allocator gave the kernel's number. Always all. */
  readonly orderFollowed: number;
  /** Allocations where the kernel's number does not follow from the trace, and the allocator was set to it. */
  readonly orderSkipped: number;
  /** Time of a second replay, without any check. */
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

/** An allocator did not do what the trace asks of it. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

/** An allocator at work as the process table of one namespace. */
export interface Machine {
  readonly a: PidAllocator;
  readonly ns: NsRef;
  readonly level: 0 | 1;
  /** The number that the allocator gave last of its own accord. */
  given: number;
}

const TYPES: readonly PidType[] = [PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID];

/**
 * Replays a trace in the root (level 0) or in a namespace one level below it, and checks after each event that
 *
 * - a new number is the next one by the rule of cyclic allocation, which is the kernel's number wherever the trace permits
 *   to know that, and was not taken;
 * - the number leads to its pid and the pid to its number, and the task has the thread group, process group and session
 *   that the trace gives it;
 * - numbers that nobody uses any more are not found, and all others are;
 *
 * and at the end that nothing is left and all invariants hold. `ReplayError` when any of that fails. What it compares with
 * is the {@link Ledger}, which knows the trace alone.
 */
export function replay(create: CreatePidAllocator, trace: Trace, level: 0 | 1 = 1): ReplayResult {
  const { header, events } = trace;
  const m = openMachine(create, header, level);
  const strategy = m.a.traits.strategy;
  const found = { allocations: 0, wraps: 0, maxAlive: 0, orderFollowed: 0, orderSkipped: 0 };
  const ledger = openLedger(header);
  events.forEach((event, index) => {
    try {
      checkedStep(m, ledger, event, found);
    } catch (error) {
      throw new ReplayError(
        `${strategy}, ${header.name}, event ${index}, ${JSON.stringify(event)}: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  });
  checkEmpty(m);
  const seconds = timeReplay(create, trace, level);
  return {
    trace: header.name,
    strategy,
    level,
    events: events.length,
    counts: header.counts,
    ...found,
    orderChecked: found.allocations - found.orderSkipped,
    seconds,
    eventsPerSecond: events.length / seconds,
  };
}

/** Replays a trace without checks on a fresh allocator, whose making is not timed, and returns the seconds. */
export function timeReplay(create: CreatePidAllocator, { header, events }: Trace, level: 0 | 1 = 1): number {
  const m = openMachine(create, header, level);
  const start = performance.now();
  for (const event of events) step(m, event);
  return (performance.now() - start) / 1_000;
}

/** A fresh allocator with the trace's limits. At level 1 the root has all numbers there are, so that only the namespace's limits are felt. */
export function openMachine(create: CreatePidAllocator, { pidMax, floor }: TraceHeader, level: 0 | 1): Machine {
  const a = create({ pidMax: level === 0 ? pidMax : PID_MAX_LIMIT, floors: { root: floor, child: floor } });
  const ns = level === 0 ? a.initPidNs : a.copyPidNs(CLONE_NEWPID, a.initPidNs);
  a.setPidMax(ns, pidMax);
  return { a, ns, level, given: 0 };
}

/** Does what one event says. */
export function step(m: Machine, event: TraceEvent): void {
  switch (event.kind) {
    case 'fork':
      fork(m, event.parent, event.child);
      break;
    case 'thread':
      thread(m, event.parent, event.child);
      break;
    case 'exec':
      exec(m, event.task, event.former);
      break;
    case 'setsid':
      change(m, event.task, PIDTYPE_SID, event.task);
      change(m, event.task, PIDTYPE_PGID, event.task);
      break;
    case 'setpgid':
      change(m, event.task, PIDTYPE_PGID, event.group);
      break;
    case 'exit':
      exit(m, event.task);
      break;
    default:
      release(m, taskAt(m, event.child));
  }
}

function fork(m: Machine, parent: number, child: number): void {
  const { a } = m;
  const pid = allocNr(m, child);
  const task = a.allocTask();
  a.attachPid(task, PIDTYPE_PID, pid);
  a.attachPid(task, PIDTYPE_TGID, pid);
  // Number 1 comes from outside; its group and session have no number here.
  if (parent === 0) return;
  const leader = a.pidTask(pidOf(m, taskAt(m, parent), PIDTYPE_TGID), PIDTYPE_PID)!;
  for (const type of [PIDTYPE_PGID, PIDTYPE_SID] as const) {
    const inherited = a.taskPid(leader, type);
    if (inherited !== undefined) a.attachPid(task, type, inherited);
  }
}

function thread(m: Machine, parent: number, child: number): void {
  const group = pidOf(m, taskAt(m, parent), PIDTYPE_TGID);
  const pid = allocNr(m, child);
  const task = m.a.allocTask();
  m.a.attachPid(task, PIDTYPE_PID, pid);
  m.a.attachPid(task, PIDTYPE_TGID, group);
}

/** A thread that starts a program takes its leader's place in every list; its own number is free. */
function exec(m: Machine, nr: number, former: number): void {
  const leader = taskAt(m, nr);
  if (former === nr) return;
  const next = taskAt(m, former);
  for (const type of [PIDTYPE_PID, PIDTYPE_TGID] as const) m.a.detachPid(next, type);
  for (const type of TYPES) if (m.a.taskPid(leader, type) !== undefined) m.a.transferPid(leader, next, type);
  m.a.freeTask(leader);
}

function change(m: Machine, nr: number, type: PidType, to: number): void {
  const task = taskAt(m, nr);
  const pid = m.a.findPidNs(to, m.ns);
  if (pid === undefined) throw new ReplayError(`${to} is not found`);
  const from = m.a.taskPid(task, type);
  if (from === pid) return;
  if (from !== undefined) m.a.detachPid(task, type);
  m.a.attachPid(task, type, pid);
}

/** A thread is gone at its exit; a leader stays until somebody waits for it. */
function exit(m: Machine, nr: number): void {
  const task = taskAt(m, nr);
  if (pidOf(m, task, PIDTYPE_PID) !== pidOf(m, task, PIDTYPE_TGID)) release(m, task);
}

/** Takes a task off everything it hangs on. Its number is free when, and only when, it is nobody's group or session. */
function release(m: Machine, task: TaskRef): void {
  for (const type of TYPES) if (m.a.taskPid(task, type) !== undefined) m.a.detachPid(task, type);
  m.a.freeTask(task);
}

/**
 * The pid of a new process or thread. Where the allocator's own choice is not the trace's number, its cursor is put before
 * that; whether that was to be expected is for {@link replay} to say.
 */
function allocNr(m: Machine, nr: number): PidRef {
  const pid = m.a.allocPid(m.ns);
  m.given = m.a.pidNrNs(pid, m.ns);
  if (m.given === nr) return pid;
  m.a.freePid(pid);
  m.a.setLastPid(m.ns, nr - 1);
  const again = m.a.allocPid(m.ns);
  const second = m.a.pidNrNs(again, m.ns);
  must(second === nr, `the allocator gave ${m.given} and, with the cursor put right, ${second}, not even ${nr}`);
  return again;
}

function taskAt(m: Machine, nr: number): TaskRef {
  const task = m.a.findTaskByPidNs(nr, m.ns);
  if (task === undefined) throw new ReplayError(`no task has the number ${nr}`);
  return task;
}

function pidOf(m: Machine, task: TaskRef, type: PidType): PidRef {
  const pid = m.a.taskPid(task, type);
  if (pid === undefined) throw new ReplayError(`the task has no pid of type ${type}`);
  return pid;
}

interface Found {
  allocations: number;
  wraps: number;
  maxAlive: number;
  orderFollowed: number;
  orderSkipped: number;
}

function checkedStep(m: Machine, ledger: Ledger, event: TraceEvent, found: Found): void {
  const birth = event.kind === 'fork' || event.kind === 'thread';
  const expected = birth ? expectedNr(ledger) : 0;
  const { last } = ledger;
  step(m, event);
  const freed = record(ledger, event);
  for (const nr of freed) must(m.a.findPidNs(nr, m.ns) === undefined, `${nr} is found though it is free`);
  if (event.kind === 'setsid' || event.kind === 'setpgid') checkTask(m, ledger, event.task);
  if (!birth) return;

  must(m.given === expected, `the allocator gave ${m.given}, and ${expected} was next`);
  checkTask(m, ledger, event.child);
  found.allocations++;
  if (event.child === expected) found.orderFollowed++;
  else found.orderSkipped++;
  if (event.child < last) found.wraps++;
  found.maxAlive = Math.max(found.maxAlive, ledger.tasks.size);
}

/** The number, its pid and its task agree with each other and with the ledger. */
function checkTask({ a, ns }: Machine, ledger: Ledger, nr: number): void {
  const { tgid, pgid, sid } = taskOf(ledger, nr);
  const pid = a.findPidNs(nr, ns);
  must(pid !== undefined && a.pidNrNs(pid, ns) === nr, `${nr} does not lead to a pid of that number`);
  const task = a.pidTask(pid!, PIDTYPE_PID)!;
  const seen = [
    a.taskPidNrNs(task, ns),
    a.taskTgidNrNs(task, ns),
    a.taskPgrpNrNs(task, ns),
    a.taskSessionNrNs(task, ns),
  ];
  const told = [nr, tgid, pgid, sid];
  must(String(seen) === String(told), `pid, thread group, process group, session are ${seen}, not ${told}`);
}

/** Nobody is left: no number, no pid, no task, and no namespace but the root. */
function checkEmpty({ a, ns, level }: Machine): void {
  must(a.nextPidmap(ns, 0) === undefined, `number ${a.nextPidmap(ns, 0)} is still taken at the end`);
  if (level === 1) a.putPidNs(ns);
  const { pids, tasks, namespaces } = a.stats();
  must(
    pids === 0 && tasks === 0 && namespaces === 1,
    `${pids} pids, ${tasks} tasks, ${namespaces} namespaces are left at the end`,
  );
  const broken = a.checkInvariants().violations;
  must(broken.length === 0, broken.join('; '));
}

function must(holds: boolean, message: string): void {
  if (!holds) throw new ReplayError(message);
}
