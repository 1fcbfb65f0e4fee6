/** Hostile hands on a process table, whose hooks throw, refuse and call the table again. */
import { PidBug, PidError, type Strategy } from '@pidlab/contract';
import * as processTable from '@pidlab/process-table';
import { type Limits, type Process, type ProcessTable, SIGCHLD } from '@pidlab/process-table';
import type { Tables } from '../faults/tables.ts';
import { type Counts, count, type Fuzzer } from './fuzzer.ts';

/** Who does it, what, and four choices that it makes: of the caller, of another process, and two more. */
type Item = readonly [by: 'caller' | 'hook', what: string, p: number, q: number, x: number, y: number];

/** Calls of a run, and how many of them a hook makes. */
const ITEMS = 80;
const HOOKED = 3 / 8;

/** Everything is ended after so many blows, or it cannot be. */
const BLOWS = 100;

export const table: Fuzzer<Item> = fuzzerOf(processTable);

/** Also for a table that is broken on purpose. */
export function fuzzerOf(tables: Tables): Fuzzer<Item> {
  return {
    name: 'table',
    what: 'random calls of a process table by whoever is there, with hooks that throw, refuse and call it again: all invariants hold after each, and everything can be ended',
    unit: 'calls',
    variants: ['guests', 'linux'],
    open: (strategy, variant) => ({
      draw({ below, pick }) {
        const length = 1 + below(ITEMS);
        const by = () => (below(1_000) < 1_000 * HOOKED ? 'hook' : 'caller');
        return Array.from({ length }, () => [
          by(),
          pick(WHEEL),
          below(1_000),
          below(1_000),
          below(1_000),
          below(1_000),
        ]);
      },
      play: (items, counts) => run(tables, strategy, variant as 'guests' | 'linux', items, counts),
    }),
  };
}

type Table = ProcessTable<string>;
type P = Process<string>;
/** `told` does what a hook does, or ends the caller, for who hands in options that have getters. */
type Call = (t: Table, p: P, q: P, x: number, y: number, told: () => void) => unknown;

const SIGNALS = [0, 1, 9, 10, 15, 17, 18, 19, 20, 34, 40, 64, 65, -1];
const DISPOSITIONS = ['default', 'ignore', 'handle'] as const;
const OPTIONS = [0, 1, 2, 3, 8, 11, 4, 7, 15, 0x100_0005, 0x4000_0001, 0x8000_0001, 0x2000_0001, 99];

const nr = (x: number): number => (x % 40) - 12;
const signal = (y: number): number => SIGNALS[y % SIGNALS.length];
const limits = (x: number): Limits => ({ pids: x % 30, namespaces: x % 5, pidfds: x % 4, pendingSignals: x % 3 });

const calls: Record<string, Call> = {
  fork: (t, p) => t.fork(p),
  clone: (t, p, _, x, y) =>
    t.clone(p, {
      newPid: (x & 3) === 3,
      thread: (x & 12) === 12,
      parent: (x & 48) === 48,
      newSession: (x & 64) !== 0,
      ...(y % 7 === 0 ? { setTid: Array.from({ length: y % 4 }, (_, i) => nr(y + i)) } : {}),
      ...(y % 11 === 0 ? { exitSignal: signal(x) } : {}),
      ...(y % 13 === 0 ? { limits: limits(x) } : {}),
      ...(y % 17 === 0 ? { payloadOf: () => (x % 3 === 0 ? fail() : 'made') } : {}),
    }),
  thread: (t, p) => t.clone(p, { thread: true }),
  cloneByGetters: (t, p, _, x, y, told) =>
    t.clone(p, telling({ newPid: x % 3 === 0, ...(y % 5 === 0 ? { setTid: telling([nr(y)], told) } : {}) }, told)),
  openByGetter: (t, p, _, x, y, told) => t.openPidfd(p, nr(x), telling({ thread: y % 2 === 0 }, told)),
  sigactionByGetter: (t, p, _, x, y, told) =>
    t.sigaction(p, signal(y), DISPOSITIONS[x % 3], telling({ noCldWait: x % 5 === 0 }, told)),
  box: (t, p, _, x) => t.clone(p, { newPid: true, newSession: x % 2 === 0 }),
  unshare: (t, p) => t.unshare(p),
  setns: (t, p, q) => t.setns(p, q.pidNs),
  exec: (t, p) => t.exec(p),
  exit: (t, p, _, x) => p === t.init || t.exit(p, x),
  exitGroup: (t, p, _, x) => p.leader === t.init || t.exitGroup(p, x),
  wait4: (t, p, _, x, y) => t.wait4(p, nr(x), OPTIONS[y % OPTIONS.length]),
  waitid: (t, p, _, x, y) => t.waitid(p, x % 5, nr(y), OPTIONS[y % OPTIONS.length]),
  subreaper: (t, p, _, x) => t.setChildSubreaper(p, x % 2 === 0),
  kill: (t, p, _, x, y) => t.kill(p, nr(x), signal(y)),
  killOther: (t, p, q, _, y) => t.kill(p, t.allocator.pidNrNs(q.pid, p.pidNs), signal(y)),
  tgkill: (t, p, q, _, y) => t.tgkill(p, t.getpid(q), t.gettid(q), signal(y)),
  sigqueue: (t, p, q, _, y) => t.sigqueue(p, t.allocator.pidNrNs(q.pid, p.pidNs), signal(y), y),
  outside: (t, _, q, __, y) => q.leader === t.init || t.signalFromOutside(q, signal(y)),
  sigaction: (t, p, _, x, y) =>
    t.sigaction(p, y % 3 === 0 ? SIGCHLD : signal(y), DISPOSITIONS[x % 3], { noCldWait: x % 5 === 0 }),
  setpgid: (t, p, _, x, y) => t.setpgid(p, nr(x), nr(y)),
  joinOther: (t, p, q, _, y) => t.setpgid(p, y % 2 === 0 ? 0 : nr(y), t.allocator.pidNrNs(q.pid, p.pidNs)),
  setsid: (t, p) => t.setsid(p),
  openPidfd: (t, p, _, x, y) => t.openPidfd(p, nr(x), { thread: y % 2 === 0 }),
  limits: (t, _, q, x, y) => t.setLimits(q.pidNs, y % 2 === 0 ? limits(x) : { pids: 900, namespaces: 90 }),
  look: (t, p, q, x) => {
    t.status(1, q.pidNs);
    t.listThreads(nr(x), p.pidNs);
    return [t.usage(q.pidNs), t.nsParent(p, q.pidNs), t.getpgid(p, nr(x)), t.getsid(p, nr(x))];
  },
  translate: (t, p, q, x) => [t.pidInPidNs(p, q.pidNs, nr(x)), t.tgidFromPidNs(p, q.pidNs, nr(x))],
};

/** The same, but each time that something of it is read, `told` is called. */
function telling<T extends object>(options: T, told: () => void): T {
  for (const [key, value] of Object.entries(options)) {
    const get = (): unknown => {
      told();
      return value;
    };
    Object.defineProperty(options, key, { get });
  }
  return options;
}

const WHEEL: readonly string[] = [
  ...Object.keys(calls),
  ...['fork', 'fork', 'fork', 'clone', 'clone', 'box', 'thread', 'kill', 'setpgid', 'joinOther'],
];

const THROWN = 'thrown by a hook';

function fail(): never {
  throw new Error(THROWN);
}

/** Calls the table, and as the hooks' own items say, one each time that a hook is called. */
class Hands {
  readonly all: P[] = [];
  t!: Table;
  made = 0;
  readonly #counts: Counts;
  readonly #hooked: Item[];
  #depth = 0;

  constructor(hooked: readonly Item[], counts: Counts) {
    this.#hooked = [...hooked];
    this.#counts = counts;
  }

  act([by, what, p, q, x, y]: Item): void {
    this.made++;
    const alive = this.all.filter(({ state }) => state !== 'dead');
    // Mostly somebody who can; now and then anybody.
    const caller = x % 29 === 0 ? this.all[p % this.all.length] : alive[p % alive.length];
    try {
      const told = x % 4 === 0 ? () => this.#end(caller) : this.told;
      const made = calls[what](this.t, caller, alive[q % alive.length], x, y, told);
      if (typeof made === 'object' && made !== null && 'pidNs' in made) this.all.push(made as P);
      count(this.#counts, `done by a ${by}`);
    } catch (error) {
      for (const one of error instanceof AggregateError ? error.errors : [error]) this.#note(one);
    }
  }

  /** What a getter does to who hands it in. */
  #end(caller: P): void {
    if (caller.state === 'running' && caller.leader !== this.t.init) this.t.exit(caller, 0);
  }

  #note(error: Error): void {
    if (error instanceof PidError) count(this.#counts, error.code);
    else if (error instanceof PidBug || error.message === THROWN) count(this.#counts, error.name);
    else throw error;
  }

  /** What a hook does: nothing, a call, or a throw. */
  readonly told = (): void => {
    if (this.#depth > 3) return;
    const item = this.#hooked.pop();
    if (item === undefined) return;
    this.#depth++;
    this.act(item);
    this.#depth--;
    if (item[5] % 3 === 0) fail();
  };

  readonly asked = (): boolean => {
    const item = this.#hooked.at(-1);
    if (item === undefined) return true;
    this.told();
    return item[4] % 4 !== 0;
  };
}

function run(
  { createProcessTable }: Tables,
  { createPidAllocator }: Strategy,
  isolation: 'guests' | 'linux',
  items: readonly Item[],
  counts: Counts,
): number {
  const hands = new Hands(
    items.filter(([by]) => by === 'hook'),
    counts,
  );
  const { told, asked } = hands;
  const t = createProcessTable<string>({
    allocator: createPidAllocator({ capacity: 1_024, namespaces: 40 }),
    initPayload: 'init',
    isolation,
    ...{ deliver: told, exited: told, childChanged: told, mayKill: asked, mayFork: asked, maySetTid: asked },
  });
  hands.t = t;
  hands.all.push(t.init);
  for (const item of items) {
    if (item[0] === 'hook') continue;
    hands.act(item);
    // The hooks may have ended the root's init by a thread of it.
    if (t.size === 0) break;
    const [broken] = t.checkInvariants();
    if (broken !== undefined) throw new Error(`after ${item}: ${broken}`);
  }
  endAll(t);
  return hands.made;
}

/** Kills the root's init, and with it everybody. */
function endAll(t: Table): void {
  for (let i = 0; t.size > 0 && i < BLOWS; i++) {
    try {
      t.signalFromOutside(t.init, 9);
    } catch (error) {
      if (t.init.state !== 'dead' && !(error as Error).message.includes('hook')) throw error;
    }
  }
  const { pids, tasks, namespaces } = t.allocator.stats();
  const left = [t.size, pids, tasks, namespaces].join();
  if (left !== '0,0,0,1') throw new Error(`processes, pids, tasks, namespaces that are left: ${left}`);
  const [broken] = t.checkInvariants();
  if (broken !== undefined) throw new Error(`at the end: ${broken}`);
}
