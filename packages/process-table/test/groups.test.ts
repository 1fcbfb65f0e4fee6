import { expect } from 'vitest';
import { SIGKILL, WNOHANG } from '../src/index.ts';
import { each, fails, type P, type World } from './worlds.ts';

each('a child is moved into a group of its own, into another, and back', ({ t, init }) => {
  const [a, b] = [t.fork(init), t.fork(init)];
  t.setpgid(init, 2, 0);
  t.setpgid(init, 3, 2);
  expect([t.getpgid(init, 2), t.getpgid(init, 3), t.getpgid(b, 0)]).toEqual([2, 2, 2]);
  t.setpgid(b, 0, 1);
  t.setpgid(a, 2, 2);
  expect([t.getpgid(init, 3), t.getpgid(init, 2)]).toEqual([1, 2]);
});

each('setpgid: who, where, and in which order it is refused', ({ t, init }) => {
  const p = t.fork(init);
  const grandchild = t.fork(p);
  const thread = t.clone(p, { thread: true });
  fails(t, 'EINVAL', () => t.setpgid(init, 0, -5));
  fails(t, 'EINVAL', () => t.setpgid(init, -5, 0));
  fails(t, 'EINVAL', () => t.setpgid(init, 99, -1));
  fails(t, 'ESRCH', () => t.setpgid(init, 99, 0));
  fails(t, 'ESRCH', () => t.setpgid(init, 3, 0));
  fails(t, 'ESRCH', () => t.setpgid(p, 1, 0));
  fails(t, 'EINVAL', () => t.setpgid(init, 4, 0));
  fails(t, 'EPERM', () => t.setpgid(init, 2, 99));
  fails(t, 'EPERM', () => t.setpgid(init, 2, 3));
  fails(t, 'EPERM', () => t.setpgid(init, 0, 0));
  t.setpgid(thread, 2, 0);
  t.exec(p);
  fails(t, 'EACCES', () => t.setpgid(init, 2, 1));
  t.setpgid(p, 0, 1);
  t.setsid(grandchild);
  fails(t, 'EPERM', () => t.setpgid(p, 3, 1));
  fails(t, 'EPERM', () => t.setpgid(p, 0, 3));
});

each('a fork of one that has done exec can be moved again', ({ t, init }) => {
  const p = t.fork(init);
  t.exec(p);
  const child = t.fork(p);
  t.setpgid(p, 3, 0);
  expect(t.getpgid(child, 0)).toBe(3);
});

each('setsid: a session and a group of its own, once', ({ t, init }) => {
  const p = t.fork(init);
  expect([t.setsid(p), t.getsid(p, 0), t.getpgid(p, 0)]).toEqual([2, 2, 2]);
  fails(t, 'EPERM', () => t.setsid(p));
  fails(t, 'EPERM', () => t.setsid(init));
  const q = t.fork(init);
  t.setpgid(q, 0, 0);
  fails(t, 'EPERM', () => t.setsid(q));
  const member = t.fork(q);
  t.setpgid(q, 0, 1);
  fails(t, 'EPERM', () => t.setsid(q));
  t.setpgid(member, 0, 1);
  expect(t.setsid(t.clone(q, { thread: true }))).toBe(3);
});

each('the ids of zombies can be asked for, of the reaped not', ({ t, init }) => {
  const p = t.fork(init);
  t.setsid(p);
  t.exit(p, 0);
  expect([t.getpgid(init, 2), t.getsid(init, 2)]).toEqual([2, 2]);
  t.wait4(init, -1, WNOHANG);
  for (const nr of [2, -1, 99, 2 ** 31, 2 ** 40]) {
    fails(t, 'ESRCH', () => t.getpgid(init, nr));
    fails(t, 'ESRCH', () => t.getsid(init, nr));
  }
});

each('a number is a group’s and a session’s as long as anybody is in it, whoever leaves first', ({ t, init }) => {
  const founder = t.fork(init);
  t.setsid(founder);
  const rest = [1, 2, 3].map(() => t.fork(founder));
  t.setpgid(rest[2], 0, 0);
  t.exit(founder, 0);
  t.wait4(init, 2);
  for (const [i, member] of [rest[0], rest[1]].entries()) {
    expect([t.getpgid(member, 0), t.getsid(member, 0)]).toEqual([2, 2]);
    // Its session may set it anywhere, so the group is there.
    t.setpgid(rest[2], 0, 2);
    t.setpgid(rest[2], 0, 0);
    expect(t.checkInvariants()).toEqual([]);
    t.exit(member, 0);
    t.wait4(init, 3 + i);
  }
  fails(t, 'EPERM', () => t.setpgid(rest[2], 0, 2));
  fails(t, 'EEXIST', () => t.clone(init, { setTid: [2] }));
  expect(t.getsid(rest[2], 0)).toBe(2);
  t.exit(rest[2], 0);
  t.wait4(init, 5);
  expect(t.getpid(t.clone(init, { setTid: [2] }))).toBe(2);
});

each('the leader of a process that holds numbers is replaced by a thread', ({ t, init }) => {
  const founder = t.fork(init);
  t.setsid(founder);
  const child = t.fork(founder);
  t.exec(t.clone(founder, { thread: true }));
  expect(founder.state).toBe('dead');
  expect(t.checkInvariants()).toEqual([]);
  t.kill(init, 2, SIGKILL);
  t.wait4(init, 2);
  expect([t.getpgid(child, 0), t.getsid(child, 0)]).toEqual([2, 2]);
});

each('a container’s init starts a session of its own', ({ t, init, box }) => {
  const inner = box();
  expect([t.getpgid(inner, 0), t.getsid(inner, 0), t.getppid(inner)]).toEqual([1, 1, 0]);
  const outside = t.allocator.pidNr(inner.pid);
  expect([t.getpgid(init, outside), t.getsid(init, outside)]).toEqual([outside, outside]);
  fails(t, 'EPERM', () => t.setsid(inner));
  fails(t, 'EPERM', () => t.setpgid(inner, 0, 0));
  const p = t.fork(init);
  t.unshare(p);
  const first = t.fork(p);
  const second = t.fork(p);
  expect([t.getsid(first, 0), t.getsid(second, 0)]).toEqual([1, 0]);
});

each('where a session starts can be said at clone', ({ t, init }) => {
  const inherited = t.clone(init, { newPid: true, newSession: false });
  expect([t.getpgid(inherited, 0), t.getsid(inherited, 0)]).toEqual([0, 0]);
  const own = t.clone(init, { newSession: true });
  expect([t.getpgid(own, 0), t.getsid(own, 0)]).toEqual([t.getpid(own), t.getpid(own)]);
  fails(t, 'EINVAL', () => t.clone(init, { newSession: true, thread: true }));
});

each(
  'as on Linux a container’s init is in a group and session that it does not see',
  ({ t, box }) => {
    const inner = box();
    expect([t.getpgid(inner, 0), t.getsid(inner, 0), t.getppid(inner)]).toEqual([0, 0, 0]);
    t.setpgid(inner, 0, 0);
    expect([t.getpgid(inner, 0), t.getsid(inner, 0)]).toEqual([1, 0]);
  },
  { isolation: 'linux' },
);

/** An outer process in a group of which the leader is inside, by its number outside. */
function joined({ t, init }: World): [inner: P, outer: P, nr: number] {
  const outer = t.fork(init);
  const inner = t.clone(init, { newPid: true, newSession: false });
  const a = t.fork(inner);
  t.setpgid(a, 0, 0);
  const nr = t.allocator.pidNr(a.pid);
  t.setpgid(outer, 0, nr);
  expect(t.getpgid(outer, 0)).toBe(nr);
  t.exit(inner, 0);
  expect(a.state).toBe('dead');
  return [inner, outer, nr];
}

each(
  'who has joined an inner group keeps its number, and nobody from ending',
  (world) => {
    const { t } = world;
    const [inner, outer, nr] = joined(world);
    expect([inner.state, t.getpgid(outer, 0)]).toEqual(['zombie', nr]);
  },
  { isolation: 'guests' },
);

each(
  'as on Linux an init waits for the number of a group with somebody outside in it',
  (world) => {
    const { t } = world;
    const [inner, outer] = joined(world);
    expect(inner.state).toBe('exiting');
    t.setpgid(outer, 0, 0);
    expect(inner.state).toBe('zombie');
  },
  { isolation: 'linux' },
);

each(
  'as on Linux its last thread, too, waits for the number',
  ({ t, init }) => {
    const outer = t.fork(init);
    const inner = t.clone(init, { newPid: true, newSession: false });
    const thread = t.clone(inner, { thread: true });
    const a = t.fork(inner);
    t.setpgid(a, 0, 0);
    t.setpgid(outer, 0, t.allocator.pidNr(a.pid));
    t.exit(inner, 3);
    t.exit(thread, 4);
    expect([a, inner, thread].map(({ state }) => state)).toEqual(['dead', 'zombie', 'exiting']);
    t.setpgid(outer, 0, 0);
    expect([thread.state, inner.waitStatus]).toEqual(['dead', 0x400]);
    expect(t.wait4(init, -1)).toMatchObject({ process: inner });
  },
  { isolation: 'linux' },
);

for (const isolation of ['guests', 'linux'] as const) {
  each(
    `${isolation}: an init in the group of a dead child can be ended`,
    ({ t, init }) => {
      const box = t.clone(init, { newPid: true, newSession: false });
      const k = t.fork(box);
      t.setpgid(k, 0, 0);
      t.setpgid(box, 0, 2);
      t.exit(k, 0);
      t.wait4(box, -1);
      t.kill(init, t.allocator.pidNr(box.pid), SIGKILL);
      expect(box.state).toBe('zombie');
      t.wait4(init, -1);
      t.exit(init, 0);
      expect([init.state, t.size]).toEqual(['dead', 0]);
    },
    { isolation },
  );

  each(
    `${isolation}: two inits that hold each other’s numbers can be ended`,
    ({ t, init }) => {
      const boxes = [1, 2].map(() => t.clone(init, { newPid: true, newSession: false }));
      const kids = boxes.map((box) => t.fork(box));
      for (const kid of kids) t.setpgid(kid, 0, 0);
      const numbers = kids.map((kid) => t.allocator.pidNr(kid.pid));
      // From outside they are children of one process, which puts each into the group of the other's child.
      t.setpgid(init, t.allocator.pidNr(boxes[0].pid), numbers[1]);
      t.setpgid(init, t.allocator.pidNr(boxes[1].pid), numbers[0]);
      t.exit(boxes[0], 0);
      t.exit(boxes[1], 0);
      expect(boxes.map(({ state }) => state)).toEqual(['zombie', 'zombie']);
    },
    { isolation },
  );
}
