import { PidBug, PidError } from '@pidlab/contract';
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

type Subject = (typeof subjects)[number];
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

function restored(subject: Subject, saved: TableSnapshot): ProcessTable<string> {
  const snapshot = structuredClone(saved);
  const allocator = subject.createPidAllocator({ snapshot: snapshot.allocator });
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

/** What is wrong with a snapshot beside the allocator's part of it, found by `npm run fuzz`. */
interface Loose {
  readonly tasks: { pid: number; life: string; childHome: number }[];
  readonly namespaces: { ref: number; init: number; pidfds: number[] }[];
}
const damages: Record<string, (table: Loose) => void> = {
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
    const snapshot = structuredClone(t.snapshot());
    damage(snapshot.table as Loose);
    const allocator = strategy.createPidAllocator({ snapshot: snapshot.allocator });
    const bytes = allocator.snapshot();
    expect(() => restoreProcessTable({ allocator, snapshot })).toThrow('snapshot is damaged');
    expect(Buffer.compare(allocator.snapshot(), bytes)).toBe(0);
  });

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
