/**
 * Random sequences of calls. After each step everything holds, and a refused call has changed nothing; at the end
 * everybody is killed, and the allocator holds what it held at the start. Each sequence also runs on the reference model
 * of the same design, and the two tables must be of one mind at every step. SEED and RUNS in the environment look further.
 */
import { PidError } from '@pidlab/contract';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  __WALL,
  type ProcessTable,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  SIGUSR1,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from '../src/index.ts';
import { createWorld, type P, picture, subjects, type World } from './worlds.ts';

/** A step: what to do, to whom (counted from the oldest), and two more numbers. */
type Step = readonly [what: keyof typeof actions, who: number, x: number, y: number];

/** What each process tried so far is by now, in the order of birth. */
interface Run extends World {
  readonly all: P[];
}

const SIGNALS = [0, SIGTERM, SIGKILL, SIGSTOP, SIGCONT, SIGUSR1, 65];

const actions = {
  fork: ({ t, all }: Run, p: P) => all.push(t.fork(p, `p${all.length}`)),
  clone: ({ t, all }: Run, p: P, x: number, y: number) =>
    all.push(
      t.clone(p, {
        payload: `p${all.length}`,
        newPid: (x & 1) !== 0,
        thread: (x & 6) === 6,
        parent: (x & 24) === 24,
        ...(y % 5 === 0 ? { setTid: [(y % 12) + 1] } : {}),
        ...(x % 7 === 0 ? { exitSignal: y % 2 === 0 ? 0 : SIGUSR1 } : {}),
      }),
    ),
  thread: ({ t, all }: Run, p: P) => all.push(t.clone(p, { thread: true, payload: `p${all.length}` })),
  box: ({ t, all }: Run, p: P) => all.push(t.clone(p, { newPid: true, payload: `p${all.length}` })),
  exit: ({ t }: Run, p: P, x: number) => p !== t.init && t.exit(p, x),
  exitGroup: ({ t }: Run, p: P, x: number) => p.leader !== t.init && t.exitGroup(p, x),
  exec: ({ t }: Run, p: P) => t.exec(p),
  unshare: ({ t }: Run, p: P) => t.unshare(p),
  setns: ({ t, all }: Run, p: P, x: number) => {
    const other = all[x % all.length];
    if (other.state !== 'dead') t.setns(p, other.pidNs);
  },
  wait: ({ t }: Run, p: P, x: number) => {
    const waited = t.wait4(
      p,
      [-1, 0, x % 20, -(x % 20) - 2][x % 4],
      WNOHANG | (x & 4 ? __WALL : 0) | (x & 8 ? WUNTRACED : 0),
    );
    return typeof waited === 'object' ? [waited.pid, waited.status, waited.process.payload] : waited;
  },
  waitAll: ({ t }: Run, p: P) => reapAll(t, p),
  kill: ({ t }: Run, p: P, x: number, y: number) => t.kill(p, (x % 30) - 8, SIGNALS[y % SIGNALS.length]),
  killOther: ({ t, all }: Run, p: P, x: number, y: number) => {
    const { leader, state, pidNs } = all[x % all.length];
    if (state === 'dead' || pidNs !== p.pidNs) return;
    t.kill(p, t.allocator.pidNrNs(leader.pid, p.pidNs), SIGNALS[y % SIGNALS.length]);
  },
  setpgid: ({ t }: Run, p: P, x: number, y: number) => t.setpgid(p, x % 12, y % 12),
  setsid: ({ t }: Run, p: P) => t.setsid(p),
  subreaper: ({ t }: Run, p: P, x: number) => t.setChildSubreaper(p, x % 2 === 0),
  sigaction: ({ t }: Run, p: P, x: number, y: number) =>
    t.sigaction(p, [SIGCHLD, SIGTERM, SIGUSR1][x % 3], (['default', 'ignore', 'handle'] as const)[y % 3], {
      noCldWait: x % 4 === 0,
    }),
};

const names = Object.keys(actions) as (keyof typeof actions)[];
const weighted = [...names, 'fork', 'fork', 'fork', 'clone', 'box', 'wait', 'exit', 'setpgid'] as const;
const step = fc.tuple(fc.constantFrom(...weighted), fc.nat(99), fc.nat(999), fc.nat(999));

/** What came of a step: a value, or the code of the refusal, which must not have changed anything. */
function take(run: Run, [what, who, x, y]: Step): unknown {
  const alive = run.all.filter(({ state }) => state === 'running');
  const process = alive[who % alive.length];
  const before = picture(run.t);
  try {
    const result = actions[what](run, process, x, y);
    return typeof result === 'object' ? result : undefined;
  } catch (error) {
    if (!(error instanceof PidError)) throw error;
    expect(picture(run.t), error.message).toEqual(before);
    return error.code;
  }
}

/** The numbers and states of everybody, and what the hooks were told. */
function seen({ t, all, log }: Run): unknown {
  const people = all.map((p) => [p.payload, p.state, p.waitStatus, p.state === 'dead' ? 0 : t.allocator.pidNr(p.pid)]);
  return [people, t.listProcesses(t.init.pidNs).map((nr) => t.status(nr, t.init.pidNs)), log];
}

function start(subject: (typeof subjects)[number]): Run {
  const world = createWorld(subject);
  return { ...world, all: [world.init] };
}

function reapAll(t: ProcessTable<string>, p: P): void {
  const anyChild = () => p.threads.some(({ children }) => children.length > 0);
  while (anyChild() && typeof t.wait4(p, -1, WNOHANG | __WALL | WCONTINUED) === 'object');
}

/** Kills everybody and looks at what is left. */
function end(run: Run): void {
  const { t } = run;
  const { init } = t;
  t.sigaction(init, SIGCHLD, 'default');
  for (let round = 0; t.size > init.threads.length; round++) {
    expect(round).toBeLessThan(100);
    for (const nr of t.listProcesses(init.pidNs))
      if (nr !== 1 && t.findProcess(nr, init.pidNs)) t.kill(init, nr, SIGKILL);
    reapAll(t, init);
  }
  t.exec(init);
  if (init.state !== 'running') throw new Error('the init has ended');
  if (init.pidNsForChildren !== init.pidNs) t.setns(init, init.pidNs);
  expect(t.checkInvariants()).toEqual([]);
  expect(t.allocator.stats()).toMatchObject({ pids: 1, tasks: 1, namespaces: 1 });
}

describe('random sequences', () => {
  const designs = subjects.slice(0, subjects.length / 2);
  for (const [i, subject] of designs.entries()) {
    test(`${subject.name}: of one mind with the model, whole at every step, and nothing is left`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), (steps) => {
          const run = start(subject);
          const model = start(subjects[designs.length + i]);
          for (const one of steps) {
            expect(take(run, one)).toEqual(take(model, one));
            expect(run.t.checkInvariants(), `after ${one}`).toEqual([]);
            expect(seen(run)).toEqual(seen(model));
          }
          end(run);
        }),
        { numRuns: Number(process.env.RUNS ?? 60), seed: Number(process.env.SEED ?? 20_071_019) },
      );
    });
  }
});
