/**
 * Hostile hands: random calls with random arguments, by whoever is there, on a table whose hooks throw, refuse and call the table
 * again. Whatever comes back, only PidError and PidBug are thrown, all invariants hold, and at the end the root's init ends
 * everybody and the allocator holds nothing. FUZZ_RUNS and SEED look further: FUZZ_RUNS=20000 makes a million calls.
 */
import { PidBug, PidError } from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Limits, type ProcessTable, SIGCHLD } from '../src/index.ts';
import { createWorld, type Extra, type P, subjects } from './worlds.ts';

/** With `npm test -- --long` more, which is some 50,000 calls for each. */
const RUNS = Number(process.env.FUZZ_RUNS ?? (process.env.PIDLAB_LONG === '1' ? 1_000 : 60));

type Call = (t: ProcessTable<string>, p: P, q: P, x: number, y: number) => unknown;

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

function fail(): never {
  throw new Error('thrown by a hook');
}

const names = Object.keys(calls);
const weighted = [...names, 'fork', 'fork', 'fork', 'clone', 'clone', 'box', 'thread', 'kill', 'setpgid', 'joinOther'];
const step = fc.tuple(fc.constantFrom(...weighted), fc.nat(999), fc.nat(999), fc.nat(999), fc.nat(999));
type Step = readonly [name: string, p: number, q: number, x: number, y: number];

/** Calls the table as the hooks' own steps say, one a time that a hook is called. */
class Hands {
  readonly all: P[] = [];
  t!: ProcessTable<string>;
  private readonly again: Step[];
  private depth = 0;

  constructor(again: readonly Step[]) {
    this.again = [...again];
  }

  act([name, p, q, x, y]: Step): void {
    const alive = this.all.filter(({ state }) => state !== 'dead');
    // Mostly somebody who can; now and then anybody.
    const caller = x % 29 === 0 ? this.all[p % this.all.length] : alive[p % alive.length];
    try {
      const made = calls[name](this.t, caller, alive[q % alive.length], x, y);
      if (typeof made === 'object' && made !== null && 'pidNs' in made) this.all.push(made as P);
    } catch (error) {
      for (const one of error instanceof AggregateError ? error.errors : [error])
        if (!(one instanceof PidError || one instanceof PidBug || one.message === 'thrown by a hook')) throw one;
    }
  }

  /** What a hook does: nothing, a call, or a throw. */
  readonly told = (): void => {
    if (this.depth > 3) return;
    const step = this.again.pop();
    if (step === undefined) return;
    this.depth++;
    this.act(step);
    this.depth--;
    if (step[4] % 3 === 0) fail();
  };

  readonly asked = (): boolean => {
    const step = this.again.at(-1);
    if (step === undefined) return true;
    this.told();
    return step[3] % 4 !== 0;
  };
}

function run(subject: (typeof subjects)[number], isolation: 'guests' | 'linux', steps: Step[], again: Step[]): void {
  const hands = new Hands(again);
  const { told, asked } = hands;
  const extra: Extra = {
    isolation,
    ...{ deliver: told, exited: told, childChanged: told, mayKill: asked, mayFork: asked, maySetTid: asked },
  };
  const { t } = createWorld(subject, extra);
  hands.t = t;
  hands.all.push(t.init);
  for (const one of steps) {
    hands.act(one);
    // The hooks may have ended the root's init by a thread of it.
    if (t.size === 0) break;
    expect(t.checkInvariants(), `after ${one}`).toEqual([]);
  }
  for (let i = 0; t.size > 0 && i < 100; i++) {
    try {
      t.signalFromOutside(t.init, 9);
    } catch (error) {
      if (t.init.state !== 'dead' && !(error as Error).message.includes('hook')) throw error;
    }
  }
  expect([t.size, t.checkInvariants()]).toEqual([0, []]);
  expect(t.allocator.stats()).toMatchObject({ pids: 0, tasks: 0, namespaces: 1 });
}

describe('hostile hands', () => {
  for (const subject of subjects.slice(0, 3))
    for (const isolation of ['guests', 'linux'] as const)
      test(`${subject.name}, ${isolation}: nothing breaks, and everything can be ended`, () => {
        const many = (maxLength: number): fc.Arbitrary<Step[]> => fc.array(step, { maxLength, size: 'max' });
        fc.assert(
          fc.property(many(50), many(30), (steps, again) => run(subject, isolation, steps, again)),
          { numRuns: RUNS, seed: Number(process.env.SEED ?? 20_071_019) },
        );
      });
});
