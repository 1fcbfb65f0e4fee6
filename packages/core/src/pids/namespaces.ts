/** struct pid_namespace: its birth, what holds it, and its death. */

import { PID_MAX_LIMIT, PidBug } from '@pidlab/contract';
import { HEADER, NS, WORKER } from '../layout.ts';
import { workerAt } from '../memory/block.ts';
import { GENERATION_MASK, KIND_NS, KIND_SHIFT } from '../memory/handles.ts';
import { locked, mustHold, NS_LOCK, Patience } from '../memory/locks.ts';
import { cacheAlloc, cacheFree, ensureCache, NS_CACHE, pidCache } from '../memory/slab.ts';
import type { State } from '../types.ts';
import { add, load, publish } from '../words/access.ts';
import { CHECKED, SHARED } from '../words/mode.ts';
import { noMemory, noRecord, tooDeep, tooManyReferences } from './errors.ts';
import { nextSerial } from './serials.ts';
import { voidWindows } from './windows.ts';

const {
  count: COUNT,
  users: USERS,
  parent: PARENT,
  level: LEVEL,
  serial: SERIAL,
  lastPid: LAST_PID,
  pidMax: PID_MAX,
  floor: FLOOR,
  reaper: REAPER,
  disabled: DISABLED,
  ending: ENDING,
  space: SPACE,
} = NS.at;
const H = HEADER.at;
const { ns: IN_HAND, taking: TAKING } = WORKER.at;

/** The most references that callers can have: far from where children and pages would make the count overflow. */
export const USERS_LIMIT = 0x4000_0000;

/**
 * Makes a namespace below `parentAt`, or the root where that is 0, with one user, and lets `claim` give it what its design
 * adds. ENOMEM, with everything undone. Locking: under `nsLock`.
 */
export function createNs(
  s: State,
  parentAt: number,
  pidMax: number,
  op: string,
  claim: (nsAt: number) => void,
): number {
  if (CHECKED) mustHold(s, NS_LOCK);
  const w = s.words;
  const serial = nextSerial(s, op);
  const nsAt = cacheAlloc(s, NS_CACHE);
  if (nsAt === 0) throw noRecord(s, NS_CACHE, op, 'a namespace');
  if (SHARED) w[s.worker + IN_HAND] = nsAt;
  if (!s.design.map.open(s, nsAt)) {
    freeRecord(s, nsAt);
    throw noMemory(op, 'the map of a namespace');
  }
  w[H.lastSerial] = serial;
  initNs(s, nsAt, parentAt, pidMax);
  const numbers = numbersAt(s, w[nsAt + LEVEL]);
  ensureCache(s, pidCache(numbers), s.design.pidWords(numbers));
  claim(nsAt);
  publish(w, nsAt, w[nsAt] | (KIND_NS << KIND_SHIFT));
  if (SHARED) w[s.worker + IN_HAND] = 0;
  return nsAt;
}

function initNs(s: State, nsAt: number, parentAt: number, pidMax: number): void {
  const w = s.words;
  w[nsAt + COUNT] = 1;
  w[nsAt + USERS] = 1;
  w[nsAt + PARENT] = parentAt;
  w[nsAt + LEVEL] = parentAt === 0 ? 0 : w[parentAt + LEVEL] + 1;
  w[nsAt + SERIAL] = w[H.lastSerial];
  w[nsAt + LAST_PID] = 0;
  w[nsAt + PID_MAX] = pidMax;
  w[nsAt + FLOOR] = w[H.floors + (parentAt === 0 ? 0 : 1)];
  w[nsAt + REAPER] = 0;
  w[nsAt + DISABLED] = 0;
  w[nsAt + ENDING] = 0;
  w[nsAt + SPACE] = 0;
  if (parentAt !== 0) holdNs(s, parentAt);
}

/** A child of `parentAt` with the pidMax that mainline gives new namespaces. Locking: under `nsLock`. */
export function createChildNs(s: State, parentAt: number): number {
  const level = s.words[parentAt + LEVEL] + 1;
  if (level > s.design.traits.maxLevel) throw tooDeep(s.design.traits);
  s.design.admitNs(s);
  return createNs(s, parentAt, PID_MAX_LIMIT, 'copyPidNs', (nsAt) => s.design.claimNs(s, nsAt));
}

/** How many numbers a pid of that level carries. */
export function numbersAt(s: State, level: number): number {
  return Math.min(level + 1, s.maxNumbers);
}

/** Takes a reference. */
export function holdNs(s: State, nsAt: number): void {
  add(s.words, nsAt + COUNT, 1);
}

/**
 * Gives a reference back. The last one ends the namespace, which gives back its reference on its parent, and so on up.
 * Locking: under `nsLock`.
 */
export function dropNs(s: State, nsAt: number): void {
  if (CHECKED) mustHold(s, NS_LOCK);
  const w = s.words;
  for (let at = nsAt; at !== 0 && add(w, at + COUNT, -1) === 1; ) {
    const parent = w[at + PARENT];
    if (!endNs(s, at)) return;
    at = parent;
  }
}

/** Ends a namespace of a shared block whose map has just become empty, if that was all that held it. */
export function endIfUnheld(s: State, nsAt: number): void {
  const w = s.words;
  locked(s, NS_LOCK, 'freePid', () => {
    if (w[nsAt] >>> KIND_SHIFT !== KIND_NS || w[nsAt + COUNT] !== 0) return;
    const parent = w[nsAt + PARENT];
    if (endNs(s, nsAt)) dropNs(s, parent);
  });
}

/** Takes a caller's reference. The root needs none and counts none. PidBug at USERS_LIMIT of them. Locking: under `nsLock`. */
export function getUser(s: State, nsAt: number, op: string): void {
  if (CHECKED) mustHold(s, NS_LOCK);
  const w = s.words;
  if (nsAt === w[H.rootNs]) return;
  if (w[nsAt + USERS] === USERS_LIMIT) throw tooManyReferences(op, 'namespace', USERS_LIMIT);
  holdNs(s, nsAt);
  w[nsAt + USERS]++;
}

/** Gives a caller's reference back. PidBug when no caller has one. Locking: under `nsLock`. */
export function putUser(s: State, nsAt: number, op: string): void {
  if (CHECKED) mustHold(s, NS_LOCK);
  const w = s.words;
  if (nsAt === w[H.rootNs]) return;
  if (w[nsAt + USERS] === 0) {
    throw new PidBug(op, 'no caller holds a reference on the namespace; its live pids or child namespaces keep it');
  }
  w[nsAt + USERS]--;
  dropNs(s, nsAt);
}

/**
 * Nothing counts a reference on the namespace any more. False when it lives on: in a shared block its live pids hold it, by the
 * numbers in its map.
 */
function endNs(s: State, nsAt: number): boolean {
  if (CHECKED) mustHold(s, NS_LOCK);
  const w = s.words;
  if (SHARED) {
    w[s.worker + IN_HAND] = nsAt;
    if (!staysEmpty(s, nsAt)) {
      publish(w, nsAt + ENDING, 0);
      w[s.worker + IN_HAND] = 0;
      return false;
    }
    publish(w, nsAt, w[nsAt] & GENERATION_MASK);
  }
  destroyNs(s, nsAt);
  return true;
}

/**
 * Whether nothing holds the namespace, and no number of it is taken, nor will be: first it is said to be ending, so that nobody begins to take one, and
 * then those are waited for that had begun. EBUSY when one of them was terminated: then it lives on.
 */
function staysEmpty(s: State, nsAt: number): boolean {
  const w = s.words;
  publish(w, nsAt + ENDING, 1);
  try {
    for (let slot = 0; slot < w[H.workers]; slot++) awaitTaker(s, slot, nsAt);
  } catch (error) {
    publish(w, nsAt + ENDING, 0);
    w[s.worker + IN_HAND] = 0;
    throw error;
  }
  return w[nsAt + COUNT] === 0 && s.design.map.next(s, nsAt, 0) === 0;
}

/** Waits until the worker in that slot does not take a number of the namespace. */
function awaitTaker(s: State, slot: number, nsAt: number): void {
  const taking = workerAt(s, slot) + TAKING;
  if (load(s.words, taking) !== nsAt) return;
  const patience = new Patience(s, 'putPidNs');
  while (load(s.words, taking) === nsAt) patience.wait(slot);
}

/** Source: `destroy_pid_namespace()`. */
function destroyNs(s: State, nsAt: number): void {
  s.design.releaseNs(s, nsAt);
  s.design.map.close(s, nsAt);
  voidWindows(s, nsAt);
  freeRecord(s, nsAt);
}

function freeRecord(s: State, nsAt: number): void {
  if (SHARED) s.words[s.worker + IN_HAND] = 0;
  else if (s.lastNsAt === nsAt) s.lastNs = Number.NaN;
  cacheFree(s, NS_CACHE, nsAt);
}
