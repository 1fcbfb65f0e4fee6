/**
 * The border: what a caller hands in is checked here, once, before anything is touched. Handles become word offsets,
 * numbers are integers in their range. The checks are small enough to be inlined; the sentences are made elsewhere.
 */
import { MAX_PID_NS_LEVEL, type NsRef, PIDTYPE_MAX, PidBug, PidError, type PidType } from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import {
  GENERATION_MASK,
  handleOf,
  KIND_NS,
  KIND_PID,
  KIND_SHIFT,
  KIND_TASK,
  LINE_MASK,
  LINE_SHIFT,
  LINES_LIMIT,
  mustBeAttached,
} from '../memory/handles.ts';
import { beingFreed, tryLockPid } from '../pids/pids.ts';
import type { State } from '../types.ts';
import { apart } from '../words/flat.ts';
import { SHARED } from '../words/mode.ts';

const { slabEnd: SLAB_END, rootNs: ROOT_NS } = HEADER.at;
/** The largest number anybody may ask for: a positive 32-bit integer. */
export const NR_LIMIT = 0x7fff_ffff;

/** The pid record that a handle means. PidBug when it means none. */
export function pidArg(s: State, pid: unknown, op: string): number {
  return recordArg(s, pid, KIND_PID, op);
}

/**
 * Locks the pid that a handle means, in a shared block: nobody else changes its count, its tasks or its life until
 * `unlockPid`. The lock is that of the chain of its first number. PidBug when the handle means none.
 */
export function lockPid(s: State, pid: unknown, op: string): number {
  const pidAt = pidArg(s, pid, op);
  if (!SHARED || tryLockPid(s, pid as number, op) !== 0) return pidAt;
  pidArg(s, pid, op);
  throw beingFreed(op);
}

/** The namespace record that a handle means. PidBug when it means none. */
export function nsArg(s: State, ns: unknown, op: string): number {
  return recordArg(s, ns, KIND_NS, op);
}

/**
 * The same on a hot path, where most calls are about the namespace that the last one was about: for one thread its handle is
 * good until it ends, when it is forgotten.
 */
export function nsArgAgain(s: State, ns: unknown, op: string): number {
  if (SHARED) return nsArg(s, ns, op);
  return ns === s.lastNs ? s.lastNsAt : nsArgAnew(s, ns as number, op);
}

const nsArgAnew = apart((s: State, ns: number, op: string): number => {
  const nsAt = nsArg(s, ns, op);
  rememberNs(s, ns, nsAt);
  return nsAt;
});

/** Makes it the namespace that the last call was about. For one thread: another worker could end it. */
export function rememberNs(s: State, ns: number, nsAt: number): void {
  if (SHARED) return;
  s.lastNs = ns;
  s.lastNsAt = nsAt;
}

/** What `initPidNs` is: the handle of the root, which lives as long as the allocator. */
export function rootOf(s: State): NsRef {
  return handleOf(s.words, s.words[ROOT_NS]) as NsRef;
}

/** The same for an argument of another name. */
export function nsArgNamed(s: State, ns: unknown, op: string, name: string): number {
  return recordArg(s, ns, KIND_NS, op, name);
}

/** The task record that a handle means. PidBug when it means none. */
export function taskArg(s: State, task: unknown, op: string, name?: string): number {
  return recordArg(s, task, KIND_TASK, op, name);
}

/** Its name in what is thrown is that of its kind, unless there is another. */
function recordArg(s: State, handle: unknown, kind: number, op: string, name?: string): number {
  if (typeof handle === 'number') {
    // Below the slabs there is nothing that looks like a record's first word.
    const w = s.words;
    const line = handle & LINE_MASK;
    const at = line << LINE_SHIFT;
    const id = at < w[SLAB_END] ? w[at] : 0;
    // The handle is taken apart and not made anew, since that can be done before the record has come from memory.
    if (id >>> KIND_SHIFT === kind && (handle - line) / LINES_LIMIT === (id & GENERATION_MASK)) return at;
  }
  throw badHandle(s, handle, kind, op, name);
}

/** What is for threads alone is refused in a block for one. */
export function notShared(op: string): PidBug {
  return new PidBug(op, 'this allocator is for one thread; create it with shared: true');
}

/** A number to look for: an integer in `[0, 2^31 - 1]`. */
export function nrArg(nr: unknown, op: string): number {
  if (typeof nr === 'number' && (nr & NR_LIMIT) === nr) return nr;
  throw badNr(nr, op);
}

/** A number to look from: one more than the largest that there is too, behind which there is none. */
export function fromArg(nr: unknown, op: string): number {
  return typeof nr === 'number' && (nr & NR_LIMIT) === nr ? nr : integerArg(nr, op, 'nr', 0, NR_LIMIT + 1);
}

/** An integer in `[min, max]`. PidBug when it is none, EINVAL when it is outside. */
export function integerArg(value: unknown, op: string, name: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw badInteger(value, op, name, min, max);
}

/** One of the four types. */
export function typeArg(type: unknown, op: string): PidType {
  return integerArg(type, op, 'type', 0, PIDTYPE_MAX - 1) as PidType;
}

/** A copy of the chosen numbers, each an integer; the ranges depend on the namespaces. Nothing of a list is asked for twice. */
export function setTidArg(setTid: unknown, op: string): readonly number[] {
  if (!isList(setTid)) throw new PidBug(op, `setTid is ${describe(setTid)}; it has to be an array of numbers`);
  const { length } = setTid;
  if (!Number.isInteger(length) || length > MAX_PID_NS_LEVEL + 1) throw badLength(length, op);
  const numbers: number[] = [];
  for (let i = 0; i < length; i++) {
    const nr = setTid[i];
    if (typeof nr !== 'number' || !Number.isInteger(nr)) {
      throw new PidBug(op, `setTid[${i}] is ${describe(nr)}; it has to be an integer`);
    }
    numbers.push(nr);
  }
  return numbers;
}

/** A revoked proxy cannot even be asked whether it is a list. */
function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

function badLength(length: unknown, op: string): PidError {
  return new PidError(
    'EINVAL',
    op,
    `setTid has ${describe(length)} numbers; it may have one for each level up to the root`,
  );
}

function badNr(nr: unknown, op: string): Error {
  return badInteger(nr, op, 'nr', 0, NR_LIMIT);
}

function badInteger(value: unknown, op: string, name: string, min: number, max: number): Error {
  const text = `${name} is ${describe(value)}; it has to be an integer in [${min}, ${max}]`;
  return Number.isInteger(value) ? new PidError('EINVAL', op, text) : new PidBug(op, text);
}

const KIND_NAMES = ['nothing', 'pid', 'task', 'namespace', 'retired record'];
/** What an argument of that kind is called, unless it says otherwise. */
const ARGUMENT_NAMES = ['', 'pid', 'task', 'ns'];

function badHandle(s: State, handle: unknown, kind: number, op: string, name = ARGUMENT_NAMES[kind]): PidBug {
  if (SHARED) mustBeAttached(s, op);
  const start = `${name} is ${describe(handle)}`;
  const allowed = `it has to be a live ${KIND_NAMES[kind]} handle of this allocator`;
  if (typeof handle !== 'number' || !Number.isSafeInteger(handle) || handle < 0)
    return new PidBug(op, `${start}; ${allowed}`);
  return new PidBug(op, `${start}, ${whyNot(s, handle, kind)}; ${allowed}`);
}

function whyNot(s: State, handle: number, kind: number): string {
  const at = (handle & LINE_MASK) << LINE_SHIFT;
  const generation = Math.floor(handle / LINES_LIMIT);
  if (at < s.slabStart || at >= s.words[SLAB_END]) return 'which never was a handle of this allocator';
  const found = s.words[at] >>> KIND_SHIFT;
  if (found !== kind && found >= KIND_PID && found <= KIND_NS && handleOf(s.words, at) === handle) {
    return `which is a ${KIND_NAMES[found]}`;
  }
  return `which is stale or foreign: life ${generation} of that record is not now`;
}

/** What is longer is cut short. */
const MOST_SHOWN = 40;
/** No BigInt within these has more than 40 digits. */
const MOST_BIGINT: bigint = 2n ** 128n;

/** A value in words that are safe and quick to make whatever it is: nothing of the caller's runs, and nothing long is written out. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shortened(value));
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'symbol':
      return `Symbol(${shortened(value.description ?? '')})`;
    case 'bigint':
      return value > -MOST_BIGINT && value < MOST_BIGINT ? `${value}n` : 'a BigInt of more than 128 bits';
    case 'function':
      return 'a function';
    default:
      return value === null ? 'null' : 'an object';
  }
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
