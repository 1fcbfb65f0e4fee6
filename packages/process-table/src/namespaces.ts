/** Namespaces: where the next child goes, what is above, and translation. Source: kernel/pid_namespace.c, fs/nsfs.c. */
import { CLONE_NEWPID, type Nr, type NsRef, type PidRef, type Vnr } from '@pidlab/contract';
import { callerOf, fail, integer, taskAt, vnrOf } from './checks.ts';
import type { Table, Task } from './task.ts';
import type { Process } from './types.ts';

export function unshare<P>(t: Table<P>, process: Process<P>): void {
  const caller = callerOf(t, process, 'unshare');
  if (caller.pidNsForChildren !== caller.pidNs)
    fail('EINVAL', 'unshare', 'the caller’s children go to another namespace already');
  caller.pidNsForChildren = t.allocator.copyPidNs(CLONE_NEWPID, caller.pidNs);
}

export function setns<P>(t: Table<P>, process: Process<P>, ns: NsRef): void {
  const a = t.allocator;
  const caller = callerOf(t, process, 'setns');
  if (!isWithin(t, ns, caller.pidNs))
    fail('EINVAL', 'setns', 'the namespace is neither the caller’s own nor one below it');
  const old = caller.pidNsForChildren;
  // Its own namespace is held by its pid.
  caller.pidNsForChildren = ns === caller.pidNs ? ns : a.getPidNs(ns);
  if (old !== caller.pidNs) a.putPidNs(old);
}

/** Whether `ns` is `top` or below it. */
function isWithin<P>(t: Table<P>, ns: NsRef, top: NsRef): boolean {
  for (let at: NsRef | undefined = ns; at !== undefined; at = t.allocator.nsParent(at)) if (at === top) return true;
  return false;
}

export function nsParent<P>(t: Table<P>, process: Process<P>, ns: NsRef): NsRef {
  const caller = callerOf(t, process, 'nsParent');
  const parent = t.allocator.nsParent(ns);
  if (parent !== undefined && isWithin(t, parent, caller.pidNs)) return parent;
  return fail('EPERM', 'nsParent', 'the namespace above is neither the caller’s own nor one below it');
}

export function pidFromPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Vnr {
  const caller = callerOf(t, process, 'pidFromPidNs');
  return seen(vnrOf(t, known(t, ns, nr, 'pidFromPidNs').pid, caller), 'pidFromPidNs');
}

export function tgidFromPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Vnr {
  const caller = callerOf(t, process, 'tgidFromPidNs');
  return seen(vnrOf(t, known(t, ns, nr, 'tgidFromPidNs').group.groupLeader.pid, caller), 'tgidFromPidNs');
}

export function pidInPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Nr {
  const caller = callerOf(t, process, 'pidInPidNs');
  return seen(nrIn(t, known(t, caller.pidNs, nr, 'pidInPidNs').pid, ns), 'pidInPidNs');
}

export function tgidInPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Nr {
  const caller = callerOf(t, process, 'tgidInPidNs');
  return seen(nrIn(t, known(t, caller.pidNs, nr, 'tgidInPidNs').group.groupLeader.pid, ns), 'tgidInPidNs');
}

function nrIn<P>(t: Table<P>, pid: PidRef, ns: NsRef): Nr {
  return t.allocator.pidNrNs(pid, ns);
}

function known<P>(t: Table<P>, ns: NsRef, nr: number, op: string): Task<P> {
  integer(nr, 'nr', op);
  return taskAt(t, nr, ns) ?? fail('ESRCH', op, `nobody is known as ${nr} there`);
}

function seen<N extends number>(nr: N, op: string): N {
  return nr === 0 ? fail('ESRCH', op, 'the task is not visible from there') : nr;
}
