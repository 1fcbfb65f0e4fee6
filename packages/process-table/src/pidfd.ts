/** References that outlive their process and never mean another. Source: `pidfd_open()` and `pidfd_send_signal()`. */
import { PidBug, type PidRef } from '@pidlab/contract';
import { callerOf, fail, integer, mustNotBeAsked, ownerOf, pidAt, readOptions, viewerOf, vnrOf } from './checks.ts';
import { SI_TKILL, SI_USER } from './constants.ts';
import { charge, discharge, mayCharge } from './limits.ts';
import { sendTo } from './signals.ts';
import { type Closable, isLeader, type Namespace, PIDFDS, type Table } from './task.ts';
import type { Pidfd, PidfdOptions, Process } from './types.ts';

class OpenPidfd<P> implements Pidfd, Closable {
  /** Private, as in a task. */
  readonly #table: Table<P>;
  readonly #opener: Namespace<P>;
  readonly pid: PidRef;
  readonly thread: boolean;
  #closed = false;

  constructor(table: Table<P>, opener: Namespace<P>, pid: PidRef, thread: boolean) {
    this.#table = table;
    this.#opener = opener;
    this.pid = pid;
    this.thread = thread;
    opener.pidfds.add(this);
    charge(opener, PIDFDS);
  }

  static is<P>(value: unknown, table: Table<P>): value is OpenPidfd<P> {
    return typeof value === 'object' && value !== null && #table in value && value.#table === (table as Table<unknown>);
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opener.pidfds.delete(this);
    discharge(this.#opener, PIDFDS, 1);
    this.#table.allocator.putPid(this.pid);
  }
}

export function openPidfd<P>(t: Table<P>, process: Process<P>, nr: number, options: PidfdOptions = {}): Pidfd {
  const op = 'openPidfd';
  // Before the caller is looked at: a getter may call the table, and end the caller.
  const thread = readOptions(options, ['thread'], op).thread === true;
  const caller = callerOf(t, process, op);
  integer(nr, 'pid', op);
  if (nr < 1) fail('EINVAL', op, `pid is ${nr}; it has to be above 0`);
  const pid = pidAt(t, nr, caller.home.ref);
  // A pid that is only a group's or session's is nobody.
  const owner = pid === undefined ? undefined : ownerOf(t, pid);
  if (pid === undefined || owner === undefined) fail('ESRCH', op, `the caller sees no process ${nr}`);
  if (!thread && !isLeader(owner)) fail('ENOENT', op, `${nr} is a thread, not a process; the option thread opens it`);
  if (!mayCharge(caller.home, PIDFDS))
    fail('EMFILE', op, 'a limit of pidfds is reached, of the caller’s namespace or of one above it');
  return new OpenPidfd(t, caller.home, t.allocator.getPid(pid), thread);
}

export function pidfdSendSignal<P>(t: Table<P>, process: Process<P>, fd: Pidfd, signal: number): void {
  const op = 'pidfdSendSignal';
  const caller = callerOf(t, process, op);
  const { pid, thread } = openPid(t, fd, op);
  integer(signal, 'signal', op);
  if (vnrOf(t, pid, caller) === 0) fail('EINVAL', op, 'the process is in no namespace that the caller sees');
  const target = ownerOf(t, pid);
  if (target === undefined) fail('ESRCH', op, 'the process has been reaped');
  sendTo(t, caller, target, thread, { op, signal, code: thread ? SI_TKILL : SI_USER, value: undefined });
}

export function pidfdPid<P>(t: Table<P>, process: Process<P>, fd: Pidfd): number {
  const caller = viewerOf(t, process, 'pidfdPid');
  const { pid } = openPid(t, fd, 'pidfdPid');
  return ownerOf(t, pid) === undefined ? -1 : vnrOf(t, pid, caller);
}

export function closePidfd<P>(t: Table<P>, fd: Pidfd): void {
  mustNotBeAsked(t, 'closePidfd');
  openPid(t, fd, 'closePidfd').close();
}

/** EBADF when it has been closed; PidBug when it is another table's, or nothing of the kind. */
export function openPid<P>(t: Table<P>, fd: Pidfd, op: string): OpenPidfd<P> {
  if (!OpenPidfd.is(fd, t)) throw new PidBug(op, 'fd is no pidfd of this table');
  return fd.closed ? fail('EBADF', op, 'the pidfd has been closed') : fd;
}
