/**
 * Shared mode from inside: what one worker leaves behind when it is terminated between any two of its stores. Both workers
 * are in this thread; the one that dies does so by an exception at the chosen store, after which none of its stores counts.
 */
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_TGID,
  type PidAllocator,
  PidBug,
  PidError,
  type PidRef,
  type TaskRef,
} from '@pidlab/contract';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.mock('../src/words/mode.ts', () => ({ SHARED: true, CHECKED: true }));

import { bind } from '../src/border/bind.ts';
import { attachState, createState } from '../src/border/create.ts';
import { describeBlock } from '../src/border/descriptor.ts';
import { readOptions } from '../src/border/options.ts';
import { CACHE, HEADER, TASK, WORKER } from '../src/layout.ts';
import { workerAt } from '../src/memory/block.ts';
import { GENERATION_MASK, LINES_LIMIT } from '../src/memory/handles.ts';
import { ALL_CACHES } from '../src/memory/slab.ts';
import type { State } from '../src/types.ts';
import { design } from './design.ts';

/** Thrown at the store at which a worker is terminated, and at all that it tries after it. */
class Terminated extends Error {}

/** How many stores a worker has left. */
interface Life {
  left: number;
  stores: number;
}

const lives = new WeakMap<Int32Array, { readonly target: Int32Array; readonly life: Life }>();

function live(life: Life): void {
  if (life.left === 0) throw new Terminated();
  life.left--;
  life.stores++;
}

/** The same words, for a worker that has so many stores left. */
function mortal(target: Int32Array, life: Life): Int32Array {
  const words = new Proxy(target, {
    get(words, key) {
      const value = Reflect.get(words, key);
      return typeof value === 'function' ? value.bind(words) : value;
    },
    set(words, key, value) {
      live(life);
      words[Number(key)] = value;
      return true;
    },
  });
  lives.set(words, { target, life });
  return words;
}

const STORES = ['add', 'and', 'or', 'store', 'compareExchange'] as const;
const real = { ...Object.fromEntries([...STORES, 'load' as const].map((name) => [name, Atomics[name]])) };

// Not spies, which would keep the arguments of every call.
beforeAll(() => {
  for (const name of STORES) {
    const store = real[name] as (...args: unknown[]) => number;
    const counted = (words: Int32Array, ...rest: unknown[]): number => {
      const found = lives.get(words);
      if (found === undefined) return store(words, ...rest);
      live(found.life);
      return store(found.target, ...rest);
    };
    Object.assign(Atomics, { [name]: counted });
  }
  const load = real.load as typeof Atomics.load;
  Object.assign(Atomics, { load: (words: Int32Array, at: number) => load(lives.get(words)?.target ?? words, at) });
});

afterAll(() => {
  Object.assign(Atomics, real);
});

/** Two workers on one block, with something of everything in it. */
interface Scene {
  readonly a: PidAllocator;
  /** The one that is going to die, and what it has left. */
  readonly b: PidAllocator;
  readonly life: Life;
  readonly s: State;
  readonly root: NsRef;
  readonly child: NsRef;
  readonly grandchild: NsRef;
  /** A namespace below child that only its one pid holds. */
  readonly held: NsRef;
  readonly inHeld: PidRef;
  /** A pid at level 2 without tasks. */
  readonly idle: PidRef;
  /** A dead pid with one reference. */
  readonly dead: PidRef;
  /** A live pid with a reference beside its own. */
  readonly referenced: PidRef;
  /** A pid with three tasks in its group. */
  readonly group: PidRef;
  readonly tasks: readonly TaskRef[];
  /** Hangs on nothing. */
  readonly spare: TaskRef;
}

function scene(): Scene {
  const s = createState(design, readOptions(design, { memory: 2 ** 21, capacity: 64, shared: true, workers: 3 }));
  const a = bind(s);
  const state = attachState(design, describeBlock(s));
  const life: Life = { left: Number.POSITIVE_INFINITY, stores: 0 };
  state.words = mortal(state.words, life);
  const b = bind(state);
  const root = a.initPidNs;
  const child = b.copyPidNs(CLONE_NEWPID, root);
  const grandchild = a.copyPidNs(CLONE_NEWPID, child);
  const held = b.copyPidNs(CLONE_NEWPID, child);
  const inHeld = b.allocPid(held);
  b.putPidNs(held);
  const pids = Array.from({ length: 6 }, (_, i) => (i % 2 === 0 ? a : b).allocPid(grandchild));
  const [idle, dead, referenced, group] = pids;
  a.getPid(dead);
  b.freePid(dead);
  a.getPid(referenced);
  const tasks = Array.from({ length: 3 }, () => b.allocTask());
  for (const task of tasks) a.attachPid(task, PIDTYPE_PGID, group);
  const spare = b.allocTask();
  b.attachPid(tasks[0], PIDTYPE_PID, group);
  return { a, b, life, s, root, child, grandchild, held, inHeld, idle, dead, referenced, group, tasks, spare };
}

/** Runs what has to throw, unless the worker dies before that. */
function refused(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (error instanceof PidError || error instanceof PidBug) return;
    throw error;
  }
  throw new Error('it was not refused');
}

/** What the worker is at when it dies. */
const operations: Readonly<Record<string, (x: Scene) => unknown>> = {
  'allocPid in the root': ({ b, root }) => b.allocPid(root),
  'allocPid two levels down': ({ b, grandchild }) => b.allocPid(grandchild),
  'allocPid with chosen numbers': ({ b, grandchild }) => b.allocPid(grandchild, [20_000]),
  'allocPid on a page that is not there yet': ({ b, child }) => {
    b.setPidMax(child, 100_000);
    b.setLastPid(child, 70_000);
    return b.allocPid(child);
  },
  'allocPid that fails at the last level': ({ b, grandchild, root }) => {
    b.setPidMax(root, 301);
    b.setLastPid(root, 299);
    b.allocPid(root);
    refused(() => b.allocPid(grandchild));
  },
  'as many as are at hand, and more': ({ b, root }) => {
    const pids = Array.from({ length: 140 }, () => b.allocPid(root));
    for (const pid of pids) b.freePid(pid);
  },
  freePid: ({ b, idle }) => b.freePid(idle),
  'freePid with a reference': ({ b, referenced }) => b.freePid(referenced),
  'freePid that ends a namespace': ({ b, inHeld }) => b.freePid(inHeld),
  'putPid of the last reference': ({ b, dead }) => b.putPid(dead),
  'getPid and putPid': ({ b, idle }) => b.putPid(b.getPid(idle)),
  'findGetPid and putPid': ({ b, root }) => b.putPid(b.findGetPid(2, root)!),
  'attachPid to a list': ({ b, spare, group }) => b.attachPid(spare, PIDTYPE_PGID, group),
  'attachPid as the first': ({ b, spare, idle }) => b.attachPid(spare, PIDTYPE_TGID, idle),
  'detachPid of the first': ({ b, tasks }) => b.detachPid(tasks[2], PIDTYPE_PGID),
  'detachPid of the middle': ({ b, tasks }) => b.detachPid(tasks[1], PIDTYPE_PGID),
  'detachPid of all': ({ b, tasks }) => {
    b.detachPid(tasks[0], PIDTYPE_PID);
    for (const task of tasks) b.detachPid(task, PIDTYPE_PGID);
  },
  'transferPid of the first': ({ b, tasks, spare }) => b.transferPid(tasks[2], spare, PIDTYPE_PGID),
  'transferPid of the middle': ({ b, tasks, spare }) => b.transferPid(tasks[1], spare, PIDTYPE_PGID),
  'allocTask and freeTask': ({ b }) => b.freeTask(b.allocTask()),
  'freeTask that is refused': ({ b, tasks }) => refused(() => b.freeTask(tasks[0])),
  copyPidNs: ({ b, grandchild, child }) => [b.copyPidNs(CLONE_NEWPID, child), b.copyPidNs(0, grandchild)],
  'putPidNs of a new one': ({ b, child }) => b.putPidNs(b.copyPidNs(CLONE_NEWPID, child)),
  'putPidNs that does not end it': ({ b, grandchild }) => b.putPidNs(b.getPidNs(grandchild)),
  detach: ({ b }) => b.detach(),
};

/** Runs the operation with so many stores left; true when it was terminated in it. */
function dies(run: (x: Scene) => unknown, x: Scene, stores: number): boolean {
  x.life.left = stores;
  try {
    run(x);
    return false;
  } catch (error) {
    if (error instanceof Terminated) return true;
    // Reported for the store that could not be done any more.
    if (x.life.left === 0 && error instanceof Error) return true;
    throw error;
  }
}

/** What is lost; nothing may be violated. */
function leakedOnly(a: PidAllocator): readonly string[] {
  const { violations, leaked } = a.checkInvariants();
  expect(violations).toEqual([]);
  return leaked;
}

/** Everything that a worker does; returns how many numbers it took. */
function goOn({ a, root, grandchild }: Scene): void {
  a.setPidMax(root, 4_000_000);
  // More than a worker has at hand of either size.
  const pids = Array.from({ length: 150 }, (_, i) => a.allocPid(i % 3 === 0 ? root : grandchild));
  const numbers = pids.map((pid) => a.pidNr(pid));
  expect(new Set(numbers).size).toBe(pids.length);
  // One expectation and not hundreds, each of which takes longer than the call.
  expect(numbers.map((nr) => a.findPid(nr))).toEqual(pids);
  // Whatever is found can be held.
  for (const ns of [root, grandchild]) {
    for (let nr = 1; nr < 200; nr++) {
      const pid = a.findGetPid(nr, ns);
      if (pid !== undefined) a.putPid(pid);
    }
  }
  const ns = a.copyPidNs(CLONE_NEWPID, root);
  const task = a.allocTask();
  a.attachPid(task, PIDTYPE_PID, a.allocPid(ns));
  a.detachPid(task, PIDTYPE_PID);
  a.freeTask(task);
  a.putPidNs(ns);
  for (const pid of pids) a.freePid(pid);
}

/** Whether the worker that died holds a lock: whoever needs it would wait for it. */
function holdsLock({ s }: Scene): boolean {
  const w = s.words;
  const worker = workerAt(s, 1);
  const inHand = [0, 1].map((i) => w[worker + WORKER.at.tasks + i]).filter((taskAt) => taskAt !== 0);
  const locks = [
    HEADER.at.nsLock,
    HEADER.at.pageLock,
    ...ALL_CACHES.map((cache) => cache + CACHE.at.lock),
    ...inHand.map((taskAt) => taskAt + TASK.at.lock),
  ];
  return w[worker + WORKER.at.lockedSlot] !== 0 || locks.some((lock) => w[lock] === 2);
}

/** What the others may do before anybody says that it died: end what it was at itself. */
function endMeanwhile({ a, root, idle, dead, group, tasks, spare, inHeld }: Scene): void {
  const attempts = [
    () => a.freePid(idle),
    () => a.putPid(dead),
    () => a.freePid(inHeld),
    () => a.detachPid(tasks[0], PIDTYPE_PID),
    ...tasks.map((task) => () => a.detachPid(task, PIDTYPE_PGID)),
    ...[spare, ...tasks].map((task) => () => a.detachPid(task, PIDTYPE_PGID)),
    ...[spare, ...tasks].map((task) => () => a.detachPid(task, PIDTYPE_TGID)),
    ...[spare, ...tasks].map((task) => () => a.freeTask(task)),
    () => a.freePid(group),
    // Whatever else there is: the root sees all.
    ...Array.from({ length: 40 }, (_, nr) => () => a.freePid(a.findPidNs(nr, root) ?? group)),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      if (!(error instanceof PidBug)) throw error;
    }
  }
}

const isLong = process.env.PIDLAB_LONG === '1';

describe('what another worker ends before a terminated one is declared gone stays ended, after', () => {
  for (const [name, run] of Object.entries(operations)) {
    if (name === 'as many as are at hand, and more') continue;
    test(name, () => {
      // After each of its stores it is terminated below, too; here after every fourth one, unless there is time (`npm test -- --long`).
      for (let stores = 0; ; stores += isLong ? 1 : 4) {
        const x = scene();
        if (!dies(run, x, stores)) break;
        if (!holdsLock(x)) endMeanwhile(x);
        x.a.declareGone(1);
        expect(leakedOnly(x.a).length, `${name}, ${stores} stores done`).toBeLessThan(6);
        goOn(x);
        leakedOnly(x.a);
      }
    });
  }
});

describe('a worker that is terminated between any two of its stores, in', () => {
  for (const [name, run] of Object.entries(operations)) {
    test(name, () => {
      let stores = 0;
      // The long one is mostly the same over and over.
      for (; ; stores += stores < (isLong ? 150 : 80) ? 1 : 23) {
        const x = scene();
        const dead = dies(run, x, stores);
        if (!dead) break;
        x.a.declareGone(1);
        const at = `${name}, ${stores} stores done`;
        expect(leakedOnly(x.a).length, at).toBeLessThan(6);
        const before = x.a.stats();
        goOn(x);
        leakedOnly(x.a);
        expect({ ...x.a.stats(), pages: 0, usedBytes: 0 }, at).toEqual({ ...before, pages: 0, usedBytes: 0 });
        // What others had is what it was.
        expect(x.a.pidNrNs(x.referenced, x.grandchild)).toBeGreaterThan(0);
        if (name !== 'putPid of the last reference') x.a.putPid(x.dead);
        // Its slot can be had again.
        const c = bind(attachState(design, x.a.share()));
        expect(c.workerSlot).toBe(1);
        c.detach();
      }
      expect(stores).toBeGreaterThan(1);
    });
  }
});

test('a record whose lives are used up is nothing, wherever its worker is terminated', () => {
  for (let stores = 0, died = true; died; stores++) {
    const options = { memory: 2 ** 21, capacity: 64, shared: true, workers: 2, generationBase: GENERATION_MASK };
    const s = createState(design, readOptions(design, options));
    const a = bind(s);
    const state = attachState(design, describeBlock(s));
    const life: Life = { left: Number.POSITIVE_INFINITY, stores: 0 };
    state.words = mortal(state.words, life);
    const b = bind(state);
    const task = b.allocTask();
    life.left = stores;
    try {
      b.freeTask(task);
      died = false;
    } catch (error) {
      if (!(error instanceof Terminated)) throw error;
    }
    // The handle that would follow the last one, were generations to go round.
    const next = (task % LINES_LIMIT) as never;
    for (const call of [a.pidNr, a.freeTask, a.nsLevel])
      expect(() => call(next), `${stores} stores done`).toThrow(PidBug);
    if (died) a.declareGone(1);
    leakedOnly(a);
  }
});

describe('declareGone', () => {
  test('of a worker that did nothing leaves nothing', () => {
    const { a } = scene();
    a.declareGone(1);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  test('refuses a slot that does not exist, that nobody has, and the own one', () => {
    const { a } = scene();
    expect(() => a.declareGone(3)).toThrow(/EINVAL/);
    expect(() => a.declareGone(-1)).toThrow(PidError);
    expect(() => a.declareGone(2)).toThrow(/no worker/);
    expect(() => a.declareGone(0)).toThrow(/own/);
    expect(() => a.declareGone('1' as never)).toThrow(PidBug);
  });
});

test('a worker waits for a lock no longer than it has patience, and then says whom to declare gone', () => {
  const { a, b, life, idle } = scene();
  life.left = 3;
  expect(() => b.freePid(idle)).toThrow(Terminated);
  let now = 0;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 1000));
  try {
    expect(() => a.freePid(idle)).toThrow(/EBUSY: worker slot 1 holds a lock .* declareGone\(1\)/);
  } finally {
    clock.mockRestore();
  }
  a.declareGone(1);
  a.freePid(idle);
  expect(a.checkInvariants().violations).toEqual([]);
});
