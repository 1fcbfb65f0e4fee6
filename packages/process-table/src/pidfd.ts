/** References that outlive their process and never mean another. Source: `pidfd_open()` and `pidfd_send_signal()`. */
import { PidBug, type PidRef } from '@pidlab/contract';
import { callerOf, fail, integer, ownerOf, pidAt, vnrOf } from './checks.ts';
import { SI_USER } from './constants.ts';
import { sendTo } from './signals.ts';
import { isLeader, type Table } from './task.ts';
import type { Pidfd, Process } from './types.ts';

class OpenPidfd<P> implements Pidfd {
  readonly table: Table<P>;
  readonly pid: PidRef;
  readonly thread: boolean;
  closed = false;

  constructor(table: Table<P>, pid: PidRef, thread: boolean) {
    this.table = table;
    this.pid = pid;
    this.thread = thread;
  }
}

export function openPidfd<P>(
  t: Table<P>,
  process: Process<P>,
  nr: number,
  options: { readonly thread?: boolean } = {},
): Pidfd {
  const op = 'openPidfd';
  const caller = callerOf(t, process, op);
  integer(nr, 'pid', op);
  if (nr < 1) fail('EINVAL', op, `pid is ${nr}; it has to be above 0`);
  const pid = pidAt(t, nr, caller.pidNs);
  const thread = options.thread === true;
  // A pid that is only a group's or session's is nobody.
  const owner = pid === undefined ? undefined : ownerOf(t, pid);
  if (pid === undefined || owner === undefined) fail('ESRCH', op, `the caller sees no process ${nr}`);
  if (!thread && !isLeader(owner)) fail('ENOENT', op, `${nr} is a thread, not a process; the option thread opens it`);
  return new OpenPidfd(t, t.allocator.getPid(pid), thread);
}

export function pidfdSendSignal<P>(t: Table<P>, process: Process<P>, fd: Pidfd, signal: number): void {
  const op = 'pidfdSendSignal';
  const caller = callerOf(t, process, op);
  const { pid, thread } = openPid(t, fd, op);
  integer(signal, 'signal', op);
  if (vnrOf(t, pid, caller) === 0) fail('EINVAL', op, 'the process is in no namespace that the caller sees');
  const target = ownerOf(t, pid);
  if (target === undefined) fail('ESRCH', op, 'the process has been reaped');
  sendTo(t, caller, target.group, thread ? target : undefined, { op, signal, code: SI_USER, value: undefined });
}

export function pidfdPid<P>(t: Table<P>, process: Process<P>, fd: Pidfd): number {
  const caller = callerOf(t, process, 'pidfdPid');
  const { pid } = openPid(t, fd, 'pidfdPid');
  return ownerOf(t, pid) === undefined ? -1 : vnrOf(t, pid, caller);
}

export function closePidfd<P>(t: Table<P>, fd: Pidfd): void {
  const open = openPid(t, fd, 'closePidfd');
  open.closed = true;
  t.allocator.putPid(open.pid);
}

/** EBADF when it has been closed; PidBug when it is another table's, or nothing of the kind. */
export function openPid<P>(t: Table<P>, fd: Pidfd, op: string): OpenPidfd<P> {
  if (!(fd instanceof OpenPidfd) || fd.table !== t) throw new PidBug(op, 'fd is no pidfd of this table');
  return fd.closed ? fail('EBADF', op, 'the pidfd has been closed') : fd;
}
