/** Whether an execution did what the contract promises. */
import {
  type NsRef,
  type PidAllocator,
  PidBug,
  PidError,
  type PidRef,
  type PidType,
  type TaskRef,
} from '@pidlab/contract';
import { explain } from '../../histories/search.ts';
import type { Execution } from '../machine.ts';
import { type Kind, MAKES, type Note, type Notes, type World } from '../world.ts';
import { firstMoment } from './abstract.ts';
import type { Judged } from './event.ts';
import { ALL_EXCEPTIONS, type Exception } from './exceptions.ts';
import { specification } from './rules.ts';

/** What is wrong, in a sentence, and what kind of thing that is. */
export interface Fault {
  readonly kind: 'deadlock' | 'livelock' | 'crash' | 'invariant' | 'leak' | 'unexplained';
  readonly text: string;
}

export interface Verdict {
  /** What the calls returned, and what was there at the end. */
  readonly outcome: string;
  readonly faults: readonly Fault[];
  /** The exceptions without which this outcome has no explanation; undefined when it has none with them. */
  readonly needs: readonly Exception[] | undefined;
}

/** Numbers of a namespace and tasks of a pid that are looked at: enough to see a difference, and few in a ring. */
const MOST = 12;

/** Judges executions of one world. Of two that are alike it judges the first. */
export class Judge {
  readonly #world: World;
  readonly #ends = new Map<string, { readonly seen: string; readonly faults: readonly Fault[] }>();
  readonly #explained = new Map<string, readonly Exception[] | undefined>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The block is as the execution left it, and stays so. */
  judge(execution: Execution): Verdict {
    const { machine } = this.#world;
    const notes = this.#world.notes();
    const handles = handlesOf(this.#world, notes);
    const said = say(notes, handles.names);
    const faults: Fault[] = notes
      .flat()
      .flatMap(({ crash, planned }) =>
        crash === undefined ? [] : ([{ kind: 'crash', text: `${planned.op}: ${crash}` }] as const),
      );
    if (execution.verdict !== '') {
      const kind = execution.verdict === 'DEADLOCK' ? 'deadlock' : 'livelock';
      const text = kind === 'deadlock' ? 'nobody can go on' : 'a call never ends';
      return { outcome: said, faults: [...faults, { kind, text }], needs: undefined };
    }
    const key = `${machine.fingerprint()} ${said}`;
    let end = this.#ends.get(key);
    if (end === undefined) {
      end = machine.peek(() => this.#look(handles, notes));
      this.#ends.set(key, end);
    }
    const outcome = `${said} ║ ${end.seen}`;
    faults.push(...end.faults);
    // What a thread was in the middle of when it was stopped for good has no result to explain.
    if (this.#world.scenario.gone !== undefined) return { outcome, faults, needs: [] };
    const needs = faults.length === 0 ? this.#explain(outcome, notes, end.seen, handles) : undefined;
    if (faults.length === 0 && needs === undefined) {
      faults.push({ kind: 'unexplained', text: 'no order of what the calls may do explains what they returned' });
    }
    return { outcome, faults, needs };
  }

  #explain(outcome: string, notes: Notes, seen: string, handles: Handles): readonly Exception[] | undefined {
    const key = `${outcome} ${precedences(notes)}`;
    if (this.#explained.has(key)) return this.#explained.get(key);
    const needs = this.#needs(notes, seen, handles);
    this.#explained.set(key, needs);
    return needs;
  }

  /** None, or one, or two, or all: as few as will do. */
  #needs(notes: Notes, seen: string, handles: Handles): readonly Exception[] | undefined {
    const pairs = ALL_EXCEPTIONS.flatMap((one, i) => ALL_EXCEPTIONS.slice(i + 1).map((other) => [one, other]));
    const sets: Exception[][] = [[], ...ALL_EXCEPTIONS.map((one) => [one]), ...pairs, [...ALL_EXCEPTIONS]];
    const lanes = [...notes.map((list, worker) => list.map((note) => eventOf(note, worker))), [observation(seen)]];
    const isExplained = (allowed: readonly Exception[]): boolean => {
      const spec = specification(firstMoment(this.#world.model), new Set(allowed), (a) => observe(a, handles));
      return explain(spec, lanes).explained;
    };
    // Most that is wrong is so with all of them.
    return isExplained([]) ? [] : isExplained(ALL_EXCEPTIONS) ? sets.find(isExplained) : undefined;
  }

  /** What is there at the end, and whether everything can be cleared away. */
  #look(handles: Handles, notes: Notes): { seen: string; faults: Fault[] } {
    const { judge, scenario } = this.#world;
    const faults: Fault[] = [];
    const check = (when: string): void => {
      const { violations, leaked } = judge.checkInvariants();
      for (const text of violations) faults.push({ kind: 'invariant', text: when + text });
      if (scenario.gone !== undefined) return;
      for (const text of leaked) faults.push({ kind: 'leak', text: when + text });
    };
    let seen = '';
    try {
      check('');
      seen = observe(judge, handles);
      if (faults.length > 0) return { seen, faults };
      if (scenario.gone !== undefined) goOn(judge, handles);
      clearUp(judge, handles, notes);
      check('after everything was given back: ');
      const { pids, tasks, namespaces } = judge.stats();
      if (scenario.gone === undefined && (pids > 0 || tasks > 0 || namespaces > 1)) {
        faults.push({ kind: 'leak', text: `${pids} pids, ${tasks} tasks and ${namespaces - 1} namespaces are left` });
      }
    } catch (error) {
      faults.push({ kind: 'crash', text: `whoever looks at the block afterwards finds: ${error}` });
    }
    return { seen, faults };
  }
}

/** Everything that has a handle by the end, with names for people. */
export interface Handles {
  readonly names: ReadonlyMap<number, string>;
  readonly of: Readonly<Record<Kind, readonly number[]>>;
}

function handlesOf({ names, kinds }: World, notes: Notes): Handles {
  const known = new Map(names);
  const of: Record<Kind, number[]> = { pid: [], ns: [], task: [] };
  for (const [handle, kind] of kinds) of[kind].push(handle);
  for (const [t, list] of notes.entries()) {
    for (const [i, { planned, result }] of list.entries()) {
      const kind = MAKES[planned.op];
      if (kind === undefined || typeof result.value !== 'number' || known.has(result.value)) continue;
      known.set(result.value, `${kind}${t}.${i}`);
      of[kind].push(result.value);
    }
  }
  return { names: known, of };
}

/** What the calls came to, thread by thread. */
function say(notes: Notes, names: ReadonlyMap<number, string>): string {
  return notes.map((list) => list.map((note) => sayCall(note, names)).join('  ')).join(' │ ');
}

const CLONE_NEWPID = 0x2000_0000;

export function sayCall({ planned, args, to, result }: Note, names: ReadonlyMap<number, string>): string {
  const show = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.join(' ')}]`;
    return value === CLONE_NEWPID ? 'NEWPID' : (names.get(value as number) ?? String(value));
  };
  const { value, error, nrs, killed } = result;
  const numbers = nrs === undefined ? '' : `:${[...nrs.values()].join('/') || '?'}`;
  const kills =
    killed === undefined
      ? ''
      : ` of ${killed.map((k) => `${k.nr}${k.error === undefined ? '' : '✗'}`).join(' ') || 'none'}`;
  const came = to === Number.POSITIVE_INFINITY ? '…' : (error ?? (value === undefined ? 'ok' : show(value)));
  return `${planned.op}(${args.map(show).join(', ')}) → ${came}${numbers}${kills}`;
}

/** What can be seen of the whole: by the judge in the block, and by the search in the model. */
function observe(a: PidAllocator, { names, of }: Handles): string {
  const name = (handle: number | undefined): string => (handle === undefined ? '–' : (names.get(handle) ?? '?'));
  const parts: string[] = [];
  for (const pid of of.pid as readonly PidRef[]) {
    const count = tryTo(() => a.pidCount(pid));
    if (count === 'PidBug') continue;
    const nr = a.pidNr(pid);
    const lists = ([0, 1, 2, 3] as const).map((type) => tasksOf(a, pid, type).map(name).join('>'));
    const hanging = lists.join('') === '' ? '' : `{${lists}}`;
    parts.push(`${name(pid)}×${count}${a.findPid(nr) === pid ? '' : ' dead'}${hanging}`);
  }
  for (const ns of of.ns as readonly NsRef[]) {
    if (tryTo(() => a.nsLevel(ns)) === 'PidBug') continue;
    const reaper = a.childReaper(ns);
    const office = reaper === undefined ? '' : ` reaper ${name(reaper)}`;
    parts.push(`${name(ns)} ${numbersIn(a, ns).join(' ') || 'empty'} cursor ${a.lastPid(ns)}${office}`);
  }
  for (const task of of.task as readonly TaskRef[]) {
    const on = ([0, 1, 2, 3] as const).map((type) => tryTo(() => a.taskPid(task, type)));
    if (on[0] === 'PidBug') continue;
    if (on.some((pid) => pid !== undefined))
      parts.push(`${name(task)} on ${on.map((pid) => name(pid as number | undefined))}`);
    else parts.push(name(task));
  }
  return parts.join(', ');
}

function tasksOf(a: PidAllocator, pid: PidRef, type: PidType): TaskRef[] {
  const tasks: TaskRef[] = [];
  for (let task = a.pidTask(pid, type); task !== undefined && tasks.length < MOST; task = a.nextPidTask(task, type))
    tasks.push(task);
  return tasks;
}

function numbersIn(a: PidAllocator, ns: NsRef): number[] {
  const numbers: number[] = [];
  for (let nr = a.nextPidmap(ns, 0); nr !== undefined && numbers.length < MOST; nr = a.nextPidmap(ns, nr))
    numbers.push(nr);
  return numbers;
}

/** What a call returns, or the code of what it throws. */
function tryTo<T>(call: () => T): T | string {
  try {
    return call();
  } catch (error) {
    if (error instanceof PidError) return error.code;
    if (error instanceof PidBug) return 'PidBug';
    throw error;
  }
}

/** Ends everything that can be ended. */
function clearUp(a: PidAllocator, { of }: Handles, notes: Notes): void {
  const types = [0, 1, 2, 3] as const;
  for (const task of of.task as readonly TaskRef[]) for (const type of types) tryTo(() => a.detachPid(task, type));
  for (const task of of.task as readonly TaskRef[]) tryTo(() => a.freeTask(task));
  const most = 4 + notes.flat().length;
  for (const pid of of.pid as readonly PidRef[]) {
    tryTo(() => a.freePid(pid));
    for (let i = 0; i < most && tryTo(() => a.putPid(pid)) === undefined; i++);
  }
  for (const ns of of.ns as readonly NsRef[]) {
    if (ns === a.initPidNs) continue;
    for (let i = 0; i < most && tryTo(() => a.putPidNs(ns)) === undefined; i++);
  }
}

/** Another worker goes on with everything after one was declared gone: it finds no number twice, and what it makes. */
function goOn(a: PidAllocator, { of }: Handles): void {
  for (const ns of of.ns as readonly NsRef[]) {
    if (tryTo(() => a.nsLevel(ns)) === 'PidBug') continue;
    const pids: PidRef[] = [];
    for (let i = 0; i < 40; i++) {
      const pid = tryTo(() => a.allocPid(ns));
      if (typeof pid === 'string') break;
      pids.push(pid);
    }
    const nrs = pids.map((pid) => a.pidNrNs(pid, ns));
    if (new Set(nrs).size !== nrs.length) throw new Error(`a number is given out twice: ${nrs.join(' ')}`);
    for (const [i, pid] of pids.entries()) {
      if (a.findPidNs(nrs[i]!, ns) !== pid) throw new Error(`number ${nrs[i]} does not lead to its pid`);
    }
    for (const pid of pids) a.freePid(pid);
  }
  const tasks = Array.from({ length: 40 }, () => a.allocTask());
  for (const task of tasks) a.freeTask(task);
  if (a.traits.maxLevel > 0) a.putPidNs(a.copyPidNs(CLONE_NEWPID, a.initPidNs));
}

function eventOf({ planned, args, from, to, result }: Note, worker: number): Judged {
  return { worker, call: { op: planned.op, args }, result, from, to };
}

/** The judge's own look, after everything. */
function observation(seen: string): Judged {
  const from = Number.MAX_SAFE_INTEGER - 1;
  return { worker: -1, call: { op: 'observe', args: [] }, result: { value: seen }, from, to: from + 1 };
}

/** Which calls were over before which others began: begins between the same ends are alike, and so are ends. */
function precedences(notes: Notes): string {
  const ticks = notes.flatMap((list, t) =>
    list.flatMap(
      ({ from, to }) =>
        [
          [from, `b${t}`],
          [to, `e${t}`],
        ] as const,
    ),
  );
  const order = [...ticks].sort((x, y) => x[0] - y[0]).map(([, what]) => what);
  const runs: string[][] = [];
  for (const what of order) {
    const run = runs.at(-1);
    if (run?.[0]?.[0] === what[0]) run!.push(what);
    else runs.push([what]);
  }
  return runs.map((run) => run.sort().join('')).join(' ');
}
