/** Namespaces: where the next child goes, what is above, and translation. Source: kernel/pid_namespace.c, fs/nsfs.c. */
import { CLONE_NEWPID, type Nr, type NsRef, type PidRef, type Vnr } from '@pidlab/contract';
import { callerOf, fail, integer, taskAt, viewerOf, vnrOf } from './checks.ts';
import { charge, discharge, mayCharge } from './limits.ts';
import { NAMESPACES, Namespace, type Table, type Task } from './task.ts';
import type { Process } from './types.ts';

/** A new namespace below `parent`, which the caller holds. ENOSPC, ENOMEM. */
export function makeNamespace<P>(t: Table<P>, parent: Namespace<P>, op: string): Namespace<P> {
  if (!mayCharge(parent, NAMESPACES))
    fail('ENOSPC', op, 'a limit of namespaces is reached, of the namespace or of one above it');
  const record = addNamespace(t, t.allocator.copyPidNs(CLONE_NEWPID, parent.ref), parent);
  record.holders = 1;
  record.makers = 1;
  return record;
}

function addNamespace<P>(t: Table<P>, ref: NsRef, parent: Namespace<P>): Namespace<P> {
  const record = new Namespace(ref, parent);
  t.namespaces.set(ref, record);
  parent.holders++;
  charge(parent, NAMESPACES);
  return record;
}

/** The record of a namespace below the root that exists, made where the host has made it by the allocator alone. */
function recordOf<P>(t: Table<P>, ns: NsRef): Namespace<P> {
  const unknown: NsRef[] = [];
  let at = ns;
  for (; !t.namespaces.has(at); at = t.allocator.nsParent(at)!) unknown.push(at);
  let record = t.namespaces.get(at)!;
  for (let ref = unknown.pop(); ref !== undefined; ref = unknown.pop()) record = addNamespace(t, ref, record);
  return record;
}

/** One more (1) or one fewer (-1) has its next child go there. As long as any does there is one reference in the allocator. */
export function enterNamespace<P>(t: Table<P>, ns: Namespace<P>, by: 1 | -1): void {
  if (by === 1) {
    if (ns.makers === 0) t.allocator.getPidNs(ns.ref);
    ns.makers++;
    ns.holders++;
    return;
  }
  if (--ns.makers === 0) t.allocator.putPidNs(ns.ref);
  leaveRecord(t, ns);
}

/** One holder of a record is gone; without any it goes, and its parent loses one. */
export function leaveRecord<P>(t: Table<P>, ns: Namespace<P>): void {
  for (let at: Namespace<P> | undefined = ns; at !== undefined && --at.holders === 0; at = at.parent) {
    t.namespaces.delete(at.ref);
    discharge(at.parent, NAMESPACES, 1);
  }
}

export function unshare<P>(t: Table<P>, process: Process<P>): void {
  const caller = callerOf(t, process, 'unshare');
  if (caller.childHome !== caller.home)
    fail('EINVAL', 'unshare', 'the caller’s children go to another namespace already');
  caller.childHome = makeNamespace(t, caller.home, 'unshare');
}

export function setns<P>(t: Table<P>, process: Process<P>, ns: NsRef): void {
  const caller = callerOf(t, process, 'setns');
  if (!isWithin(t, ns, caller.home.ref))
    fail('EINVAL', 'setns', 'the namespace is neither the caller’s own nor one below it');
  const old = caller.childHome;
  const next = ns === caller.home.ref ? caller.home : recordOf(t, ns);
  if (next === old) return;
  // Its own namespace is held by its pid.
  if (next !== caller.home) enterNamespace(t, next, 1);
  caller.childHome = next;
  if (old !== caller.home) enterNamespace(t, old, -1);
}

/** Whether `ns` is `top` or below it. */
function isWithin<P>(t: Table<P>, ns: NsRef, top: NsRef): boolean {
  for (let at: NsRef | undefined = ns; at !== undefined; at = t.allocator.nsParent(at)) if (at === top) return true;
  return false;
}

export function nsParent<P>(t: Table<P>, process: Process<P>, ns: NsRef): NsRef {
  const caller = viewerOf(t, process, 'nsParent');
  const parent = t.allocator.nsParent(ns);
  if (parent !== undefined && isWithin(t, parent, caller.home.ref)) return parent;
  return fail('EPERM', 'nsParent', 'the namespace above is neither the caller’s own nor one below it');
}

export function pidFromPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Vnr {
  const caller = viewerOf(t, process, 'pidFromPidNs');
  return seen(vnrOf(t, known(t, ns, nr, 'pidFromPidNs').pid, caller), 'pidFromPidNs');
}

export function tgidFromPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Vnr {
  const caller = viewerOf(t, process, 'tgidFromPidNs');
  return seen(vnrOf(t, known(t, ns, nr, 'tgidFromPidNs').group.groupLeader.pid, caller), 'tgidFromPidNs');
}

export function pidInPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Nr {
  const caller = viewerOf(t, process, 'pidInPidNs');
  return seen(nrIn(t, known(t, caller.home.ref, nr, 'pidInPidNs').pid, ns), 'pidInPidNs');
}

export function tgidInPidNs<P>(t: Table<P>, process: Process<P>, ns: NsRef, nr: number): Nr {
  const caller = viewerOf(t, process, 'tgidInPidNs');
  return seen(nrIn(t, known(t, caller.home.ref, nr, 'tgidInPidNs').group.groupLeader.pid, ns), 'tgidInPidNs');
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
