/** struct pid, as far as all designs share it: the record without its numbers, and its references. */

import { PidBug } from '@pidlab/contract';
import { HEADER, HOME_DEAD, HOME_ENDING, HOME_LEVEL_MASK, HOME_LEVEL_SHIFT, NS, PID_HEAD, WORKER } from '../layout.ts';
import {
  fitsId,
  GENERATION_MASK,
  KIND_NS,
  KIND_PID,
  KIND_SHIFT,
  LINE_MASK,
  LINE_SHIFT,
  noteSeen,
  see,
  zeroAfter,
} from '../memory/handles.ts';
import { cacheAlloc, cacheFree, cacheOfRecord, pidCache } from '../memory/slab.ts';
import type { State } from '../types.ts';
import { load, publish } from '../words/access.ts';
import { CHECKED, SHARED } from '../words/mode.ts';
import { closed, noNumber, noRecord, tooManyReferences } from './errors.ts';
import { isLockedBy, lockSlot, unlockSlot } from './hash.ts';
import { numbersAt } from './namespaces.ts';
import { beginAnew } from './numbers.ts';

const { pid: IN_HAND, pidLife: IN_HAND_LIFE, lockedSlot: LOCKED_SLOT, parked: PARKED } = WORKER.at;
const { count: COUNT, home: HOME, tasks: TASKS } = PID_HEAD.at;
const { level: LEVEL, disabled: DISABLED, serial: SERIAL } = NS.at;

const PID_WORDS = PID_HEAD.words;

/** The most references that a pid can have. */
const COUNT_LIMIT = 0x7fff_ffff;

/** Refuses a pid in a namespace that was closed. ENOMEM. */
export function mustBeOpen(s: State, nsAt: number): void {
  if (s.words[nsAt + DISABLED] !== 0) throw closed(s.words[nsAt + LEVEL]);
}

/**
 * A record for a pid of `ns`, which is at that level. It has one reference, no tasks, and no numbers yet, and nobody can have
 * it before `bearPid`. ENOMEM.
 */
export function newPid(s: State, nsAt: number, level: number, numbers: number): number {
  const w = s.words;
  const pidAt = cacheAlloc(s, pidCache(numbers));
  if (pidAt === 0) throw noRecord(s, pidCache(numbers), 'allocPid', 'a pid');
  if (SHARED) {
    takeInHand(s, pidAt);
    forgetNumbers(s, pidAt, numbers);
  }
  // Its task lists are empty: a pid dies only when they are, and a new page is all zeros.
  w[pidAt + COUNT] = 1;
  w[pidAt + HOME] = (level << HOME_LEVEL_SHIFT) | (nsAt >>> LINE_SHIFT);
  return pidAt;
}

/** A reader that still stands on the record must not take the pid that it becomes for the one that it was. */
function forgetNumbers(s: State, pidAt: number, numbers: number): void {
  const w = s.words;
  const end = pidAt + s.pidWords[numbers];
  for (let at = pidAt + (s.design.pidNumbers ?? PID_WORDS); at < end; at++) w[at] = 0;
}

/** Writes down what this worker is making or ending, and in which of its lives, for whoever declares the worker gone. */
function takeInHand(s: State, pidAt: number): void {
  const w = s.words;
  w[s.worker + IN_HAND_LIFE] = w[pidAt] & GENERATION_MASK;
  w[s.worker + IN_HAND] = pidAt;
}

/**
 * Makes a pid of the record, with all its numbers, in one store: until here nobody could find it by any of them. A plain store
 * will do: taking and hashing a number are exchanges, and what was written before them is seen before what is after. Leaves
 * the first word in `seen`.
 */
export function bearPid(s: State, pidAt: number): void {
  const id = s.words[pidAt] | (KIND_PID << KIND_SHIFT);
  // From the store on it may be freed by another worker, and its record be another pid.
  if (SHARED) noteSeen(s, pidAt, id);
  s.words[pidAt] = id;
  if (SHARED) s.words[s.worker + IN_HAND] = 0;
}

/** Level of the namespace that the pid was allocated in. */
export function pidLevel(s: State, pidAt: number): number {
  return (s.words[pidAt + HOME] >>> HOME_LEVEL_SHIFT) & HOME_LEVEL_MASK;
}

/** The namespace that a live pid was allocated in. */
export function homeOf(s: State, pidAt: number): number {
  return (s.words[pidAt + HOME] & LINE_MASK) << LINE_SHIFT;
}

/**
 * The same for a pid that may be dead: 0 when that namespace is gone, whoever has its memory now. Leaves the namespace's
 * first word in `seen`.
 */
export function homeIfAlive(s: State, pidAt: number): number {
  const nsAt = homeOf(s, pidAt);
  // Its page may be a bitmap's by now.
  if (nsAt >= s.words[HEADER.at.slabEnd]) return 0;
  const id = see(s, nsAt);
  const isNs = id >>> KIND_SHIFT === KIND_NS;
  return isNs && s.words[nsAt + zeroAfter(id) + SERIAL] === s.design.pidSerial(s, pidAt) ? nsAt : 0;
}

/** Whether the pid's numbers have been given back. */
export function isDead(s: State, pidAt: number): boolean {
  return s.words[pidAt + HOME] < 0;
}

/** Whether a task hangs on the pid, in any role. */
export function hasTasks(s: State, pidAt: number): boolean {
  const w = s.words;
  const first = pidAt + TASKS;
  return (w[first] | w[first + 1] | w[first + 2] | w[first + 3]) !== 0;
}

/** The same, where the handle was right a moment ago: 0 when the pid has been freed meanwhile, or is being freed. */
export function tryLockPid(s: State, pid: number, op: string): number {
  const pidAt = (pid & LINE_MASK) << LINE_SHIFT;
  if (!SHARED) return pidAt;
  // Its keys are read after its first word: if that fits below, they were its own.
  lockSlot(s, s.design.pidSlot(s, pidAt + zeroAfter(s.words[pidAt])), op);
  // The count first: the first word, read after it, proves whose count it was. A pid that is being freed has none.
  const count = s.words[pidAt + COUNT];
  if (count !== 0 && fitsId(s.words[pidAt + zeroAfter(count)], pidAt, pid)) return pidAt;
  unlockPid(s);
  return 0;
}

/** Throws unless this worker has the pid locked. For functions that rely on their caller for it: `if (CHECKED) mustHoldPid(…)`. */
export function mustHoldPid(s: State, pidAt: number): void {
  if (!SHARED) return;
  const slot = s.words[s.worker + LOCKED_SLOT];
  if (slot === s.design.pidSlot(s, pidAt) && isLockedBy(s, slot, s.owner - 1)) return;
  throw new Error(`worker slot ${s.owner - 1} relies on the lock of pid ${pidAt} and has locked slot ${slot}`);
}

/** Lets go of the pid that this worker has locked. */
export function unlockPid(s: State): void {
  if (SHARED) unlockSlot(s, s.words[s.worker + LOCKED_SLOT], s.words[s.worker + PARKED]);
}

/** Takes a reference on a pid that is locked. Says why not, if it cannot. */
export function addReference(s: State, pidAt: number, op: string): PidBug | undefined {
  if (CHECKED) mustHoldPid(s, pidAt);
  const w = s.words;
  if (w[pidAt + COUNT] === COUNT_LIMIT) return tooManyReferences(op, 'pid', COUNT_LIMIT);
  w[pidAt + COUNT]++;
  return undefined;
}

/** What a worker is told that has no reference, when another one frees the pid. */
export function beingFreed(op: string): PidBug {
  return new PidBug(op, 'pid is stale: another worker is freeing it, and nobody holds a reference');
}

function unlocked(s: State, bug: PidBug): PidBug {
  unlockPid(s);
  return bug;
}

/** Gives a reference back that `getPid` took, on a pid that is locked, and unlocks it. */
export function putPid(s: State, pidAt: number): void {
  if (CHECKED) mustHoldPid(s, pidAt);
  const w = s.words;
  const isOwn = !isDead(s, pidAt) || (w[pidAt + HOME] & HOME_ENDING) !== 0;
  if (w[pidAt + COUNT] === 1 && isOwn) {
    const why = 'the only reference is the allocation’s own, which was not taken with getPid; freePid drops it';
    throw unlocked(s, new PidBug('putPid', why));
  }
  const isLast = --w[pidAt + COUNT] === 0;
  unlockPid(s);
  if (isLast) cacheFree(s, cacheOfRecord(s, pidAt), pidAt);
}

/**
 * Ends a pid that is locked, and unlocks it. First it is dead, so that nobody finds it by any number, whatever chains it is
 * in. Then it leaves them, and only then are its numbers given back: a number that is free leads to nobody.
 * Source: `free_pid()`.
 */
export function endPid(s: State, pidAt: number): void {
  if (CHECKED) mustHoldPid(s, pidAt);
  const w = s.words;
  if (SHARED) {
    takeInHand(s, pidAt);
    // Without a reference of somebody else this is the moment at which it is gone, before the mark; else it must outlast this call.
    if (w[pidAt + COUNT] === 1) w[pidAt + COUNT] = 0;
    publish(w, pidAt + HOME, w[pidAt + HOME] | HOME_DEAD | HOME_ENDING);
    // Nothing of what follows is seen before that: who does not find it any more does not take it for alive either.
    load(w, pidAt + HOME);
  } else {
    w[pidAt + HOME] |= HOME_DEAD;
  }
  s.design.unhash(s, pidAt);
  unlockPid(s);
  s.design.giveBack(s, pidAt, numbersAt(s, pidLevel(s, pidAt)));
  dropPid(s, pidAt);
}

/** The numbers are given back: drops the allocation's own reference. */
function dropPid(s: State, pidAt: number): void {
  const isLast = dropOwn(s, pidAt);
  if (SHARED) s.words[s.worker + IN_HAND] = 0;
  if (isLast) cacheFree(s, cacheOfRecord(s, pidAt), pidAt);
}

/** Whether that was the last reference. As long as the pid says that it is ending, it is this worker's; from then on whoever's who drops the last one. */
function dropOwn(s: State, pidAt: number): boolean {
  const w = s.words;
  if (!SHARED) return --w[pidAt + COUNT] === 0;
  if (w[pidAt + COUNT] === 0) return true;
  lockSlot(s, s.design.pidSlot(s, pidAt), 'freePid');
  w[pidAt + HOME] &= ~HOME_ENDING;
  const isLast = --w[pidAt + COUNT] === 0;
  unlockPid(s);
  return isLast;
}

/** Gives back the numbers that were taken before `ns` had none for the pid, and says why it had none. */
export function giveUp(
  s: State,
  pidAt: number,
  taken: number,
  nsAt: number,
  failure: number,
  setTid: readonly number[],
): Error {
  const home = homeOf(s, pidAt);
  const error = noNumber(s, nsAt, failure, setTid[taken], taken);
  if (SHARED) s.words[pidAt + COUNT] = 0;
  s.design.giveBack(s, pidAt, taken);
  dropPid(s, pidAt);
  beginAnew(s, home);
  return error;
}
