/** The life of a namespace (semantics: namespaces). */
import {
  CLONE_NEWPID,
  CLONE_THREAD,
  type NsRef,
  PID_MAX_LIMIT,
  PidBug,
  PidError,
  type PidRef,
  type TaskRef,
} from '@pidlab/contract';
import { checkNumber, nsOf, show } from './checks.ts';
import { giveObject, pidCache, takeObject } from './memory.ts';
import { takenFrom } from './pidmap.ts';
import { type NsRecord, newRef, type State } from './state.ts';
import { newTree } from './tree.ts';

/** A namespace with nothing in it. ENOMEM. */
export function addNamespace(s: State, parent: NsRecord | undefined, pidMax: number, op: string): NsRecord {
  takeObject(s.memory, 'pid_namespace', op);
  const ns: NsRecord = {
    ref: newRef(s) as NsRef,
    level: parent === undefined ? 0 : parent.level + 1,
    parent: parent?.ref,
    space: lowestFreeSpace(s),
    floor: parent === undefined ? s.floors.root : s.floors.child,
    pidMax,
    lastPid: 0,
    windows: new Map(),
    voids: 0,
    disabled: false,
    reaper: undefined,
    callers: 1,
    children: 0,
    taken: new Map(),
    pages: new Set(),
    below: newTree(),
  };
  s.namespaces.set(ns.ref, ns);
  pidCache(s.memory, Math.min(ns.level + 1, s.traits.maxNumbers));
  if (parent !== undefined) parent.children++;
  return ns;
}

/** Where numbers are encoded, the id that the namespace's numbers carry; nobody else looks at it. */
function lowestFreeSpace(s: State): number {
  if (s.traits.rootNumbers === 'small') return 0;
  const used = new Set([...s.namespaces.values()].map((ns) => ns.space));
  let space = 0;
  while (used.has(space)) space++;
  return space;
}

export function copyPidNs(s: State, flags: number, old: NsRef): NsRef {
  const op = 'copyPidNs';
  checkNumber(flags, 'flags', 0, 2 ** 32 - 1, op);
  const parent = nsOf(s, old, op, 'old');
  if ((flags & CLONE_NEWPID) === 0) return getPidNs(s, old);
  if ((flags & CLONE_THREAD) !== 0) {
    throw new PidError('EINVAL', op, 'CLONE_NEWPID and CLONE_THREAD: a thread cannot be in another namespace');
  }
  if (parent.level + 1 > s.traits.maxLevel) {
    throw new PidError(
      'ENOSPC',
      op,
      `level ${parent.level + 1} is deeper than this design goes (${s.traits.maxLevel})`,
    );
  }
  if (s.namespaces.size - 1 >= s.traits.maxNamespaces) {
    throw new PidError('ENOSPC', op, `there are ${s.namespaces.size - 1} namespaces beside the root already`);
  }
  return addNamespace(s, parent, PID_MAX_LIMIT, op).ref;
}

export function getPidNs(s: State, ns: NsRef): NsRef {
  const record = nsOf(s, ns, 'getPidNs');
  if (ns !== s.root) record.callers++;
  return ns;
}

export function putPidNs(s: State, ns: NsRef): void {
  const record = nsOf(s, ns, 'putPidNs');
  if (ns === s.root) return;
  if (record.callers === 0) throw new PidBug('putPidNs', `no caller holds a reference to namespace ${ns}`);
  record.callers--;
  dropIfUnused(s, record);
}

/** A namespace that nobody holds is gone; then the same may hold for its parent. */
export function dropIfUnused(s: State, ns: NsRecord): void {
  for (let at = ns; at.ref !== s.root; at = s.namespaces.get(at.parent!)!) {
    if (at.callers > 0 || at.children > 0 || at.taken.size > 0 || !s.namespaces.has(at.ref)) return;
    s.namespaces.delete(at.ref);
    s.memory.pidmapPages -= at.pages.size;
    giveObject(s.memory, 'pid_namespace');
    s.namespaces.get(at.parent!)!.children--;
  }
}

export function nsLevel(s: State, ns: NsRef): number {
  return nsOf(s, ns, 'nsLevel').level;
}

export function nsParent(s: State, ns: NsRef): NsRef | undefined {
  return nsOf(s, ns, 'nsParent').parent;
}

export function childReaper(s: State, ns: NsRef): TaskRef | undefined {
  return nsOf(s, ns, 'childReaper').reaper;
}

export function disablePidAllocation(s: State, ns: NsRef): void {
  nsOf(s, ns, 'disablePidAllocation').disabled = true;
}

export function zapPidNsProcesses(s: State, ns: NsRef, kill: (pid: PidRef, nr: number) => void): boolean {
  const record = nsOf(s, ns, 'zapPidNsProcesses');
  if (typeof kill !== 'function')
    throw new PidBug('zapPidNsProcesses', `kill is ${show(kill)}, not a function of a pid and its number`);
  record.disabled = true;
  for (let nr = takenFrom(record, 2); nr !== undefined; nr = takenFrom(record, nr + 1)) {
    kill(record.taken.get(nr)!, nr);
    // It may have been the last pid that kept the namespace.
    if (!s.namespaces.has(ns)) return true;
  }
  const done = takenFrom(record, 2) === undefined;
  if (done) record.reaper = undefined;
  return done;
}
