/** Sending signals. Source: kernel/signal.c. */
import { type NsRef, PidBug } from '@pidlab/contract';
import {
  ask,
  callerOf,
  checkSignal,
  fail,
  integer,
  mustNotBeAsked,
  pgrpAt,
  processAt,
  readOptions,
  taskAt,
  taskOf,
} from './checks.ts';
import { SI_QUEUE, SI_TKILL, SI_USER, SIGCHLD, SIGCONT, SIGNAL_MAX, SIGRTMIN } from './constants.ts';
import { mayCharge } from './limits.ts';
import { membersOf } from './members.ts';
import { dispositionOf, isKernelOnly, willWait } from './receive.ts';
import { post, SIGNALS, type Table, type Task, type ThreadGroup } from './task.ts';
import type { Disposition, Process, SigactionFlags } from './types.ts';

/** What a sender says. */
interface Letter {
  readonly op: string;
  readonly signal: number;
  readonly code: number;
  readonly value: unknown;
}

export function kill<P>(t: Table<P>, process: Process<P>, pid: number, signal: number): void {
  const caller = callerOf(t, process, 'kill');
  integer(pid, 'pid', 'kill');
  integer(signal, 'signal', 'kill');
  const letter: Letter = { op: 'kill', signal, code: SI_USER, value: undefined };
  if (pid > 0) sendTo(t, caller, targetAt(t, pid, caller.home.ref, 'kill'), false, letter);
  else if (pid === -1) killAll(t, caller, letter);
  else killGroup(t, caller, pid, letter);
}

function killAll<P>(t: Table<P>, caller: Task<P>, letter: Letter): void {
  const targets = seenFrom(t, caller.home.ref).filter((group) => group !== caller.group && group !== caller.home.init);
  if (targets.length === 0) fail('ESRCH', letter.op, 'the caller sees nobody but itself and the init');
  checkSignal(letter.signal, letter.op);
  // Whom the caller may not signal is passed over, and that is no error.
  const allowed = targets.filter((target) => mayKill(t, caller, target, letter.signal));
  for (const target of allowed) send(t, caller, target, undefined, undefined, letter);
}

/** The processes that a namespace sees, in ascending number. */
function seenFrom<P>(t: Table<P>, ns: NsRef): ThreadGroup<P>[] {
  const a = t.allocator;
  const found: ThreadGroup<P>[] = [];
  for (let pid = a.findGePid(1, ns); pid !== undefined; ) {
    const nr = a.pidNrNs(pid, ns);
    const group = processAt(t, nr, ns);
    if (group !== undefined) found.push(group);
    pid = a.findGePid(nr + 1, ns);
  }
  return found;
}

function killGroup<P>(t: Table<P>, caller: Task<P>, pid: number, letter: Letter): void {
  const pgrp = pid === 0 ? caller.group.pgrp : pgrpAt(t, -pid, caller.home.ref);
  const targets = pgrp === undefined ? [] : membersOf(pgrp);
  if (targets.length === 0) fail('ESRCH', letter.op, `the caller sees no process group ${-pid}`);
  checkSignal(letter.signal, letter.op);
  const allowed = targets.filter((target) => mayKill(t, caller, target, letter.signal));
  if (allowed.length === 0) refuse(letter);
  for (const target of allowed) send(t, caller, target, undefined, undefined, letter);
}

export function tgkill<P>(t: Table<P>, process: Process<P>, tgid: number, tid: number, signal: number): void {
  const caller = callerOf(t, process, 'tgkill');
  integer(tgid, 'tgid', 'tgkill');
  integer(tid, 'tid', 'tgkill');
  integer(signal, 'signal', 'tgkill');
  if (tgid < 1 || tid < 1) fail('EINVAL', 'tgkill', `tgid is ${tgid} and tid ${tid}; both have to be above 0`);
  const thread = taskAt(t, tid, caller.home.ref);
  if (thread === undefined || t.allocator.pidNrNs(thread.group.groupLeader.pid, caller.home.ref) !== tgid)
    fail('ESRCH', 'tgkill', `process ${tgid} has no thread ${tid}`);
  sendTo(t, caller, thread, true, { op: 'tgkill', signal, code: SI_TKILL, value: undefined });
}

export function sigqueue<P>(t: Table<P>, process: Process<P>, pid: number, signal: number, value: unknown): void {
  const caller = callerOf(t, process, 'sigqueue');
  integer(pid, 'pid', 'sigqueue');
  integer(signal, 'signal', 'sigqueue');
  const target = targetAt(t, pid, caller.home.ref, 'sigqueue');
  sendTo(t, caller, target, false, { op: 'sigqueue', signal, code: SI_QUEUE, value });
}

export function signalFromOutside<P>(t: Table<P>, process: Process<P>, signal: number): void {
  const op = 'signalFromOutside';
  mustNotBeAsked(t, op);
  const { life, group } = taskOf(t, process, op, 'target');
  integer(signal, 'signal', op);
  if (life === 'dead') fail('ESRCH', op, 'the target has been reaped');
  checkSignal(signal, op);
  if (signal === 0) return;
  const info = { signal, code: SI_USER, pid: 0, value: undefined };
  post(t, { group, thread: undefined, first: undefined, info, force: true });
}

/** The task of that number: it stands for its process, and comes first where a handler runs. */
function targetAt<P>(t: Table<P>, nr: number, ns: NsRef, op: string): Task<P> {
  return taskAt(t, nr, ns) ?? fail('ESRCH', op, `the caller sees no process ${nr}`);
}

/** Sends to the process of `target`, or to that thread alone, if the caller may. */
export function sendTo<P>(t: Table<P>, caller: Task<P>, target: Task<P>, alone: boolean, letter: Letter): void {
  const { group } = target;
  const { op, signal, code } = letter;
  checkSignal(signal, op);
  if (!mayKill(t, caller, group, signal)) refuse(letter);
  // What `kill` sends is not lost, though it may come without its sender.
  if (signal >= SIGRTMIN && code !== SI_USER && willWait(group, signal, isOutside(t, caller, group)))
    if (!mayCharge(group.groupLeader.home, SIGNALS))
      fail('EAGAIN', op, 'a limit of pending signals is reached, of the target’s namespace or of one above it');
  send(t, caller, group, alone ? target : undefined, target, letter);
}

function refuse({ op, signal }: Letter): never {
  fail('EPERM', op, `mayKill does not let the caller send signal ${signal} there`);
}

/** Source: `check_kill_permission()`. Linux lets SIGCONT through within a session. */
function mayKill<P>(t: Table<P>, caller: Task<P>, target: ThreadGroup<P>, signal: number): boolean {
  const { mayKill: hook } = t.hooks;
  if (hook === undefined || target === caller.group) return true;
  if (!t.isolated && signal === SIGCONT && target.pgrp.session === caller.group.pgrp.session) return true;
  return ask(t, () => hook(caller, target.groupLeader, signal));
}

/** The receiver's namespace does not see the sender. */
function isOutside<P>(t: Table<P>, caller: Task<P>, target: ThreadGroup<P>): boolean {
  return senderAs(t, caller, target) === 0;
}

function senderAs<P>(t: Table<P>, caller: Task<P>, target: ThreadGroup<P>): number {
  return t.allocator.pidNrNs(caller.group.groupLeader.pid, target.groupLeader.home.ref);
}

function send<P>(
  t: Table<P>,
  caller: Task<P>,
  group: ThreadGroup<P>,
  thread: Task<P> | undefined,
  first: Task<P> | undefined,
  { signal, code, value }: Letter,
): void {
  if (signal === 0) return;
  const pid = senderAs(t, caller, group);
  post(t, { group, thread, first, info: { signal, code, pid, value }, force: pid === 0 });
}

export function sigaction<P>(
  t: Table<P>,
  process: Process<P>,
  signal: number,
  disposition: Disposition,
  given: SigactionFlags = {},
): Disposition {
  // Before the caller is looked at: a getter may call the table, and end the caller.
  const flags = readOptions(given, ['noCldWait', 'noCldStop'], 'sigaction');
  const { group } = callerOf(t, process, 'sigaction');
  integer(signal, 'signal', 'sigaction');
  if (signal < 1 || signal > SIGNAL_MAX || isKernelOnly(signal))
    fail('EINVAL', 'sigaction', `signal is ${signal}; it has to be in [1, ${SIGNAL_MAX}], and not SIGKILL or SIGSTOP`);
  if (disposition !== 'default' && disposition !== 'ignore' && disposition !== 'handle')
    throw new PidBug('sigaction', "disposition has to be 'default', 'ignore' or 'handle'");
  const before = dispositionOf(group, signal);
  let { noCldWait, noCldStop } = group.signals;
  const actions = new Map(group.signals.actions);
  if (disposition === 'default') actions.delete(signal);
  else actions.set(signal, disposition);
  if (signal === SIGCHLD) {
    noCldWait = flags.noCldWait === true;
    noCldStop = flags.noCldStop === true;
  }
  group.signals = { actions: actions.size === 0 ? undefined : actions, noCldWait, noCldStop };
  return before;
}
