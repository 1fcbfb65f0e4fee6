/** What a signal does to who receives it. Source: `sig_ignored()`, `prepare_signal()` and `get_signal()`, kernel/signal.c. */
import { SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGWINCH } from './constants.ts';
import { endGroup } from './exit.ts';
import { goOn, isOrphaned, stop } from './jobs.ts';
import { aliveThread, type Held, type Table, type ThreadGroup } from './task.ts';
import type { Disposition, SignalInfo } from './types.ts';

export function receive<P>(t: Table<P>, held: Held<P>): void {
  const { group, info } = held;
  const { signal } = info;
  if (group.live === 0) return;
  if (held.thread !== undefined && held.thread.life !== 'alive') return;
  const wentOn = signal === SIGCONT && goOn(t, group);
  const disposition = dispositionOf(group, signal);
  if (isIgnored(held, disposition)) return;
  if (disposition === 'default' && isIgnoredByDefault(signal)) return;
  if (group.stopped && signal !== SIGKILL) {
    // A stop that waits is forgotten when the process goes on; the rest reaches it then.
    if (isStop(signal) && disposition === 'default') return;
    group.held ??= [];
    group.held.push(held);
    return;
  }
  if (disposition === 'handle') deliver(t, held, 'handle');
  else if (signal === SIGCONT) wentOn && deliver(t, held, 'continue');
  else if (isStop(signal)) {
    if (signal !== SIGSTOP && isOrphaned(t, group.pgrp, undefined)) return;
    stop(t, group, signal);
    deliver(t, held, 'stop');
  } else {
    deliver(t, held, 'terminate');
    endGroup(t, group, signal);
  }
}

/** What the process does with the signal. */
export function dispositionOf<P>(group: ThreadGroup<P>, signal: number): Disposition {
  return group.signals.actions?.get(signal) ?? 'default';
}

/** Nobody can catch or ignore these. */
export function isKernelOnly(signal: number): boolean {
  return signal === SIGKILL || signal === SIGSTOP;
}

/** A namespace's init has what it asks for, and what nobody can refuse that comes from outside. Source: `sig_task_ignored()`. */
function isIgnored<P>({ group, info, force }: Held<P>, disposition: Disposition): boolean {
  if (group.isInit && disposition === 'default') return !(force && isKernelOnly(info.signal));
  return disposition === 'ignore';
}

function isIgnoredByDefault(signal: number): boolean {
  return signal === SIGCHLD || signal === SIGURG || signal === SIGWINCH;
}

function isStop(signal: number): boolean {
  return signal === SIGSTOP || signal === SIGTSTP || signal === SIGTTIN || signal === SIGTTOU;
}

function deliver<P>(t: Table<P>, { group, thread, info }: Held<P>, action: SignalInfo['action']): void {
  if (t.hooks.deliver === undefined) return;
  const process = thread ?? aliveThread(group)!;
  t.news.push({ hook: 'deliver', process, info: { ...info, action } });
}
