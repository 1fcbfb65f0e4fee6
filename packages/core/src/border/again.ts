/**
 * From offsets back to handles, and what a call does about other workers: a handle that was good when the call began may be
 * stale before it ends, and what was found may be freed before it has a reference.
 */
import { type NsRef, PidBug, type PidRef, type TaskRef } from '@pidlab/contract';
import { PID_HEAD } from '../layout.ts';
import { fitsId, handleSeen, orderReads, zeroAfter } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { addReference, beingFreed, putPid, tryLockPid, unlockPid } from '../pids/pids.ts';
import { activeNs } from '../pids/tasks.ts';
import type { State } from '../types.ts';
import { load, publish } from '../words/access.ts';
import { apart } from '../words/flat.ts';
import { SHARED } from '../words/mode.ts';
import { lockPid, nsArg } from './arguments.ts';

const COUNT = PID_HEAD.at.count;

export function pidOrNone(s: State, pidAt: number): PidRef | undefined {
  return pidAt === 0 ? none() : (handleSeen(s, pidAt) as PidRef);
}

/**
 * Nothing, by a call. What V8 has never seen called it expects never to be: as long as every look-up has found somebody, the
 * result is a number and nothing else, for which it needs no memory (docs/adr/0017).
 */
const none = apart((): undefined => undefined);

export function nsOrNone(s: State, nsAt: number): NsRef | undefined {
  return nsAt === 0 ? undefined : (handleSeen(s, nsAt) as NsRef);
}

export function taskOrNone(s: State, taskAt: number): TaskRef | undefined {
  return taskAt === 0 ? undefined : (handleSeen(s, taskAt) as TaskRef);
}

/**
 * What was read of a record, unless another worker freed the record meanwhile: then the handle was stale, and what was
 * read may be another's. The record is looked at after `last`: a word that was read after all others, or is the address of what
 * was; 0 where there is none.
 */
export function unlessFreed<T>(
  s: State,
  at: number,
  handle: number,
  read: T,
  last: number,
  op: string,
  name: string,
): T {
  if (SHARED && !fitsAfter(s, at, handle, last)) throw freedMeanwhile(op, name);
  return read;
}

/** Whether a record is still in the life that the handle means, when it is looked at after `last`. */
export function fitsAfter(s: State, at: number, handle: number, last: number): boolean {
  return fitsId(wordAfter(s, at, last), at, handle);
}

/** The same for a pid, which is gone as soon as it has no reference, though its record is not given back yet. */
export function unlessEnded<T>(s: State, pidAt: number, pid: PidRef, read: T, last: number, op: string): T {
  if (!SHARED) return read;
  const count = wordAfter(s, pidAt + COUNT, last);
  if (count === 0) throw beingFreed(op);
  return unlessFreed(s, pidAt, pid, read, count, op, 'pid');
}

/** A word that is read after `last`, or after everything so far where that is 0. */
export function wordAfter(s: State, at: number, last: number): number {
  return last === 0 ? wordAfterAll(s, at) : s.words[at + zeroAfter(last)];
}

function wordAfterAll(s: State, at: number): number {
  orderReads(s);
  return s.words[at];
}

export function freedMeanwhile(op: string, name: string): PidBug {
  return new PidBug(op, `${name} is stale: another worker freed it meanwhile`);
}

/**
 * Whether the namespace in which something was looked up, 0 for none, is still the viewer's own. If not, the caller looks
 * again. PidBug when the viewer was freed meanwhile.
 */
export function stillIn(s: State, nsAt: number, viewerAt: number, viewer: TaskRef, op: string): boolean {
  if (!SHARED) return true;
  orderReads(s);
  const isIn = activeNs(s, viewerAt) === nsAt;
  if (!fitsId(wordAfter(s, viewerAt, 0), viewerAt, viewer)) throw freedMeanwhile(op, 'viewer');
  return isIn;
}

/** Takes a reference on a pid that is locked, and unlocks it. */
export function takeReference(s: State, pidAt: number, op: string): void {
  const bug = addReference(s, pidAt, op);
  unlockPid(s);
  if (bug !== undefined) throw bug;
}

/** Takes a reference on a pid that was found. Undefined when another worker freed it meanwhile: look again. */
export function getFound(s: State, pidAt: number, op: string): PidRef | undefined {
  const pid = handleSeen(s, pidAt) as PidRef;
  if (tryLockPid(s, pid, op) === 0) return undefined;
  takeReference(s, pidAt, op);
  return pid;
}

/** A pid that this call has a reference on, which it gives back when the record that led to the pid was freed meanwhile. */
export function keepUnlessFreed(s: State, at: number, handle: number, pid: PidRef, op: string, name: string): PidRef {
  if (!SHARED || fitsId(load(s.words, at), at, handle)) return pid;
  putPid(s, lockPid(s, pid, op));
  throw freedMeanwhile(op, name);
}

/** A field of a namespace. */
export function readNs(s: State, ns: NsRef, field: number, op: string): number {
  const nsAt = nsArg(s, ns, op);
  const value = s.words[nsAt + field];
  return unlessFreed(s, nsAt, ns, value, value, op, 'ns');
}

/** Sets a field of a namespace, which does not end meanwhile. */
export function writeNs(s: State, ns: NsRef, field: number, value: number, op: string): void {
  locked(s, NS_LOCK, op, () => publish(s.words, nsArg(s, ns, op) + field, value));
}
