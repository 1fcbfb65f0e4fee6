/** Signals that wait for a stopped process to go on. Source: `__send_signal_locked()` and `next_signal()`, kernel/signal.c. */
import {
  SI_USER,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGRTMIN,
  SIGSEGV,
  SIGSTOP,
  SIGSYS,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
} from './constants.ts';
import { charge, discharge, mayCharge } from './limits.ts';
import { type Held, type Queue, SIGNALS, type Task, type ThreadGroup } from './task.ts';

export function isStop(signal: number): boolean {
  return signal === SIGSTOP || signal === SIGTSTP || signal === SIGTTIN || signal === SIGTTOU;
}

/** Those that a program brings upon itself: they are taken first. */
const SYNCHRONOUS: readonly number[] = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS];

/**
 * Keeps the signal. A standard one waits once for each target. Of the real-time ones each waits, as long as the namespace's
 * limit has room; after that one of each, without saying from whom, as the kernel does for `kill`.
 */
export function keep<P>(held: Held<P>): void {
  const { group, info, thread } = held;
  const { signal } = info;
  group.pending ??= new Map();
  let queue = group.pending.get(thread);
  if (queue === undefined) {
    queue = { signals: [], present: new Set(), charged: 0 };
    group.pending.set(thread, queue);
  }
  const isThere = queue.present.has(signal);
  if (signal < SIGRTMIN) {
    if (isThere) return;
    queue.signals.push(held);
  } else if (mayCharge(group.groupLeader.home, SIGNALS)) {
    charge(group.groupLeader.home, SIGNALS);
    queue.charged++;
    queue.signals.push(held);
  } else {
    if (isThere) return;
    queue.signals.push({ ...held, info: { signal, code: SI_USER, pid: 0, value: undefined } });
  }
  queue.present.add(signal);
}

/** All that has waited, in the order in which a kernel takes it: what is for one thread first, then by number. */
export function takePending<P>(group: ThreadGroup<P>): Held<P>[] {
  const { pending } = group;
  if (pending === undefined) return [];
  group.pending = undefined;
  const taken: Held<P>[] = [];
  for (const [thread, queue] of pending) if (thread !== undefined) take(group, queue, taken);
  const shared = pending.get(undefined);
  if (shared !== undefined) take(group, shared, taken);
  return taken;
}

function take<P>(group: ThreadGroup<P>, queue: Queue<P>, taken: Held<P>[]): void {
  discharge(group.groupLeader.home, SIGNALS, queue.charged);
  // SIGCONT has taken every stop signal back, whatever was to become of it.
  const signals = queue.signals.filter(({ info }) => !isStop(info.signal));
  signals.sort((a, b) => rank(a.info.signal) - rank(b.info.signal));
  for (const held of signals) taken.push(held);
}

function rank(signal: number): number {
  return SYNCHRONOUS.includes(signal) ? signal - SIGRTMIN : signal;
}

/** Nobody will take what waits for that thread, or with `undefined` for the whole process. */
export function forgetPending<P>(group: ThreadGroup<P>, thread: Task<P> | undefined): void {
  const { pending } = group;
  if (pending === undefined) return;
  const queue = pending.get(thread);
  if (queue === undefined) return;
  discharge(group.groupLeader.home, SIGNALS, queue.charged);
  pending.delete(thread);
  if (pending.size === 0) group.pending = undefined;
}

/** The process has ended: nobody takes any of it. */
export function forgetAllPending<P>(group: ThreadGroup<P>): void {
  if (group.pending === undefined) return;
  for (const thread of [...group.pending.keys()]) forgetPending(group, thread);
}
