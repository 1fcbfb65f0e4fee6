/**
 * Two runs that differ only outside of a container give identical answers inside, whatever is called: values, errors with
 * their sentences, signals and what is told of them. (Not compared, since they are not alike: what is short for everybody,
 * EAGAIN and ENOMEM; and time.) With `isolation: 'linux'` the same search finds a difference.
 */
import { PidError } from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Process,
  type ProcessTable,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  type SignalInfo,
} from '../src/index.ts';
import { createWorld, type Extra, type P, subjects } from './worlds.ts';

type Call = (t: ProcessTable<string>, p: P, q: P, x: number, y: number) => unknown;

const SIGNALS = [0, SIGTERM, SIGKILL, SIGUSR1, SIGSTOP, SIGCONT, SIGCHLD, 40, 65];
const pick = <T>(from: readonly T[], at: number): T => from[at % from.length];
const nr = (x: number): number => (x % 24) - 6;

const inside: Record<string, Call> = {
  fork: (t, p) => t.fork(p),
  clone: (t, p, _, x, y) =>
    t.clone(p, {
      newPid: x % 5 === 0,
      thread: x % 5 === 1,
      parent: x % 5 === 2,
      ...(y % 3 === 0 ? { setTid: Array.from({ length: y % 4 }, (_, i) => (y + 11 * i) % 90) } : {}),
    }),
  exit: (t, p, _, x) => t.exit(p, x),
  exec: (t, p) => t.exec(p),
  unshare: (t, p) => t.unshare(p),
  setns: (t, p, q) => t.setns(p, q.pidNs),
  wait: (t, p, _, x, y) => t.wait4(p, nr(x), pick([0, 1, 3, 11, 0x4000_0001], y)),
  kill: (t, p, _, x, y) => t.kill(p, nr(x), pick(SIGNALS, y)),
  killAny: (t, p, _, x, y) => t.kill(p, x * 4_001, pick(SIGNALS, y)),
  tgkill: (t, p, _, x, y) => t.tgkill(p, nr(x), nr(y), pick(SIGNALS, x)),
  sigqueue: (t, p, _, x, y) => t.sigqueue(p, nr(x), pick(SIGNALS, y), x),
  sigaction: (t, p, _, x, y) => t.sigaction(p, pick(SIGNALS, y), pick(['default', 'ignore', 'handle'] as const, x)),
  setsid: (t, p) => t.setsid(p),
  setpgid: (t, p, _, x, y) => t.setpgid(p, nr(x), nr(y)),
  who: (t, p, _, x) => [t.getpid(p), t.getppid(p), t.gettid(p), t.getpgid(p, nr(x)), t.getsid(p, 0)],
  pidfd: (t, p, _, x, y) => {
    const fd = t.openPidfd(p, nr(x), { thread: y % 2 === 0 });
    const said = [t.pidfdPid(p, fd), t.pidfdSendSignal(p, fd, pick(SIGNALS, y))];
    t.closePidfd(fd);
    return said;
  },
  proc: (t, p, _, x) => [t.listProcesses(p.pidNs), t.listThreads(1, p.pidNs), t.status(nr(x), p.pidNs)],
  translate: (t, p, q, x) => [t.pidInPidNs(p, q.pidNs, nr(x)), t.tgidFromPidNs(p, q.pidNs, nr(x))],
  above: (t, p, q) => t.allocator.nsLevel(t.nsParent(p, q.pidNs)),
  usage: (t, p) => t.usage(p.pidNs),
  subreaper: (t, p, _, x) => t.setChildSubreaper(p, x % 2 === 0),
  orphaned: (t, p) => t.isOrphanedGroup(p),
};

/** What happens outside, to those outside: nobody names whoever is in the container. */
const outside: Record<string, Call> = {
  fork: (t, p) => t.fork(p),
  box: (t, p) => t.clone(p, { newPid: true }),
  thread: (t, p) => t.clone(p, { thread: true }),
  exit: (t, p) => p.leader === t.init || t.exitGroup(p, 0),
  kill: (t, p, q, _, y) => q.leader === t.init || t.kill(p, t.allocator.pidNrNs(q.pid, p.pidNs), pick(SIGNALS, y)),
  killOwn: (t, p, _, __, y) => t.kill(p, 0, pick([SIGTERM, SIGUSR1, SIGSTOP, SIGCONT], y)),
  setsid: (t, p) => t.setsid(p),
  setpgid: (t, p) => t.setpgid(p, 0, 0),
  subreaper: (t, p, _, x) => t.setChildSubreaper(p, x % 2 === 0),
};

type Step = readonly [name: string, p: number, q: number, x: number, y: number];
const stepOf = (calls: Record<string, Call>, ...more: string[]): fc.Arbitrary<Step> =>
  fc.tuple(fc.constantFrom(...Object.keys(calls), ...more), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99));
const insideStep = stepOf(inside, 'fork', 'fork', 'clone', 'clone', 'wait', 'kill');
const outsideStep = stepOf(outside, 'fork', 'fork', 'box', 'exit', 'killOwn');

/** What the container sees of a run: each answer, and each thing that its host is told of it. */
function answers(
  subject: (typeof subjects)[number],
  isolation: 'guests' | 'linux',
  steps: readonly Step[],
  noise: readonly Step[],
): unknown[] {
  const seen: unknown[] = [];
  const guests: P[] = [];
  const name = (process: Process<string>): string => `#${guests.indexOf(process)}`;
  const tell = (what: string, process: P, more: unknown): unknown =>
    process.payload === 'guest' && seen.push([what, name(process), more]);
  const extra: Extra = {
    isolation,
    deliver: (process, info: SignalInfo) => tell('deliver', process, info),
    exited: (process) => tell('exited', process, process.waitStatus),
    childChanged: (parent, child) => tell('childChanged', parent, child.payload),
  };
  const { t, init } = createWorld(subject, extra);
  const others = [init, t.fork(init, 'maker')];
  guests.push(t.clone(others[1], { newPid: true, payload: 'guest' }));
  let next = 0;
  const outsideActs = (): void => {
    const [what, p, q, x, y] = noise[next++];
    const live = others.filter(({ state }) => state === 'running' || state === 'stopped');
    try {
      const made = outside[what](t, pick(live, p), pick(live, q), x, y);
      if (typeof made === 'object') {
        (made as P).payload = 'other';
        others.push(made as P);
      }
    } catch (error) {
      if (!(error instanceof PidError)) throw error;
    }
  };
  for (const [i, [what, p, q, x, y]] of steps.entries()) {
    while (next < noise.length && next < ((i + 1) * noise.length) / steps.length) outsideActs();
    const live = guests.filter(({ state }) => state === 'running' || state === 'stopped');
    if (live.length === 0) break;
    try {
      const answer = inside[what](t, pick(live, p), pick(live, q), x, y);
      if (typeof answer === 'object' && answer !== null && 'pidNs' in answer) guests.push(answer as P);
      seen.push([what, JSON.parse(JSON.stringify(pictureOf(answer) ?? null))]);
    } catch (error) {
      if (!(error instanceof PidError)) throw error;
      seen.push([what, error.code, error.message]);
    }
    seen.push(live.map((p) => [p.state, p.waitStatus, p.state === 'dead' || t.allocator.pidNrNs(p.pid, p.pidNs)]));
  }
  return seen;

  function pictureOf(answer: unknown): unknown {
    return guests.includes(answer as P) ? name(answer as P) : answer;
  }
}

function search(subject: (typeof subjects)[number], isolation: 'guests' | 'linux'): void {
  const noise = fc.array(outsideStep, { minLength: 1, maxLength: 30, size: 'max' });
  fc.assert(
    fc.property(
      fc.array(insideStep, { minLength: 1, maxLength: 40, size: 'max' }),
      noise,
      noise,
      (steps, one, other) => {
        expect(answers(subject, isolation, steps, one)).toEqual(answers(subject, isolation, steps, other));
      },
    ),
    { numRuns: Number(process.env.RUNS ?? 100), seed: Number(process.env.SEED ?? 20_071_019) },
  );
}

describe('isolation', () => {
  for (const subject of subjects.slice(0, 3)) {
    test(`${subject.name}: what happens outside is not seen inside`, () => search(subject, 'guests'));
    test(`${subject.name}: as on Linux it is`, () => {
      let found: unknown;
      try {
        search(subject, 'linux');
      } catch (error) {
        found = (error as Error).cause;
      }
      // Two runs that answered differently, and nothing else.
      expect(found).toMatchObject({ name: 'AssertionError' });
    });
  }
});
