/** Handles that nobody gave out, or that mean what is gone. */
import { CLONE_NEWPID, type NsRef, type PidAllocator, PidBug, type PidRef, type TaskRef } from '@pidlab/contract';
import { CHOICES, type Parameter, SIGNATURES } from '../sequences/commands.ts';
import { type Counts, count, type Fuzzer } from './fuzzer.ts';

/** What to do, and what it is done with. */
type Item = readonly [what: number, a: number, b: number, c: number, d: number];

/** Items of a run; of so many one lets something come or go. */
const ITEMS = 400;
const LIVES = 8;

export const handles: Fuzzer<Item> = {
  name: 'handles',
  what: 'handles that are forged, of another kind, or of what is gone, to every function: each is a PidBug and changes nothing',
  unit: 'handles',
  variants: ['plain', 'shared'],
  open: ({ createPidAllocator }, variant) => ({
    draw: ({ below }) =>
      Array.from({ length: ITEMS }, () => [
        below(CHOICES),
        below(CHOICES),
        below(CHOICES),
        below(CHOICES),
        below(CHOICES),
      ]),
    play(items, counts) {
      const memory = { memory: 2 ** 20, capacity: 64, namespaces: 16, generationBase: 1 + (items.length % 3) };
      const world = new World(createPidAllocator({ ...memory, shared: variant === 'shared' }), counts);
      let forged = 0;
      for (const [what, a, b, c, d] of items) {
        if (what % LIVES === 0) world.live(a, b);
        else if (world.forge(a, b, c, d)) forged++;
      }
      world.check();
      return forged;
    },
  }),
};

type Kind = 'pid' | 'ns' | 'task';
const isKind = (parameter: Parameter): parameter is Kind =>
  parameter === 'pid' || parameter === 'ns' || parameter === 'task';

/** Functions that take a handle, with the places of those that do. */
const TAKERS = SIGNATURES.flatMap(([method, ...parameters]) => {
  const places = parameters.flatMap((parameter, i) => (isKind(parameter) ? [i] : []));
  return places.length === 0 ? [] : [{ method, parameters, places }];
});

/** An allocator, and the handles that mean something in it. */
class World {
  readonly #a: PidAllocator;
  readonly #counts: Counts;
  readonly #there: Readonly<Record<Kind, number[]>>;
  readonly #gone: Readonly<Record<Kind, number[]>> = { pid: [], ns: [], task: [] };

  constructor(a: PidAllocator, counts: Counts) {
    this.#a = a;
    this.#counts = counts;
    this.#there = { pid: [a.allocPid(a.initPidNs)], ns: [a.initPidNs], task: [a.allocTask()] };
  }

  /** Something comes or goes; one of each kind stays. */
  live(choice: number, which: number): void {
    const a = this.#a;
    const { pid, ns, task } = this.#there;
    const comes = choice % 7 < 4;
    const kind = (['pid', 'pid', 'task', 'ns'] as const)[which % 4];
    if (comes && this.#there[kind].length < (kind === 'ns' ? 8 : 40)) {
      if (kind === 'pid') pid.push(a.allocPid(a.initPidNs));
      else if (kind === 'task') task.push(a.allocTask());
      else ns.push(a.copyPidNs(CLONE_NEWPID, a.initPidNs));
      return;
    }
    if (this.#there[kind].length === 1) return;
    const [gone] = this.#there[kind].splice(1 + (choice % (this.#there[kind].length - 1)), 1);
    if (kind === 'pid') a.freePid(gone as PidRef);
    else if (kind === 'task') a.freeTask(gone as TaskRef);
    else a.putPidNs(gone as NsRef);
    this.#gone[kind].push(gone);
  }

  /** Calls a function with one handle that means nothing. False when it does mean something. */
  forge(which: number, place: number, how: number, from: number): boolean {
    const { method, parameters, places } = TAKERS[which % TAKERS.length];
    const forgedAt = places[place % places.length];
    const kind = parameters[forgedAt] as Kind;
    const handle = this.#forged(kind, how, from);
    if (this.#there[kind].some((real) => real === handle)) return false;
    const args = parameters.map((parameter, i) => (i === forgedAt ? handle : this.#right(parameter, from + i)));
    const before = JSON.stringify(this.#a.stats());
    let value: unknown;
    try {
      value = (this.#a[method] as (...args: unknown[]) => unknown)(...args);
    } catch (error) {
      if (!(error instanceof PidBug)) throw new Error(`${method}(${args.map(String)}): ${error}`, { cause: error });
      if (JSON.stringify(this.#a.stats()) === before) return true;
      throw new Error(`${method}(${args.map(String)}) was refused and has changed something`);
    }
    throw new Error(`${method}(${args.map(String)}) took argument ${forgedAt} for a ${kind}, and said ${value}`);
  }

  /** What looks like a handle of that kind, or like nothing. */
  #forged(kind: Kind, how: number, from: number): unknown {
    const real = this.#there[kind][from % this.#there[kind].length];
    const others = (['pid', 'ns', 'task'] as const).filter((other) => other !== kind);
    const other = this.#there[others[from % 2]];
    const gone = this.#gone[kind];
    const forgeries: readonly (() => unknown)[] = [
      () => real + 2 ** (from % 53),
      () => real - 2 ** (from % 53),
      () => real + 1 + (from % 40),
      () => -real,
      () => real + 0.5,
      () => other[from % other.length],
      () => gone[from % gone.length] ?? 0,
      () => gone[from % gone.length] ?? 1,
      () => (gone.at(-1) ?? 0) + 2 ** 24 * (from % 5),
      () => from * 2 ** (how % 37),
      () => ODDITIES[from % ODDITIES.length],
      () => ({ valueOf: () => real, toString: () => String(real) }),
      () => BigInt(real),
      () => String(real),
    ];
    const which = how % forgeries.length;
    count(this.#counts, NAMES[which]);
    return forgeries[which]();
  }

  /** An argument as it should be. */
  #right(parameter: Parameter, choice: number): number {
    if (isKind(parameter)) return this.#there[parameter][choice % this.#there[parameter].length];
    return parameter === 'type' ? choice % 4 : 300 + (choice % 100);
  }

  /** Everything is as it was. */
  check(): void {
    const a = this.#a;
    const { violations, leaked } = a.checkInvariants();
    if (violations.length + leaked.length > 0) throw new Error([...violations, ...leaked].join('; '));
    for (const pid of this.#there.pid as PidRef[])
      if (a.pidCount(pid) !== 1 || a.findPid(a.pidNr(pid)) !== pid) throw new Error(`pid ${pid} is not what it was`);
    const { pids, namespaces, tasks } = a.stats();
    const { pid, ns, task } = this.#there;
    if (pids !== pid.length || namespaces !== ns.length || tasks !== task.length)
      throw new Error(`${pids} pids, ${namespaces} namespaces, ${tasks} tasks are not what there were`);
  }
}

const ODDITIES: readonly unknown[] = [
  ...[0, -0, 1, -1, 64, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 5e-324],
  ...[undefined, null, true, '', '1', {}, [], () => 1, Symbol('handle')],
];
const NAMES: readonly string[] = [
  ...['a bit more', 'a bit less', 'a line further', 'negative', 'a fraction', 'of another kind', 'gone', 'gone'],
  ...['a later life', 'any number', 'odd', 'an object', 'a bigint', 'a string'],
];
