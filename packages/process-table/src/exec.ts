/** Another program. Source: `de_thread()` and `begin_new_exec()`, fs/exec.c. */

import { PIDTYPE_PID } from '@pidlab/contract';
import { callerOf } from './checks.ts';
import { SIGCHLD, SIGKILL } from './constants.ts';
import { endTask } from './exit.ts';
import { itemsOf } from './list.ts';
import { passOn } from './members.ts';
import { leaveRecord } from './namespaces.ts';
import { forgetPending } from './pending.ts';
import { uncount } from './release.ts';
import { childrenOf, DEFAULT_DISPOSITIONS, type Table, type Task, type ThreadGroup } from './task.ts';
import { removeTask } from './task-index.ts';
import type { Process } from './types.ts';

export function exec<P>(t: Table<P>, process: Process<P>): void {
  const caller = callerOf(t, process, 'exec');
  const { group } = caller;
  if (group.others !== undefined)
    for (const thread of [...itemsOf(group.others)]) if (thread !== caller) endTask(t, thread, SIGKILL);
  if (group.groupLeader !== caller) becomeLeader(t, caller);
  group.execed = true;
  group.exitSignal = SIGCHLD;
  // By now the children of all threads are the caller's.
  for (const child of childrenOf(caller)) child.parentExeced = true;
  forgetHandlers(group);
}

/** Takes the leader's number and offices. The caller's own number is free then. */
function becomeLeader<P>(t: Table<P>, caller: Task<P>): void {
  const a = t.allocator;
  const { group } = caller;
  const old = group.groupLeader;
  endTask(t, old, SIGKILL);
  forgetPending(group, old);
  uncount(t, caller.home);
  leaveRecord(t, caller.home);
  a.detachPid(caller.task, PIDTYPE_PID);
  a.transferPid(old.task, caller.task, PIDTYPE_PID);
  passOn(t, group, caller);
  caller.pid = old.pid;
  group.groupLeader = caller;
  group.others = undefined;
  removeTask(t.tasks, old);
  a.freeTask(old.task);
  old.life = 'dead';
}

/** What is ignored stays so. Source: `flush_signal_handlers()`. */
function forgetHandlers<P>(group: ThreadGroup<P>): void {
  const ignored = [...(group.signals.actions ?? [])].filter(([, action]) => action === 'ignore');
  group.signals = ignored.length === 0 ? DEFAULT_DISPOSITIONS : { ...DEFAULT_DISPOSITIONS, actions: new Map(ignored) };
}
