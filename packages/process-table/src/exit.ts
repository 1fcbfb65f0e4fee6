/**
 * How a task ends, and a namespace with its init. Source: `do_exit()` and `exit_notify()`, kernel/exit.c;
 * `zap_pid_ns_processes()`, kernel/pid_namespace.c.
 */
import { PIDTYPE_PGID, PIDTYPE_SID } from '@pidlab/contract';
import { callerOf, integer, ownerOf } from './checks.ts';
import { addZombie, nextZombie } from './children.ts';
import { CLD_EXITED, CLD_KILLED, SIGCHLD, SIGKILL } from './constants.ts';
import { hangUpOrphans } from './jobs.ts';
import { itemsOf } from './list.ts';
import { untie } from './members.ts';
import { enterNamespace } from './namespaces.ts';
import { forgetAllPending } from './pending.ts';
import { isAlone, release } from './release.ts';
import { giveChildrenAway } from './reparent.ts';
import { hasChildren, type Namespace, post, type Table, type Task, type ThreadGroup } from './task.ts';
import { findTask } from './task-index.ts';
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
  group.ending = true;
  if (group.others !== undefined) for (const thread of [...itemsOf(group.others)]) endTask(t, thread, status);
  endTask(t, group.groupLeader, status);
}

/** The thread ends, and with the last one its process, whose status this is. Nothing happens to one that has ended. */
export function endTask<P>(t: Table<P>, task: Task<P>, status: number): void {
  if (task.life !== 'alive') return;
  const { group } = task;
  task.life = 'exiting';
  if (--group.live === 0) {
    group.status = status;
    untie(group);
    forgetAllPending(group);
    if (group.stopped) {
      group.stopped = false;
      group.pgrp.stopped--;
    }
    if (group.isInit) {
      zap(t, task);
      if (!canFinish(t, task)) {
        task.home.exiting = task;
        if (!t.isolated) t.waiting.add(task.home);
        return;
      }
    }
  }
  finishTask(t, task);
}

/** The second half, for which a namespace's init has to wait until it is alone. */
export function finishTask<P>(t: Table<P>, task: Task<P>): void {
  const { group, home } = task;
  if (task.childHome !== home) {
    enterNamespace(t, task.childHome, -1);
    task.childHome = home;
  }
  if (hasChildren(task)) giveChildrenAway(t, task, notifyParent);
  if (group.live === 0) {
    hangUpOrphans(t, group, undefined);
    // Whatever its processes left open would hold memory for nobody.
    if (group.isInit) closePidfds(home);
  }
  task.life = 'zombie';
  if (t.hooks.exited !== undefined) t.news.push({ hook: 'exited', process: task });
  if (task !== group.groupLeader) release(t, task);
  // A leader that ended before its last thread has waited for this.
  if (group.live === 0 && group.groupLeader.life === 'zombie' && notifyParent(t, group)) release(t, group.groupLeader);
}

function closePidfds<P>(ns: Namespace<P>): void {
  for (const pidfd of ns.pidfds) pidfd.close();
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
  if (group.parentExeced) signal = SIGCHLD;
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
    // The thread that made it.
    first: parent,
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
  const { group } = init;
  const { ref: ns } = init.home;
  a.disablePidAllocation(ns);
  group.signals = { ...group.signals, actions: new Map(group.signals.actions).set(SIGCHLD, 'ignore') };
  // Not zapPidNsProcesses: a design with encoded numbers has the root's own map apart from the containers', and the root's
  // end is theirs too.
  let nr = INIT_NR;
  for (let pid = a.findGePid(nr + 1, ns); pid !== undefined; pid = a.findGePid(nr + 1, ns)) {
    nr = a.pidNrNs(pid, ns);
    const owner = ownerOf(t, pid);
    // Threads of the init itself have ended.
    if (owner !== undefined) endGroup(t, owner.group, SIGKILL);
  }
  for (let child = nextZombie(init, undefined); child !== undefined; child = nextZombie(init, undefined))
    release(t, child.groupLeader);
}

/** Whether the init, of which `last` is the last thread, has nobody to wait for. */
export function canFinish<P>(t: Table<P>, last: Task<P>): boolean {
  return isAlone(last) && (t.isolated || !isHeldFromOutside(t, last));
}

/**
 * Whether a number of the namespace, whose own process is gone, is that of a group or session with somebody outside in it. As
 * Linux does, an init waits for that with `isolation: 'linux'`. It does not wait for an init that waits itself, be it the same
 * one, as Linux does for ever.
 */
function isHeldFromOutside<P>(t: Table<P>, last: Task<P>): boolean {
  const a = t.allocator;
  const { ref: ns } = last.home;
  for (let pid = a.findGePid(INIT_NR + 1, ns); pid !== undefined; pid = a.findGePid(a.pidNrNs(pid, ns) + 1, ns)) {
    if (ownerOf(t, pid) !== undefined) continue;
    const holder = a.pidTask(pid, PIDTYPE_PGID) ?? a.pidTask(pid, PIDTYPE_SID);
    const { pgrp } = findTask(t.tasks, holder!)!.group;
    const pgrps = pgrp.pid === pid && pgrp.session.pid !== pid ? [pgrp] : itemsOf(pgrp.session.pgrps);
    for (const { members } of pgrps) for (const member of itemsOf(members)) if (!isEndingInit(member)) return true;
  }
  return false;
}

function isEndingInit<P>({ isInit, live }: ThreadGroup<P>): boolean {
  return isInit && live === 0;
}
