/** One scenario over one block: a view of the allocator for each thread, one for the judge, and the model beside it. */
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PID,
  type PidAllocator,
  type PidAllocatorOptions,
  PidBug,
  PidError,
  type PidRef,
  type PidType,
  type TaskRef,
} from '@pidlab/contract';
import { allocatorOver } from '../model/index.ts';
import { createState } from '../model/options.ts';
import type { State } from '../model/state.ts';
import type { Killed, Result } from './judge/event.ts';
import { type Body, type Hash, isStop, type Machine, mixed } from './machine.ts';
import type { Module } from './module.ts';
import type { Argument, Beginning, Made, Op, Planned, Scenario } from './scenario.ts';

/** How a call went, in one execution. */
export interface Note {
  readonly planned: Planned;
  readonly args: readonly (number | readonly number[])[];
  /** A tick of a clock that all threads share, at its beginning and at its end. */
  readonly from: number;
  to: number;
  result: Result;
  /** What was thrown that no call may throw. */
  crash?: unknown;
}

/** For each thread how its calls went. */
export type Notes = readonly (readonly Note[])[];

export interface World {
  readonly scenario: Scenario;
  readonly machine: Machine;
  readonly bodies: readonly Body[];
  /** What the last execution's calls came to. */
  notes(): Notes;
  /** Forgets what they came to. */
  rewind(): void;
  /** Two executions that are alike in this have calls of which the same are over, began after the same, and returned the same. */
  readonly past: Hash;
  /** The judge's view. */
  readonly judge: PidAllocator;
  /** How many worker slots the block has, and which ones the threads have. */
  readonly slots: readonly number[];
  /** The model at the beginning. */
  readonly model: State;
  /** What has a handle at the beginning, with its name. */
  readonly names: ReadonlyMap<number, string>;
  readonly kinds: ReadonlyMap<number, Kind>;
}

export type Kind = 'pid' | 'ns' | 'task';
/** Operations that make something that has a handle, and what. */
export const MAKES: Readonly<Partial<Record<Op, Kind>>> = { allocPid: 'pid', copyPidNs: 'ns', allocTask: 'task' };

/** The judge, as a worker of the model; the threads are 0 and up. */
const JUDGE = -1;

const DEFAULTS: PidAllocatorOptions = { capacity: 64, namespaces: 4, memory: 1 << 20, generationBase: 1000 };

/** Makes the beginning of a scenario. */
export function makeWorld(module: Module, machine: Machine, scenario: Scenario): World {
  const { threads, options } = scenario;
  machine.over(new Int32Array(0));
  const { createPidAllocator, attachPidAllocator } = module.instantiate(machine.calls);
  const given = { ...DEFAULTS, ...options };
  const judge = createPidAllocator({ ...given, shared: true, workers: threads.length + 2 });
  const descriptor = judge.share();
  machine.over(new Int32Array(descriptor.buffer));
  const views = threads.map(() => attachPidAllocator(descriptor));
  const model = modelFor(judge, given);
  const begun = begin(scenario, judge, views, model);
  // What the beginning wrote is there to stay.
  machine.over(machine.words());
  let notes: Note[][] = [];
  let tick = 0;
  const past: Hash = { a: 0, b: 0 };
  const over = threads.map(() => 0);
  const rewind = (): void => {
    notes = threads.map(() => []);
    tick = 0;
    past.a = past.b = 0;
    over.fill(0);
  };
  /** Takes note of something in the past: in which order does not matter. */
  const remember = (what: number, how: number): void => {
    past.a = (past.a + mixed(what, how)) | 0;
    past.b = (past.b + mixed(how, what)) | 0;
  };
  rewind();
  const bodies = threads.map(
    (calls, t): Body => ({
      calls: calls.length,
      begun(call) {
        const planned = calls[call]!;
        const args = planned.args.map((arg) => resolve(arg, begun.handles, notes));
        notes[t]!.push({ planned, args, from: tick++, to: Number.POSITIVE_INFINITY, result: {} });
        remember(2 * (8 * t + call), hashOfAll(over, hashOfArguments(args)));
      },
      run: (call) => perform(views[t]!, notes[t]![call]!),
      ended(call) {
        const note = notes[t]![call]!;
        note.to = tick++;
        if (note.planned.op === 'allocPid' && note.result.value !== undefined) {
          note.result = { ...note.result, nrs: machine.peek(() => numbersOf(judge, note, begun.kinds, notes)) };
        }
        over[t]!++;
        remember(2 * (8 * t + call) + 1, hashOfResult(note.result));
      },
    }),
  );
  const slots = views.map((view) => view.workerSlot);
  return {
    scenario,
    machine,
    bodies,
    notes: () => notes,
    rewind,
    past,
    judge,
    slots,
    model,
    names: begun.names,
    kinds: begun.kinds,
  };
}

/* Hashes are taken for each call of each execution, so they are of numbers and not of texts. */

function hashOfArguments(args: Note['args']): number {
  let hash = args.length;
  for (const arg of args) hash = typeof arg === 'number' ? withNumber(hash, arg) : hashOfAll(arg, hash);
  return hash;
}

function hashOfResult({ value, error, nrs, killed = [] }: Result): number {
  let hash = typeof value === 'number' ? withNumber(1, value) : withText(2, String(value));
  if (error !== undefined) hash = withText(hash, error);
  if (nrs !== undefined) for (const [ns, nr] of nrs) hash = withNumber(withNumber(hash, ns), nr);
  for (const one of killed) hash = withText(hashOfAll([one.pid, one.nr], hash), one.error ?? '');
  return hash;
}

function hashOfAll(numbers: readonly number[], before: number): number {
  let hash = mixed(before, numbers.length);
  for (const one of numbers) hash = withNumber(hash, one);
  return hash;
}

/** Handles have more than 32 bits. */
function withNumber(hash: number, value: number): number {
  return mixed(mixed(hash, value | 0), Math.floor(value / 2 ** 32));
}

function withText(before: number, text: string): number {
  let hash = mixed(before, text.length);
  for (let i = 0; i < text.length; i++) hash = mixed(hash, text.charCodeAt(i));
  return hash;
}

/** The model with the real root's handle. */
function modelFor(judge: PidAllocator, { pidMax, floors, window = 1 }: PidAllocatorOptions): State {
  const made = createState(judge.traits, {
    ...(pidMax === undefined ? {} : { pidMax }),
    ...(floors === undefined ? {} : { floors }),
  });
  const root = made.namespaces.get(made.root)!;
  const ref = judge.initPidNs;
  return { ...made, window, root: ref, namespaces: new Map([[ref, { ...root, ref }]]) };
}

interface Begun {
  readonly handles: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
  readonly kinds: ReadonlyMap<number, Kind>;
}

function begin(scenario: Scenario, judge: PidAllocator, views: readonly PidAllocator[], model: State): Begun {
  const handles = new Map<string, number>();
  const names = new Map<number, string>();
  const kinds = new Map<number, Kind>();
  const a = mirrored(judge, model, JUDGE);
  const named = <T extends number>(name: string, handle: T, kind: Kind): T => {
    handles.set(name, handle);
    names.set(handle, name);
    kinds.set(handle, kind);
    return handle;
  };
  const get = (name: string): number => {
    const handle = handles.get(name);
    if (handle === undefined) throw new Error(`scenario ${scenario.name}: nothing is called ${name}`);
    return handle;
  };
  const b: Beginning = {
    a,
    get,
    set: (name, value) => void handles.set(name, value),
    pid: (name, ns = 'root', setTid) => named(name, a.allocPid(get(ns) as NsRef, setTid), 'pid'),
    ns: (name, parent = 'root') => named(name, a.copyPidNs(CLONE_NEWPID, get(parent) as NsRef), 'ns'),
    task: (name) => named(name, a.allocTask(), 'task'),
    attach: (task, type, pid) => a.attachPid(get(task) as TaskRef, type as PidType, get(pid) as PidRef),
    cursor: (nr, ns = 'root') => a.setLastPid(get(ns) as NsRef, nr),
    warm(...threads) {
      for (const view of threads.map((t) => mirrored(views[t]!, model, t))) {
        for (const [handle, kind] of kinds) if (kind === 'ns') view.freePid(view.allocPid(handle as NsRef));
        view.freeTask(view.allocTask());
      }
    },
  };
  named('root', judge.initPidNs, 'ns');
  if (!scenario.isBare) {
    b.pid('init');
    b.task('init task');
    b.attach('init task', PIDTYPE_PID, 'init');
  }
  if (!scenario.isCold) b.warm(...views.keys());
  scenario.begin(b);
  return { handles, names, kinds };
}

/** Each call is made on the model too, as that worker's, which gives what it makes the same handle. */
function mirrored(a: PidAllocator, s: State, worker: number): PidAllocator {
  const model = allocatorOver(s) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const both = Object.entries(a).map(([key, real]: [string, unknown]) => {
    if (typeof real !== 'function') return [key, real] as const;
    const call = (...args: unknown[]): unknown => {
      const value: unknown = real(...args);
      if (typeof value === 'number') s.nextRef = value;
      s.worker = worker;
      model[key]!(...args);
      return value;
    };
    return [key, call] as const;
  });
  return Object.fromEntries(both) as unknown as PidAllocator;
}

function resolve(arg: Argument, handles: ReadonlyMap<string, number>, notes: Notes): number | readonly number[] {
  if (typeof arg === 'number') return arg;
  if (typeof arg === 'string') return handles.get(arg) ?? unknown(arg);
  if (Array.isArray(arg))
    return arg.map((nr: number | string) => (typeof nr === 'number' ? nr : (handles.get(nr) ?? unknown(nr))));
  const { thread, call } = arg as Made;
  const { value } = notes[thread]![call]?.result ?? {};
  // What was never made is a handle of nothing.
  return typeof value === 'number' ? value : 0;
}

function unknown(name: string): never {
  throw new Error(`nothing is called ${name}`);
}

/** Makes the call, and notes what it comes to. It may be made several times in one execution. */
function perform(view: PidAllocator, note: Note): void {
  const { op } = note.planned;
  const killed: Killed[] = [];
  try {
    const method = view[op] as (...args: readonly unknown[]) => unknown;
    const args = op === 'zapPidNsProcesses' ? [...note.args, killer(view, killed)] : note.args;
    const value = method(...args) as Result['value'] | undefined;
    note.result = { ...(value === undefined ? {} : { value }), ...(op === 'zapPidNsProcesses' ? { killed } : {}) };
  } catch (error) {
    if (isStop(error)) throw error;
    if (error instanceof PidError) note.result = { error: error.code };
    else if (error instanceof PidBug) note.result = { error: 'PidBug' };
    else {
      note.result = { error: String(error) };
      note.crash = error;
    }
  }
}

function killer(view: PidAllocator, killed: Killed[]): (pid: PidRef, nr: number) => void {
  return (pid, nr) => {
    try {
      view.freePid(pid);
      killed.push({ pid, nr });
    } catch (error) {
      if (!(error instanceof PidBug)) throw error;
      killed.push({ pid, nr, error: 'PidBug' });
    }
  };
}

/** The numbers of a pid that was just made, as far as it is still there, in each namespace that sees it. */
function numbersOf(
  judge: PidAllocator,
  note: Note,
  kinds: ReadonlyMap<number, Kind>,
  notes: Notes,
): Map<number, number> {
  const spaces = [...kinds].flatMap(([handle, kind]) => (kind === 'ns' ? [handle] : []));
  for (const { planned, result } of notes.flat()) if (MAKES[planned.op] === 'ns') spaces.push(result.value as number);
  const nrs = new Map<number, number>();
  for (const ns of spaces) {
    try {
      const nr = judge.pidNrNs(note.result.value as PidRef, ns as NsRef);
      if (nr !== 0) nrs.set(ns, nr);
    } catch (error) {
      if (!(error instanceof PidBug)) throw error;
    }
  }
  return nrs;
}
