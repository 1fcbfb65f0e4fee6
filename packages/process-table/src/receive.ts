/** What a signal does to who receives it. Source: `sig_ignored()`, `prepare_signal()` and `get_signal()`, kernel/signal.c. */
import { SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGURG, SIGWINCH } from './constants.ts';
import { endGroup } from './exit.ts';
import { goOn, isOrphaned, stop } from './jobs.ts';
import { isStop, keep } from './pending.ts';
import { aliveThread, type Held, type Table, type ThreadGroup } from './task.ts';
import type { Disposition, SignalInfo } from './types.ts';

export function receive<P>(t: Table<P>, held: Held<P>): void {
  const { group, info, thread } = held;
  const { signal } = info;
  if (group.live === 0) return;
  if (thread !== undefined && thread.life !== 'alive') return;
  const wentOn = signal === SIGCONT && goOn(t, group);
  const disposition = dispositionOf(group, signal);
  if (isIgnored(group, signal, disposition, held.force)) return;
  if (group.stopped && signal !== SIGKILL) keep(held);
  else if (disposition === 'handle') deliver(t, held, 'handle');
  else if (signal === SIGCONT) wentOn && deliver(t, held, 'continue');
  else if (isStop(signal)) {
    if (signal !== SIGSTOP && isOrphaned(group.pgrp)) return;
    stop(t, group, signal);
    deliver(t, held, 'stop');
  } else {
    deliver(t, held, 'terminate');
    endGroup(t, group, signal);
  }
}

/** Whether a signal that is sent now has to wait, and so takes room. Source: `prepare_signal()`. */
export function willWait<P>(group: ThreadGroup<P>, signal: number, force: boolean): boolean {
  if (!group.stopped || signal === SIGKILL || signal === SIGCONT) return false;
  return !isIgnored(group, signal, dispositionOf(group, signal), force);
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
function isIgnored<P>(group: ThreadGroup<P>, signal: number, disposition: Disposition, force: boolean): boolean {
  if (disposition !== 'default') return disposition === 'ignore';
  return group.isInit ? !(force && isKernelOnly(signal)) : isIgnoredByDefault(signal);
}

function isIgnoredByDefault(signal: number): boolean {
  return signal === SIGCHLD || signal === SIGURG || signal === SIGWINCH;
}

function deliver<P>(t: Table<P>, { group, thread, first, info }: Held<P>, action: SignalInfo['action']): void {
  if (t.hooks.deliver === undefined) return;
  const isFirst = first !== undefined && first.life === 'alive' && first.group === group;
  const process = thread ?? (isFirst ? first : aliveThread(group)!);
  t.news.push({ hook: 'deliver', process, info: { ...info, action } });
}
