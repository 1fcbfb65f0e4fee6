/** struct pid_namespace: its birth, what holds it, and its death. */
import { PID_MAX_LIMIT, PidBug } from '@pidlab/contract';
import { noMemory, noSerials, tooDeep, tooManyReferences } from './errors.ts';
import { HEADER, NS, PAGE_SHIFT, PIDMAP } from './layout.ts';
import { allocMapPage, freeMapPage } from './pages.ts';
import { KIND_NS, KIND_PID, KIND_SHIFT } from './records.ts';
import { cacheAlloc, cacheFree, ensureCache, NS_CACHE, pidCache } from './slab.ts';
import type { State } from './state.ts';

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
  space: SPACE,
  entries: ENTRIES,
  pidmap: MAP,
} = NS.at;
const H = HEADER.at;

/** Odd, so that counting through all 32-bit integers names each namespace differently, and far from the one before. */
const SERIAL_STEP = 0x85eb_ca6b | 0;
/** Its inverse modulo 2^32: a serial times this says how many were named before. */
const SERIAL_STEP_INVERSE = 0xa5cb_9243 | 0;

/** The most references that callers can have: far from where children and pages would make the count overflow. */
export const USERS_LIMIT = 0x4000_0000;

/** Makes a namespace below `parentAt`, or the root where that is 0, with one user. ENOMEM, with everything undone. */
export function createNs(s: State, parentAt: number, pidMax: number, op: string): number {
  const w = s.words;
  const serial = nextSerial(s, op);
  const nsAt = cacheAlloc(s, NS_CACHE, KIND_NS);
  if (nsAt === 0) throw noMemory(op, 'a namespace');
  const page = allocMapPage(s);
  if (page === 0) {
    cacheFree(s, NS_CACHE, nsAt);
    throw noMemory(op, 'the first page of a pidmap');
  }
  w[page << PAGE_SHIFT] = 1;
  w[nsAt + MAP + PIDMAP.at.page] = page;
  w[nsAt + ENTRIES] = 1;
  w[H.lastSerial] = serial;
  initNs(s, nsAt, parentAt, pidMax);
  const numbers = numbersAt(s, w[nsAt + LEVEL]);
  ensureCache(s, pidCache(numbers), s.design.pidWords(numbers));
  return nsAt;
}

/**
 * A name that no other namespace of this allocator has or had, spread so that numbers of different namespaces hash apart.
 * Those that would look like the first word of a record are left out. ENOMEM after 2,684,354,559 of them.
 */
function nextSerial(s: State, op: string): number {
  let serial = s.words[H.lastSerial];
  do {
    serial = (serial + SERIAL_STEP) | 0;
  } while (serial >>> KIND_SHIFT >= KIND_PID && serial >>> KIND_SHIFT <= KIND_NS);
  if (serial === 0) throw noSerials(op);
  return serial;
}

/** Whether `serial` is one of those that `nextSerial` has given so far. */
export function wasGiven(s: State, serial: number): boolean {
  const place = (of: number) => Math.imul(of, SERIAL_STEP_INVERSE) >>> 0;
  return serial !== 0 && place(serial) <= place(s.words[H.lastSerial]);
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
  w[nsAt + SPACE] = 0;
  if (parentAt !== 0) holdNs(s, parentAt);
}

/** A child of `parentAt` with the pidMax that mainline gives new namespaces. */
export function createChildNs(s: State, parentAt: number): number {
  const level = s.words[parentAt + LEVEL] + 1;
  if (level > s.design.traits.maxLevel) throw tooDeep(s.design.traits);
  s.design.admitNs(s);
  const nsAt = createNs(s, parentAt, PID_MAX_LIMIT, 'copyPidNs');
  s.design.claimNs(s, nsAt);
  return nsAt;
}

/** How many numbers a pid of that level carries. */
export function numbersAt(s: State, level: number): number {
  return Math.min(level + 1, s.design.traits.maxNumbers);
}

/** Takes a reference. */
export function holdNs(s: State, nsAt: number): void {
  s.access.add(s.words, nsAt + COUNT, 1);
}

/** Gives a reference back. The last one ends the namespace, which gives back its reference on its parent, and so on up. */
export function dropNs(s: State, nsAt: number): void {
  const w = s.words;
  for (let at = nsAt; at !== 0 && s.access.add(w, at + COUNT, -1) === 1; ) {
    const parent = w[at + PARENT];
    destroyNs(s, at);
    at = parent;
  }
}

/** Takes a caller's reference. The root needs none and counts none. PidBug at USERS_LIMIT of them. */
export function getUser(s: State, nsAt: number, op: string): void {
  if (nsAt === s.words[H.rootNs]) return;
  if (s.words[nsAt + USERS] === USERS_LIMIT) throw tooManyReferences(op, 'namespace', USERS_LIMIT);
  s.access.add(s.words, nsAt + USERS, 1);
  holdNs(s, nsAt);
}

/** Gives a caller's reference back. PidBug when no caller has one. */
export function putUser(s: State, nsAt: number, op: string): void {
  if (nsAt === s.words[H.rootNs]) return;
  if (s.words[nsAt + USERS] === 0) {
    throw new PidBug(op, 'no caller holds a reference on the namespace; its live pids or child namespaces keep it');
  }
  s.access.add(s.words, nsAt + USERS, -1);
  dropNs(s, nsAt);
}

/** Source: `destroy_pid_namespace()`. */
function destroyNs(s: State, nsAt: number): void {
  const w = s.words;
  s.design.releaseNs(s, nsAt);
  const end = nsAt + MAP + w[nsAt + ENTRIES] * PIDMAP.words;
  for (let entry = nsAt + MAP; entry < end; entry += PIDMAP.words) {
    if (w[entry] !== 0) freeMapPage(s, w[entry]);
    w[entry] = 0;
  }
  cacheFree(s, NS_CACHE, nsAt);
}
