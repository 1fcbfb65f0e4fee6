/**
 * How a task ends, and a namespace with its init. Source: `do_exit()` and `exit_notify()`, kernel/exit.c;
 * `zap_pid_ns_processes()`, kernel/pid_namespace.c.
 */
import type { PidRef } from '@pidlab/contract';
import { callerOf, integer, ownerOf } from './checks.ts';
import { addZombie } from './children.ts';
import { CLD_EXITED, CLD_KILLED, SIGCHLD, SIGKILL } from './constants.ts';
import { hangUpOrphans } from './jobs.ts';
import { release } from './release.ts';
import { giveChildrenAway } from './reparent.ts';
import { hasChildren, post, type Table, type Task, type ThreadGroup } from './task.ts';
import type { Process } from './types.ts';

export function exit<P>(t: Table<P>, process: Process<P>, code: number): void {
  const caller = callerOf(t, process, 'exit');
  integer(code, 'code', 'exit');
  endTask(t, caller, (code & 0xff) << 8);
}

export function exitGroup<P>(t: Table<P>, process: Process<P>, code: number): void {
  const caller = callerOf(t, process, 'exitGroup');
  integer(code, 'code', 'exitGroup');
  endGroup(t, caller.group, (code & 0xff) << 8);
}

/** All threads of the process end, the leader last. Nothing happens to one that has ended. */
export function endGroup<P>(t: Table<P>, group: ThreadGroup<P>, status: number): void {
  if (group.live === 0) return;
  if (group.others !== undefined) for (const thread of [...group.others]) endTask(t, thread, status);
  endTask(t, group.groupLeader, status);
}

/** The thread ends, and with the last one its process, whose status this is. Nothing happens to one that has ended. */
export function endTask<P>(t: Table<P>, task: Task<P>, status: number): void {
  if (task.life !== 'alive') return;
  const { group } = task;
  task.life = 'exiting';
  if (--group.live === 0) {
    group.status = status;
    if (group.stopped) {
      group.stopped = false;
      t.stopped--;
    }
    if (group.isInit) {
      zap(t, task);
      if (!onlyInitLeft(t, task)) {
        t.exiting.add(task);
        return;
      }
    }
  }
  finishTask(t, task);
}

/** The second half, for which a namespace's init has to wait until it is alone. */
export function finishTask<P>(t: Table<P>, task: Task<P>): void {
  const { group } = task;
  leaveNamespace(t, task);
  if (hasChildren(task)) giveChildrenAway(t, task, notifyParent);
  if (group.live === 0) hangUpOrphans(t, group, undefined);
  task.life = 'zombie';
  if (t.hooks.exited !== undefined) t.news.push({ hook: 'exited', process: task });
  if (task !== group.groupLeader) release(t, task);
  // A leader that ended before its last thread has waited for this.
  if (group.live === 0 && group.groupLeader.life === 'zombie' && notifyParent(t, group)) release(t, group.groupLeader);
}

/** Nobody is made by the task any more. */
function leaveNamespace<P>(t: Table<P>, task: Task<P>): void {
  if (task.pidNsForChildren === task.pidNs) return;
  t.allocator.putPidNs(task.pidNsForChildren);
  task.pidNsForChildren = task.pidNs;
}

/**
 * Tells the parent that the process has ended, and puts it where a wait finds it. True when nobody will wait, so that it
 * has to be released. Source: `do_notify_parent()`.
 */
function notifyParent<P>(t: Table<P>, group: ThreadGroup<P>): boolean {
  const { realParent: parent } = group;
  // The root's init has nobody.
  if (parent === undefined) return true;
  let signal = group.exitSignal;
  if (group.parentExecId !== parent.execId) signal = SIGCHLD;
  let reapsItself = false;
  if (signal === SIGCHLD) {
    const { noCldWait, actions } = parent.group.signals;
    reapsItself = noCldWait || actions?.get(SIGCHLD) === 'ignore';
  }
  // An init that waits for its namespace to empty reaps every child, whatever signal that would send.
  if (parent.group.isInit && parent.group.live === 0) reapsItself = true;
  if (!reapsItself && !group.waitable) addZombie(group);
  if (t.hooks.childChanged !== undefined)
    t.news.push({ hook: 'childChanged', process: parent, child: group.groupLeader });
  // SIGCHLD means nothing to who has said nothing about any signal.
  if (signal !== 0 && (signal !== SIGCHLD || parent.group.signals.actions !== undefined))
    sendExitSignal(t, parent, group, signal);
  return reapsItself;
}

function sendExitSignal<P>(t: Table<P>, parent: Task<P>, group: ThreadGroup<P>, signal: number): void {
  const status = group.status!;
  const killed = (status & 0x7f) !== 0;
  post(t, {
    group: parent.group,
    thread: undefined,
    info: {
      signal,
      code: killed ? CLD_KILLED : CLD_EXITED,
      pid: t.allocator.pidNrNs(group.groupLeader.pid, parent.pidNs),
      value: killed ? status & 0x7f : status >> 8,
    },
    force: false,
  });
}

const INIT_NR = 1;

/**
 * No pid is born in the namespace of `init` any more, and everybody that it sees is killed and reaped, in ascending order
 * of number, namespaces below included. Only who has a parent outside is left, as a zombie.
 */
function zap<P>(t: Table<P>, init: Task<P>): void {
  const a = t.allocator;
  const { group, pidNs: ns } = init;
  a.disablePidAllocation(ns);
  group.signals = { ...group.signals, actions: new Map(group.signals.actions).set(SIGCHLD, 'ignore') };
  // Not zapPidNsProcesses: a design with encoded numbers has the root's own map apart from the containers', and the root's
  // end is theirs too.
  let nr = INIT_NR;
  for (let pid = next(t, init, nr); pid !== undefined; pid = next(t, init, nr)) {
    nr = a.pidNrNs(pid, ns);
    const owner = ownerOf(t, pid);
    // Threads of the init itself have ended.
    if (owner !== undefined) endGroup(t, owner.group, SIGKILL);
  }
  while (init.brood?.firstZombie !== undefined) release(t, init.brood.firstZombie.groupLeader);
}

/** Whether nobody but the init, of which `last` is the last thread, has a number in its namespace. */
export function onlyInitLeft<P>(t: Table<P>, last: Task<P>): boolean {
  let pid = next(t, last, INIT_NR);
  if (pid !== undefined && pid === last.pid) pid = next(t, last, t.allocator.pidNrNs(pid, last.pidNs));
  return pid === undefined;
}

function next<P>(t: Table<P>, init: Task<P>, nr: number): PidRef | undefined {
  return t.allocator.findGePid(nr + 1, init.pidNs);
}
