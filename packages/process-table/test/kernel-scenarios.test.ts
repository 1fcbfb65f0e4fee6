/**
 * What public kernel test suites assert of a real Linux, each as a clause of our own. Where a design cannot nest as deep
 * as a clause would like to, the refusal that its trait promises is asserted instead, and the rest at the depth it has.
 */
import { describe, expect, test } from 'vitest';
import { SIGKILL, SIGTERM, SIGUSR1, WNOHANG, WOULD_BLOCK } from '../src/index.ts';
import { createWorld, fails, type P, subjects, type World } from './worlds.ts';

interface Clause {
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  readonly body: (world: World) => void;
}

const clauses: Clause[] = [];

function clause(nr: number, sentence: string, source: string, body: (world: World) => void): void {
  clauses.push({ id: `SCENARIO-${nr}`, sentence, source, body });
}

/** Inits, each in the one before: `depth` of them if the design can, else as many as it can, and then ENOSPC. */
function nested({ t, init }: World, depth: number): P[] {
  const inits: P[] = [];
  const { maxLevel } = t.allocator.traits;
  for (let level = 1; level <= depth; level++) {
    const parent = inits.at(-1) ?? init;
    if (level > maxLevel) {
      fails(t, 'ENOSPC', () => t.clone(parent, { newPid: true }));
      return inits;
    }
    inits.push(t.clone(parent, { newPid: true, payload: `L${level}` }));
  }
  return inits;
}

clause(1, 'the first process of a namespace is 1 and its parent is 0', 'LTP pidns01', ({ t, box }) => {
  const inner = box();
  expect([t.getpid(inner), t.getppid(inner)]).toEqual([1, 0]);
});

clause(2, 'group and session are 0 from inside until setsid, and 1 after it', 'LTP pidns02', ({ t, box }) => {
  const inner = box();
  expect([t.getsid(inner, 0), t.getpgid(inner, 0)]).toEqual([0, 0]);
  expect(t.setsid(inner)).toBe(1);
  expect([t.getsid(inner, 0), t.getpgid(inner, 0)]).toEqual([1, 1]);
});

clause(3, 'in a /proc of the namespace its first process is 1', 'LTP pidns03', ({ t, box }) => {
  const inner = box();
  expect(t.listProcesses(inner.pidNs)).toEqual([1]);
  expect([t.findProcess(1, inner.pidNs), t.status(1, inner.pidNs).Pid]).toEqual([inner, 1]);
});

clause(4, 'an init can send itself SIGKILL, and survives it', 'LTP pidns04', ({ t, box }) => {
  const inner = box();
  t.kill(inner, 1, SIGKILL);
  t.kill(inner, t.getpid(inner), SIGKILL);
  expect(inner.state).toBe('running');
});

clause(5, 'of five nested inits all end when the first is killed from outside', 'LTP pidns05', (world) => {
  const { t, init } = world;
  const inits = nested(world, 5);
  t.kill(init, t.allocator.pidNr(inits[0].pid), SIGKILL);
  expect(inits.map(({ state }) => state)).toEqual(inits.map((_, level) => (level === 0 ? 'zombie' : 'dead')));
  expect(t.wait4(init, -1)).toMatchObject({ process: inits[0], status: SIGKILL });
  expect(t.allocator.stats().namespaces).toBe(1);
});

clause(6, 'the parent’s number outside is nobody inside', 'LTP pidns06', ({ t, init }) => {
  for (let i = 0; i < 5; i++) t.fork(init);
  const outer = t.fork(init);
  const inner = t.clone(outer, { newPid: true });
  fails(t, 'ESRCH', () => t.kill(inner, t.getpid(outer), SIGUSR1));
});

clause(7, 'kill -1 with only the init there is ESRCH', 'LTP pidns10', ({ t, box }) => {
  const inner = box();
  fails(t, 'ESRCH', () => t.kill(inner, -1, SIGUSR1));
});

clause(8, 'si_pid is 0 from outside, and 1 from the init itself', 'LTP pidns12, pidns16', ({ t, init, box, infos }) => {
  const inner = box();
  t.sigaction(inner, SIGUSR1, 'handle');
  t.kill(init, t.allocator.pidNr(inner.pid), SIGUSR1);
  t.kill(inner, t.getpid(inner), SIGUSR1);
  expect(infos.map(({ pid }) => pid)).toEqual([0, 1]);
});

clause(
  9,
  'a parent sees the child that signals it by its own number for it',
  'LTP pidns31',
  ({ t, init, box, infos }) => {
    t.sigaction(init, SIGUSR1, 'handle');
    const inner = box();
    t.sigaction(inner, SIGUSR1, 'ignore');
    t.kill(inner, 0, SIGUSR1);
    expect(infos.map(({ pid }) => pid)).toEqual([t.allocator.pidNr(inner.pid)]);
  },
);

clause(10, 'namespaces nest 32 deep, and no deeper', 'LTP pidns32', (world) => {
  const { t } = world;
  const { maxLevel } = t.allocator.traits;
  if (maxLevel > 1) expect(maxLevel).toBe(32);
  const inits = nested(world, 33);
  expect(inits.length).toBe(maxLevel);
  expect(t.getpid(inits[maxLevel - 1])).toBe(1);
});

clause(11, 'the first child after unshare is 1', 'LTP unshare05', ({ t, init }) => {
  const p = t.fork(init);
  t.unshare(p);
  const child = t.fork(p);
  expect([t.getpid(child), t.getppid(child)]).toEqual([1, 0]);
});

clause(12, 'fork and wait over and over never gives the number just used', 'LTP fork13', ({ t, init }) => {
  t.allocator.setPidMax(init.pidNs, 301 + 4);
  let last = 0;
  for (let i = 0; i < 700; i++) {
    const child = t.fork(init);
    const nr = t.getpid(child);
    expect(nr).not.toBe(last);
    last = nr;
    t.exit(child, 0);
    t.wait4(init, nr);
  }
});

clause(13, 'bad arguments are EINVAL, ESRCH or EPERM by case', 'LTP clone, setpgid02, kill03', ({ t, init }) => {
  const p = t.fork(init);
  fails(t, 'EINVAL', () => t.clone(p, { newPid: true, thread: true }));
  fails(t, 'EINVAL', () => t.setpgid(p, 0, -1));
  fails(t, 'ESRCH', () => t.setpgid(p, 99_999, 0));
  fails(t, 'EPERM', () => t.setpgid(p, 0, 99_999));
  fails(t, 'EINVAL', () => t.kill(p, 1, 2_000));
  fails(t, 'ESRCH', () => t.kill(p, 99_999, SIGTERM));
  fails(t, 'ESRCH', () => t.kill(p, -(2 ** 31), SIGKILL));
  fails(t, 'ESRCH', () => t.wait4(p, -(2 ** 31), WNOHANG));
});

clause(
  14,
  'nobody asks for the parent of the root, or for the parent from inside',
  'LTP ioctl_ns01',
  ({ t, init, box }) => {
    const inner = box();
    fails(t, 'EPERM', () => t.nsParent(init, init.pidNs));
    fails(t, 'EPERM', () => t.nsParent(inner, inner.pidNs));
    expect(t.nsParent(init, inner.pidNs)).toBe(init.pidNs);
  },
);

clause(15, 'an old reference never reaches the new owner of the number', 'LTP pidfd_send_signal03', ({ t, init }) => {
  const old = t.fork(init);
  const fd = t.openPidfd(init, 2);
  t.exit(old, 0);
  t.wait4(init, 2);
  const next = t.clone(init, { setTid: [2] });
  fails(t, 'ESRCH', () => t.pidfdSendSignal(init, fd, SIGKILL));
  expect(next.state).toBe('running');
  t.closePidfd(fd);
});

clause(
  16,
  'a fork after the namespace’s init was reaped is ENOMEM',
  'kernel selftests pid_namespace/regression_enomem',
  ({ t, init }) => {
    const p = t.fork(init);
    t.unshare(p);
    t.exit(t.fork(p), 0);
    expect(t.wait4(p, -1)).not.toBe(WOULD_BLOCK);
    for (let i = 0; i < 3; i++) fails(t, 'ENOMEM', () => t.fork(p));
  },
);

clause(
  17,
  'no number at or above a low limit is ever given out',
  'kernel selftests pid_namespace/pid_max, simple',
  ({ t, box }) => {
    const inner = box();
    t.allocator.setPidMax(inner.pidNs, 305);
    for (let i = 0; i < 320; i++) {
      const child = t.fork(inner);
      expect(t.getpid(child)).toBeLessThan(305);
      t.exit(child, 0);
      t.wait4(inner, -1);
    }
    fails(t, 'EINVAL', () => t.clone(inner, { setTid: [305] }));
  },
);

clause(
  18,
  'set_tid: too long, 0, -1 and pid_max are EINVAL, 1 on the host is EEXIST',
  'kernel selftests clone3/clone3_set_tid',
  ({ t, init }) => {
    fails(t, 'EINVAL', () => t.clone(init, { setTid: [0, 0] }));
    fails(t, 'EINVAL', () => t.clone(init, { setTid: [40, 41] }));
    for (const nr of [0, -1, t.allocator.pidMax(init.pidNs)]) fails(t, 'EINVAL', () => t.clone(init, { setTid: [nr] }));
    fails(t, 'EEXIST', () => t.clone(init, { setTid: [1] }));
    fails(t, 'EINVAL', () => t.clone(init, { newPid: true, setTid: [2] }));
    expect(t.getpid(t.clone(init, { newPid: true, setTid: [1] }))).toBe(1);
  },
);

clause(
  19,
  'who joined from outside is killed too when the init ends',
  'gVisor test/syscalls setns',
  ({ t, init, box }) => {
    const inner = box();
    const p = t.fork(init);
    t.setns(p, inner.pidNs);
    const joined = t.fork(p);
    t.exit(inner, 0);
    expect([joined.state, joined.waitStatus, p.state]).toEqual(['zombie', SIGKILL, 'running']);
    expect(t.wait4(p, -1)).toMatchObject({ process: joined });
  },
);

clause(20, 'CLONE_PARENT by an init is EINVAL', 'gVisor test/syscalls fork', ({ t, init, box }) => {
  const inner = box();
  fails(t, 'EINVAL', () => t.clone(inner, { parent: true }));
  fails(t, 'EINVAL', () => t.clone(init, { parent: true }));
});

clause(
  21,
  'a zombie can be moved into a group, and be waited for by it',
  'gVisor test/syscalls processes',
  ({ t, init }) => {
    t.exit(t.fork(init), 6);
    t.setpgid(init, 2, 2);
    expect(t.getpgid(init, 2)).toBe(2);
    expect(t.wait4(init, -2)).toMatchObject({ pid: 2, value: 6 });
  },
);

clause(22, 'a number that is still a group or session is not given out again', 'gVisor issue 355', ({ t, init }) => {
  t.allocator.setPidMax(init.pidNs, 303);
  t.allocator.setLastPid(init.pidNs, 299);
  const leader = t.fork(init);
  expect(t.setsid(leader)).toBe(300);
  const member = t.fork(leader);
  t.exit(leader, 0);
  t.wait4(init, 300);
  const given = Array.from({ length: 8 }, () => {
    const child = t.fork(init);
    const nr = t.getpid(child);
    t.exit(child, 0);
    t.wait4(init, nr);
    return nr;
  });
  expect(new Set(given)).toEqual(new Set([302]));
  expect([t.getpgid(member, 0), t.getsid(member, 0)]).toEqual([300, 300]);
});

clause(
  23,
  'groups of two namespaces with equal numbers are not the same group',
  'gVisor issues 13556, 13573',
  ({ t, init, box }) => {
    const boxes = [box('one'), box('two')];
    const leaders = boxes.map((inner) => t.fork(inner));
    for (const leader of leaders) t.setpgid(leader, 0, 0);
    expect(leaders.map((leader) => t.getpgid(leader, 0))).toEqual([2, 2]);
    t.kill(boxes[0], -2, SIGKILL);
    expect(leaders.map(({ state }) => state)).toEqual(['zombie', 'running']);
    fails(t, 'ECHILD', () => t.wait4(init, -2));
    expect(t.wait4(boxes[1], -2)).toBe(WOULD_BLOCK);
  },
);

clause(
  24,
  'a fork into a dead namespace is an error, and nothing breaks',
  'DragonOS issues 1730, 1919',
  ({ t, init, box }) => {
    const inner = box();
    const p = t.fork(init);
    t.setns(p, inner.pidNs);
    t.kill(init, t.allocator.pidNr(inner.pid), SIGKILL);
    fails(t, 'ENOMEM', () => t.fork(p));
    t.wait4(init, -1);
    fails(t, 'ENOMEM', () => t.clone(p, { setTid: [1] }));
    t.setns(p, p.pidNs);
    expect(t.fork(p).state).toBe('running');
  },
);

for (const subject of subjects) {
  describe(`${subject.name}: what a real kernel is asserted to do`, () => {
    for (const { id, sentence, source, body } of clauses) {
      test(`${id} ${sentence} [${source}]`, () => {
        const world = createWorld(subject, { isolation: 'linux' });
        body(world);
        expect(world.t.checkInvariants()).toEqual([]);
      });
    }
  });
}
