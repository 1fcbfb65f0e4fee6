import { PidBug, PidError, type Strategy } from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createProcessTable,
  type ProcessTable,
  restoreProcessTable,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  type TableSnapshot,
  WNOHANG,
} from '../src/index.ts';
import { bug, createWorld, each, type P, picture, subjects } from './worlds.ts';

type Step = readonly [what: number, who: number, x: number, y: number];

const SIGNALS = [SIGTERM, SIGKILL, SIGSTOP, SIGSTOP, SIGCONT, SIGUSR1, 40];

/** One step, by whom the root knows by number. */
function act(t: ProcessTable<string>, [what, who, x, y]: Step): unknown {
  const root = t.init.pidNs;
  const alive = t
    .listProcesses(root)
    .flatMap((nr) => t.listThreads(nr, root))
    .map((nr) => t.findProcess(nr, root)!);
  const able = alive.filter(({ state }) => state === 'running' || state === 'stopped');
  const p = able[who % able.length];
  const q = alive[x % alive.length];
  const calls = [
    () => t.fork(p).payload,
    () => t.fork(p).payload,
    () => t.clone(p, { newPid: x % 2 === 0, thread: x % 4 === 1, parent: x % 4 === 3 }).payload,
    () => p.leader === t.init || t.exit(p, x),
    () => JSON.stringify(t.wait4(p, -1, WNOHANG)),
    () => t.kill(p, t.allocator.pidNrNs(q.pid, p.pidNs), SIGNALS[y % SIGNALS.length]),
    () => t.sigaction(p, [SIGTERM, SIGUSR1, 40, SIGCHLD][y % 4], (['handle', 'ignore'] as const)[x % 2]),
    () => t.setsid(p),
    () => t.setpgid(p, 0, y % 3 === 0 ? 0 : t.allocator.pidNrNs(q.pid, p.pidNs)),
    () => t.unshare(p),
    () => t.setns(p, q.pidNs),
    () => t.exec(p),
    () => t.setChildSubreaper(p, x % 2 === 0),
    () => void t.openPidfd(p, t.getpid(p)),
    () => t.setLimits(p.pidNs, { pids: 40 + x, pendingSignals: y % 5 }),
  ];
  try {
    return calls[what % calls.length]();
  } catch (error) {
    if (!(error instanceof PidError)) throw error;
    return error.message;
  }
}

function restored({ createPidAllocator }: Strategy, saved: TableSnapshot): ProcessTable<string> {
  const snapshot = structuredClone(saved);
  const allocator = createPidAllocator({ snapshot: snapshot.allocator });
  return restoreProcessTable({ allocator, snapshot, payloadOf: (payload) => payload as string });
}

function usages(t: ProcessTable<string>): unknown {
  const { pids, namespaces, pendingSignals } = t.usage(t.init.pidNs);
  return [pids, namespaces, pendingSignals];
}

const steps = fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)), { maxLength: 40, size: 'max' });
const RUNS = { numRuns: Number(process.env.RUNS ?? 60), seed: Number(process.env.SEED ?? 20_071_019) };

describe('snapshots', () => {
  for (const subject of subjects.slice(0, 3))
    for (const isolation of ['guests', 'linux'] as const)
      test(`${subject.name}, ${isolation}: what is restored goes on as the other does`, () => {
        fc.assert(
          fc.property(steps, steps, (before, after) => {
            const { t } = createWorld(subject, { isolation });
            for (const step of before) act(t, step);
            const copy = restored(subject, t.snapshot());
            expect([copy.checkInvariants(), picture(copy), usages(copy)]).toEqual([[], pictureWithout(t), usages(t)]);
            for (const step of after) {
              if (step[0] % 15 === 13) continue; // pidfds are not in a snapshot
              expect(act(copy, step), `${step}`).toEqual(act(t, step));
              expect([copy.checkInvariants(), seen(copy)]).toEqual([[], seen(t)]);
            }
          }),
          RUNS,
        );
      });

  test('whatever is damaged is refused, or is whole', () => {
    const [subject] = subjects;
    let refused = 0;
    const numbers = fc.oneof(
      fc.integer({ min: -2, max: 12 }),
      fc.constantFrom(Number.NaN, 2 ** 53, 'x', null, undefined),
    );
    fc.assert(
      fc.property(steps, fc.nat(), numbers, (before, where, value) => {
        const { t } = createWorld(subject);
        for (const step of before) act(t, step);
        const saved = structuredClone(t.snapshot());
        damage(saved.table, where, value);
        const allocator = subject.createPidAllocator({ snapshot: saved.allocator });
        const bytes = allocator.snapshot();
        try {
          const copy = restoreProcessTable<unknown>({ allocator, snapshot: saved });
          expect(copy.checkInvariants()).toEqual([]);
          copy.signalFromOutside(copy.init, SIGKILL);
          expect([copy.size, allocator.stats().tasks]).toEqual([0, 0]);
        } catch (error) {
          expect(error).toBeInstanceOf(PidBug);
          refused++;
          expect(Buffer.compare(allocator.snapshot(), bytes)).toBe(0);
        }
      }),
      { ...RUNS, numRuns: 3 * RUNS.numRuns },
    );
    expect(refused).toBeGreaterThan(RUNS.numRuns);
  });
});

/** References of pidfds are given back where the table is restored. */
function pictureWithout(t: ProcessTable<string>): unknown {
  return { ...(picture(t) as object), pids: expect.any(Number) };
}

function seen(t: ProcessTable<string>): unknown {
  return (picture(t) as { readonly processes: unknown }).processes;
}

/** Puts `value` in the place of one of the leaves. */
function damage(tree: unknown, where: number, value: unknown): void {
  const leaves: [holder: Record<string, unknown>, key: string][] = [];
  const visit = (holder: Record<string, unknown>): void => {
    for (const [key, item] of Object.entries(holder))
      if (key === 'payload') continue;
      else if (typeof item === 'object' && item !== null) {
        if (Array.isArray(item)) leaves.push([holder, key]);
        visit(item as Record<string, unknown>);
      } else leaves.push([holder, key]);
  };
  visit(tree as Record<string, unknown>);
  const [holder, key] = leaves[where % leaves.length];
  holder[key] = value;
}

each('payloads are saved and made as one likes, and hooks are the new host’s', ({ t, init, strategy }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGTERM, 'handle');
  const saved = t.snapshot((payload) => payload.toUpperCase());
  const told: string[] = [];
  const made: P[] = [];
  const copy = restoreProcessTable<string>({
    allocator: strategy.createPidAllocator({ snapshot: saved.allocator }),
    snapshot: saved,
    payloadOf: (payload, process) => {
      made.push(process);
      return `${payload} again`;
    },
    deliver: ({ payload }, { signal }) => void told.push(`${payload} ${signal}`),
  });
  expect(made.map(({ payload, task }) => [payload, copy.processOf(task)?.payload])).toEqual([
    ['INIT again', 'INIT again'],
    ['P again', 'P again'],
  ]);
  copy.kill(copy.init, 2, SIGTERM);
  expect(told).toEqual(['P again 15']);
  bug(t, () => copy.kill(init, 2, SIGTERM));
});

each('what a snapshot is not', ({ t, strategy }) => {
  const allocator = strategy.createPidAllocator({ snapshot: t.snapshot().allocator });
  const restore = (snapshot: unknown, more = {}): unknown =>
    restoreProcessTable({ allocator, snapshot: snapshot as TableSnapshot, ...more });
  for (const snapshot of [undefined, null, 7, {}, { allocator: 1 }, { table: null }, { table: { version: 2 } }])
    expect(() => restore(snapshot)).toThrow(PidBug);
  const other = createProcessTable({ allocator: strategy.createPidAllocator({ capacity: 16 }), initPayload: '' });
  expect(() => restore(other.snapshot())).toThrow(PidBug);
  expect(() => restore(t.snapshot(), { payloadOf: 7 })).toThrow(PidBug);
  bug(t, () => t.snapshot(7 as never));
  bug(t, () => t.snapshot(() => t.fork(t.init)));
  expect(() => restore(t.snapshot(), { payloadOf: () => t.init.payload })).not.toThrow();
});

/** The table's part of a snapshot, to be damaged. */
interface Loose {
  version: number;
  readonly tasks: {
    task: number;
    pid: number;
    home: number;
    childHome: number;
    life: string;
    execId: number;
    children: number[];
  }[];
  readonly processes: LooseProcess[];
  readonly namespaces: { ref: number; parent: number; init: number; pidfds: number[] }[];
  readonly sessions: { pid: number; holder: number; pgrps: { pid: number; members: number[] }[] }[];
}
interface LooseProcess {
  threads: number[];
  exitSignal: number;
  parentExecId: number;
  status: number;
  stopped: boolean;
  actions: [signal: number, action: string][];
  pending: { thread: number; signal: number }[];
}

/** Expects that the damage is seen, and that the allocator is as it was. */
function refuses({ createPidAllocator }: Strategy, saved: TableSnapshot, damage: Damage, what: string | RegExp): void {
  const snapshot = structuredClone(saved);
  damage(snapshot.table as Loose);
  const allocator = createPidAllocator({ snapshot: snapshot.allocator });
  const bytes = allocator.snapshot();
  expect(() => restoreProcessTable({ allocator, snapshot }), `${what}`).toThrow(what);
  expect(Buffer.compare(allocator.snapshot(), bytes)).toBe(0);
}

type Damage = (table: Loose) => unknown;

/** What is wrong with a snapshot beside the allocator's part of it, found by `npm run fuzz`. */
const damages: Record<string, Damage> = {
  'a pidfd of a live process without a reference': ({ tasks, namespaces }) => namespaces[0].pidfds.push(tasks[1].pid),
  'a next child in a namespace without a reference to it': ({ tasks }) => {
    tasks[1].childHome = 1;
  },
  'a zombie whose next child is in another namespace': ({ tasks }) => {
    for (const task of tasks) if (task.life === 'zombie') task.childHome = 2;
  },
  'an empty namespace with the init of another': ({ namespaces }) => {
    namespaces[2].init = 0;
  },
};
for (const [what, damage] of Object.entries(damages))
  each(`${what} is refused, and nothing has changed`, ({ t, init, box, strategy }) => {
    t.fork(init);
    box();
    t.exit(t.fork(init), 0);
    t.unshare(init);
    refuses(strategy, t.snapshot(), damage, 'snapshot is damaged');
  });

const stopped = ({ processes }: Loose): LooseProcess => processes.find((process) => process.stopped)!;
const ended = ({ processes }: Loose): LooseProcess => processes.find(({ status }) => status !== -1)!;
const running = ({ processes }: Loose): LooseProcess => processes.find((one) => one.status === -1 && !one.stopped)!;
const children = ({ tasks }: Loose): number[] => tasks.find((task) => task.children.length > 0)!.children;
const members = ({ sessions }: Loose): number[] =>
  sessions.flatMap(({ pgrps }) => pgrps).find((pgrp) => pgrp.members.length > 1)!.members;

/** What is said of one thing that is wrong in an otherwise good snapshot. */
const refusals: readonly (readonly [what: string, damage: Damage])[] = [
  ['its version has to be 2', (table) => (table.version = 1)],
  ['a list is none, or has holes', (table) => (running(table).threads = 7 as never)],

  ['its root is another', ({ namespaces }) => (namespaces[0].ref = namespaces[1].ref)],
  ['its root is another', ({ namespaces }) => (namespaces[0].parent = 0)],
  ['a namespace is below another', ({ namespaces }) => (namespaces[2].parent = 1)],
  ['a namespace is there twice', ({ namespaces }) => namespaces.push(namespaces[1])],

  ['a thread is in two processes', (table) => running(table).threads.push(stopped(table).threads[0])],
  ['a task is in no state', ({ tasks }) => (tasks[0].life = 'dead')],
  ['a place is in no list', ({ tasks }) => (tasks[0].home = 99)],
  ['a process has no thread', ({ processes }) => processes.push({ ...processes[0], threads: [] })],
  ['a thread is in no process', ({ processes }) => processes.find(({ threads }) => threads.length > 1)!.threads.pop()],
  ['an action is no action', (table) => stopped(table).actions.push([SIGUSR1, 'default'])],
  ['exitSignal is 65', (table) => (running(table).exitSignal = 65)],
  ['a process that has ended is stopped', (table) => (ended(table).stopped = true)],
  ['a process has a status, and has not ended', (table) => (running(table).status = 0)],
  ['a process has a status, and has not ended', (table) => (ended(table).status = -1)],

  ['a process group is empty', ({ sessions }) => sessions[0].pgrps.push({ pid: sessions[0].pid, members: [] })],
  ['a process is in two groups', (table) => members(table).push(members(table)[0])],
  ['a process is in no group', (table) => members(table).pop()],
  ['the holder of a session is in another', ({ sessions: [one, other] }) => (one.holder = other.holder)],
  ['the holder of a session is in another', ({ sessions: [one, other] }) => (other.holder = one.holder)],

  ['a process is a child of two', (table) => children(table).push(children(table)[0])],
  ['a process is nobody’s child', (table) => children(table).pop()],

  ['signals wait for a process that is not stopped', (table) => (stopped(table).stopped = false)],
  ['a signal waits for another’s thread', (table) => (stopped(table).pending[0].thread = running(table).threads[0])],

  // The first is of a process that has been reaped, so no other reference is there.
  ['a pidfd has no reference to its process', ({ namespaces: [{ pidfds }] }) => pidfds.push(pidfds[0])],
  ['a pidfd has no reference to its process', ({ namespaces: [{ pidfds }] }) => pidfds.push(pidfds[1])],
];

each('whatever one thing is wrong, it is named, and nothing has changed', ({ t, init, box, strategy }) => {
  const p = t.fork(init);
  t.clone(p, { thread: true });
  t.fork(p);
  box();
  box();
  t.exit(t.fork(init), 0);
  const held = t.fork(init);
  const nr = t.getpid(held);
  t.sigaction(held, SIGTERM, 'handle');
  t.kill(init, nr, SIGSTOP);
  t.tgkill(init, nr, nr, SIGTERM);
  const gone = t.fork(init);
  for (const process of [gone, p]) t.openPidfd(init, t.getpid(process));
  const goneNr = t.getpid(gone);
  t.exit(gone, 0);
  t.wait4(init, goneNr);
  const saved = t.snapshot();
  expect(restored(strategy, saved).checkInvariants()).toEqual([]);
  for (const [what, damage] of refusals) refuses(strategy, saved, damage, new RegExp(`: ${what}$`));
});

each('what waits, for a process or one thread, waits again; a pidfd of who is gone is given back', (world) => {
  const { t, init, strategy } = world;
  const p = t.fork(init, 'p');
  for (const signal of [SIGTERM, SIGUSR1]) t.sigaction(p, signal, 'handle');
  t.clone(p, { thread: true, payload: 'thread' });
  t.kill(init, 2, SIGSTOP);
  t.kill(init, 2, SIGUSR1);
  t.tgkill(init, 2, 3, SIGTERM);
  t.openPidfd(init, t.getpid(t.fork(init)));
  t.kill(init, 4, SIGKILL);
  t.wait4(init, 4);
  const snapshot = structuredClone(t.snapshot());
  const told: string[] = [];
  const copy = restoreProcessTable<string>({
    allocator: strategy.createPidAllocator({ snapshot: snapshot.allocator }),
    snapshot,
    deliver: ({ payload }, { signal, action }) => void told.push(`${payload} ${signal} ${action}`),
  });
  expect([t.allocator.stats().pids, copy.allocator.stats().pids]).toEqual([4, 3]);
  copy.kill(copy.init, 2, SIGCONT);
  expect(told).toEqual(['p 18 continue', 'thread 15 handle', 'p 10 handle']);
});

/** Says that the process has ended, and nothing else. */
function end(saved: TableSnapshot, { task }: P): TableSnapshot {
  const ending = structuredClone(saved);
  const { tasks, processes } = ending.table as Loose;
  const at = tasks.findIndex((one) => one.task === task);
  tasks[at].life = 'zombie';
  processes.find(({ threads: [leader] }) => leader === at)!.status = 0;
  return ending;
}

each('where an init is said to have ended, nobody is alive, and nobody is born', ({ t, init, box, strategy }) => {
  const inner = box();
  const p = t.fork(init);
  t.setns(p, inner.pidNs);
  const copy = restored(strategy, end(t.snapshot(), inner));
  expect(() => copy.fork(copy.processOf(p.task)!)).toThrow('ENOMEM');
  expect(copy.wait4(copy.init, -1)).toMatchObject({ process: { task: inner.task } });
  expect(copy.checkInvariants()).toEqual([]);
  t.fork(p);
  refuses(strategy, end(t.snapshot(), inner), () => {}, /it is alive, and the init of a namespace .* has ended$/);
});

each('a snapshot of a version that counted how often a task has done exec', ({ t, init, strategy }) => {
  const parent = t.fork(init);
  const { task } = t.clone(parent, { exitSignal: SIGUSR1 });
  for (const [before, now] of [
    [3, 3],
    [3, 4],
  ]) {
    const saved = structuredClone(t.snapshot());
    const { tasks, processes } = saved.table as Loose;
    const at = tasks.findIndex((one) => one.task === task);
    processes.find(({ threads: [leader] }) => leader === at)!.parentExecId = before;
    tasks.find((one) => one.task === parent.task)!.execId = now;
    const copy = restored(strategy, saved);
    const [from, to] = [copy.processOf(task)!, copy.processOf(parent.task)!];
    // The default of SIGUSR1 would end who gets it; SIGCHLD is ignored.
    copy.sigaction(to, SIGUSR1, 'default');
    copy.exit(from, 0);
    expect(to.state).toBe(before === now ? 'zombie' : 'running');
    expect(copy.checkInvariants()).toEqual([]);
  }
});

// Who is born outside is never in a session that began inside. A snapshot can say so nevertheless, and is whole.
const joins: Record<string, (table: Loose, own: number, inner: number) => void> = {
  'a group of it': ({ sessions }, own, inner) => {
    const from = sessions.find(({ pgrps }) => pgrps.some(({ pid }) => pid === own))!;
    const [pgrp] = from.pgrps.splice(
      from.pgrps.findIndex(({ pid }) => pid === own),
      1,
    );
    sessions.find(({ pid }) => pid === inner)!.pgrps.push(pgrp);
  },
  'the group of its founder': (table, _, inner) => {
    const { pgrps } = table.sessions.find(({ pid }) => pid === inner)!;
    pgrps[0].members.push(members(table).pop()!);
  },
};
for (const [where, join] of Object.entries(joins))
  each(
    `as on Linux an init waits for the number of a session with somebody outside in ${where}, in a copy too`,
    ({ t, init, box, strategy }) => {
      const inner = box();
      const founder = t.fork(inner);
      t.setsid(founder);
      const outer = t.fork(init);
      if (where === 'a group of it') t.setpgid(outer, 0, 0);
      const saved = structuredClone(t.snapshot());
      join(saved.table as Loose, outer.pid, founder.pid);
      const first = restored(strategy, saved);
      first.exit(first.processOf(inner.task)!, 0);
      const second = restored(strategy, first.snapshot());
      for (const copy of [first, second]) {
        const [waiting, last] = [inner, outer].map(({ task }) => copy.processOf(task)!);
        expect([waiting.state, copy.getsid(last, 0)]).toEqual(['exiting', copy.allocator.pidNr(founder.pid)]);
        copy.exit(last, 0);
        copy.wait4(copy.init, copy.allocator.pidNr(outer.pid));
        expect([waiting.state, copy.checkInvariants()]).toEqual(['zombie', []]);
      }
    },
    { isolation: 'linux' },
  );

test('a list that only says that it is long is refused at once', () => {
  const [subject] = subjects;
  const { t, init, box } = createWorld(subject);
  t.openPidfd(box(), 1);
  const stopped = t.fork(init);
  t.sigaction(stopped, SIGTERM, 'handle');
  t.signalFromOutside(stopped, SIGSTOP);
  t.signalFromOutside(stopped, SIGTERM);
  const saved = t.snapshot();
  const allocator = subject.createPidAllocator({ snapshot: saved.allocator });
  let lists = 0;
  const visit = (path: readonly string[], value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) visit([...path, key], item);
    if (!Array.isArray(value)) return;
    lists++;
    const snapshot = structuredClone(saved);
    const list = path.reduce((at, key) => Reflect.get(at, key), snapshot.table as object) as unknown[];
    list.length = 2 ** 32 - 1;
    expect(() => restoreProcessTable({ allocator, snapshot }), path.join('.')).toThrow(PidBug);
  };
  visit([], saved.table);
  expect(lists).toBeGreaterThan(20);
}, 20_000);

let table: ProcessTable<string>;
each(
  'a hook takes no snapshot: the news of the others would be lost',
  ({ t, init }) => {
    table = t;
    const p = t.fork(init);
    expect(() => t.exit(p, 0)).toThrow('would be lost');
  },
  { exited: () => void table.snapshot() },
);
