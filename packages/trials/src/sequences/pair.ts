/**
 * Two allocators that are called alike: a model, which is believed, and a subject, which must not be told apart from it.
 * Their handles differ, so the pair keeps a table of who is who.
 */
import type { NsRef, PidAllocator, PidRef, TaskRef } from '@pidlab/contract';

/** One thing under its two names. */
export interface Twin<T extends number = number> {
  readonly model: T;
  readonly subject: T;
}

/** Things of one kind: those that lived when last looked at, and some that are gone. */
export interface Population<T extends number = number> {
  readonly there: Twin<T>[];
  readonly gone: Twin<T>[];
}

export interface Pair {
  readonly model: PidAllocator;
  /** Replaced by its own copy when a snapshot is taken. */
  subject: PidAllocator;
  /** Makes an allocator from a snapshot of the subject. */
  readonly restore: (snapshot: Uint8Array) => PidAllocator;
  /** The subject has little memory: it may refuse with ENOMEM what the model would do, and must then change nothing. */
  readonly tight: boolean;
  readonly pids: Population<PidRef>;
  readonly namespaces: Population<NsRef>;
  readonly tasks: Population<TaskRef>;
  readonly root: Twin<NsRef>;
  /** From the model's handle to the subject's. */
  readonly twins: Map<number, number>;
  /** What the log calls them, by the model's handle. */
  readonly names: Map<number, string>;
  /** Every handle that the subject ever gave out: none may come again. */
  readonly seen: Set<number>;
  /** Namespaces that take no pids, by the model's handle. */
  readonly closed: Set<number>;
  /** How often something worth testing happened. */
  readonly events: Map<string, number>;
  /** The calls, in words. */
  readonly log: string[];
}

export interface PairOptions {
  readonly model: PidAllocator;
  readonly subject: PidAllocator;
  readonly restore: (snapshot: Uint8Array) => PidAllocator;
  readonly tight?: boolean;
  readonly events?: Map<string, number>;
}

/** Two fresh allocators, with the same options. */
export function createPair({ model, subject, restore, tight = false, events = new Map() }: PairOptions): Pair {
  const root: Twin<NsRef> = { model: model.initPidNs, subject: subject.initPidNs };
  return {
    model,
    subject,
    restore,
    tight,
    pids: { there: [], gone: [] },
    namespaces: { there: [root], gone: [] },
    tasks: { there: [], gone: [] },
    root,
    twins: new Map([[root.model, root.subject]]),
    names: new Map([[root.model, 'root']]),
    seen: new Set([root.subject]),
    closed: new Set(),
    events,
    log: [],
  };
}

export function count(p: Pair, event: string): void {
  p.events.set(event, (p.events.get(event) ?? 0) + 1);
}

/** Whether the model still knows the thing. */
function livesIn(p: Pair, population: Population, handle: number): boolean {
  try {
    if (population === p.pids) p.model.pidCount(handle as PidRef);
    else if (population === p.namespaces) p.model.nsLevel(handle as NsRef);
    else p.model.taskActivePidNs(handle as TaskRef);
    return true;
  } catch {
    return false;
  }
}

/** How many of the gone are remembered. */
const MEMORY = 64;

/** Those of a kind that live now; the others are put aside. */
export function alive<T extends number>(p: Pair, population: Population<T>): Twin<T>[] {
  const { there, gone } = population;
  for (let i = there.length - 1; i >= 0; i--) if (!livesIn(p, population, there[i]!.model)) putAside(there, gone, i);
  return there;
}

/** The one at that place among the living, counted round. */
export function pickAlive<T extends number>(p: Pair, population: Population<T>, choice: number): Twin<T> | undefined {
  const { there, gone } = population;
  while (there.length > 0) {
    const i = choice % there.length;
    if (livesIn(p, population, there[i]!.model)) return there[i];
    putAside(there, gone, i);
  }
  return undefined;
}

function putAside<T>(there: T[], gone: T[], i: number): void {
  gone.push(...there.splice(i, 1));
  if (gone.length > MEMORY) gone.shift();
}

// ── the same call on both sides ───────────────────────────────────────────────────────────────────────────────────────

/** The functions of the contract, by name. */
export type Method = Exclude<keyof PidAllocator, 'traits' | 'initPidNs'>;

/** A twin becomes the handle of each side; everything else is passed as it is. */
export type Argument = Twin | { readonly raw: unknown } | number | readonly number[];

/** What a call came to: a value, or a refusal in words, with its code. */
export interface Outcome {
  readonly value?: unknown;
  readonly refusal?: string;
  readonly code?: string;
}

const GIVES_HANDLE: ReadonlySet<Method> = new Set<Method>([
  'allocPid',
  'getPid',
  'findPidNs',
  'findPid',
  'findVpid',
  'findGetPid',
  'findGePid',
  'pidNs',
  'allocTask',
  'pidTask',
  'nextPidTask',
  'taskPid',
  'getTaskPid',
  'findTaskByPidTypeNs',
  'findTaskByPid',
  'findTaskByVpid',
  'findTaskByPidNs',
  'taskActivePidNs',
  'copyPidNs',
  'getPidNs',
  'nsParent',
  'childReaper',
]);

/** Makes the call on both sides and returns what it came to; throws when the sides differ. */
export function call(p: Pair, method: Method, ...args: Argument[]): Outcome {
  p.log.push(`${method}(${args.map((arg) => describe(p, arg)).join(', ')})`);
  const before = cursors(p, method, args);
  const namespaces = p.model.stats().namespaces;
  const subject = outcome(p.subject, method, onSide(args, 'subject'));
  // By mainline's rules memory can run out before it is seen that the namespace was closed.
  const isClosed = isTwin(args[0]) && p.closed.has(args[0].model) && p.subject.traits.rules !== 'mainline';
  if (subject.code === 'ENOMEM' && p.tight && !isClosed) {
    for (const [ns] of before) p.model.setLastPid(ns.model, p.subject.lastPid(ns.subject));
    count(p, 'out of memory');
    return note(p, subject);
  }
  if (p.tight && typeof subject.value === 'number') followNumbers(p, before, args, subject.value as PidRef);
  const model = note(p, outcome(p.model, method, onSide(args, 'model')));
  count(p, method);
  if (p.model.stats().namespaces < namespaces) count(p, 'namespace death');
  if (model.refusal !== undefined || subject.refusal !== undefined) {
    count(p, model.code ?? 'PidBug');
    if (model.refusal !== subject.refusal) differ(p, model, subject);
    followCursors(p, before);
    return model;
  }
  if (before.some(([ns, was]) => p.model.lastPid(ns.model) < was)) count(p, 'wrap');
  const handles = GIVES_HANDLE.has(method) && typeof model.value === 'number';
  if (handles) introduce(p, method, model.value as number, subject.value);
  const expected = handles ? p.twins.get(model.value as number) : model.value;
  if (!Object.is(expected, subject.value)) differ(p, { value: expected }, subject);
  return model;
}

/** The call's result as a twin, when it gave a handle. */
export function twinOf<T extends number>(p: Pair, { value }: Outcome): Twin<T> | undefined {
  if (typeof value !== 'number') return undefined;
  return { model: value as T, subject: p.twins.get(value) as T };
}

function isTwin(arg: Argument | undefined): arg is Twin {
  return typeof arg === 'object' && 'model' in arg;
}

function onSide(args: readonly Argument[], side: 'model' | 'subject'): unknown[] {
  return args.map((arg) => {
    if (isTwin(arg)) return arg[side];
    return typeof arg === 'object' && 'raw' in arg ? arg.raw : arg;
  });
}

function outcome(on: PidAllocator, method: Method, args: unknown[]): Outcome {
  try {
    return { value: (on[method] as (...args: unknown[]) => unknown)(...args) };
  } catch (error) {
    const { name, code, op } = error as { name: string; code?: string; op?: string };
    if (name === 'PidError') return { refusal: `${name} ${code} of ${op}`, code: String(code) };
    if (name === 'PidBug') return { refusal: `${name} of ${op}` };
    throw error;
  }
}

/** A new thing on both sides; the subject must not have used its handle before. */
function introduce(p: Pair, method: Method, model: number, subject: unknown): void {
  if (p.twins.has(model) || typeof subject !== 'number') return;
  if (p.seen.has(subject)) throw new Error(`${method} gave out the handle ${subject} for the second time`);
  p.seen.add(subject);
  p.twins.set(model, subject);
  const twin = { model, subject };
  if (method === 'allocPid') meet(p, p.pids, 'pid', twin as Twin<PidRef>);
  else if (method === 'allocTask') meet(p, p.tasks, 'task', twin as Twin<TaskRef>);
  else meet(p, p.namespaces, 'ns', twin as Twin<NsRef>);
}

function meet<T extends number>(p: Pair, population: Population<T>, kind: string, twin: Twin<T>): void {
  population.there.push(twin);
  p.names.set(twin.model, `${kind}#${p.names.size}`);
}

function differ(p: Pair, model: Outcome, subject: Outcome): never {
  const say = ({ value, refusal }: Outcome): string => refusal ?? String(value);
  throw new Error(`${p.log.at(-1)}: the model says ${say(model)}, the subject says ${say(subject)}`);
}

/** The cursors that a failing call may move, before it: those of the namespace and of all above. */
function cursors(p: Pair, method: Method, [ns]: readonly Argument[]): [Twin<NsRef>, number][] {
  const found: [Twin<NsRef>, number][] = [];
  if (method !== 'allocPid' || !isTwin(ns) || !livesIn(p, p.namespaces, ns.model)) return found;
  let at: NsRef | undefined = ns.model as NsRef;
  while (at !== undefined) {
    found.push([{ model: at, subject: p.twins.get(at) as NsRef }, p.model.lastPid(at)]);
    at = p.model.nsParent(at);
  }
  return found;
}

/** How far the cursors of a failed allocation went is not said; each side may or may not have moved its own. */
function followCursors(p: Pair, before: [Twin<NsRef>, number][]): void {
  for (const [ns, was] of before) {
    const is = p.subject.lastPid(ns.subject);
    const moved = p.model.lastPid(ns.model);
    if (is !== was && is !== moved && !p.tight) throw new Error(`${p.log.at(-1)}: a cursor went from ${was} to ${is}`);
    p.model.setLastPid(ns.model, is);
  }
}

/**
 * Where there is no memory for a page of the map, a number of another page will do. Which one is up to the subject; the
 * model is led there, and gives the number if it is free.
 */
function followNumbers(p: Pair, before: [Twin<NsRef>, number][], args: readonly Argument[], pid: PidRef): void {
  const chosen = Array.isArray(args[1]) ? args[1].length : 0;
  for (const [ns] of before.slice(0, p.model.traits.maxNumbers).slice(chosen)) {
    p.model.setLastPid(ns.model, p.subject.pidNrNs(pid, ns.subject) - 1);
  }
}

function describe(p: Pair, arg: Argument): string {
  if (isTwin(arg)) return p.names.get(arg.model) ?? String(arg.model);
  return typeof arg === 'object' && 'raw' in arg ? String(arg.raw) : JSON.stringify(arg);
}

function note(p: Pair, result: Outcome): Outcome {
  const { value, refusal } = result;
  p.log[p.log.length - 1] += ` = ${refusal ?? p.names.get(value as number) ?? value}`;
  return result;
}
