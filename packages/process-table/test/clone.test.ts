import { expect } from 'vitest';
import { __WALL, createProcessTable, SIGCHLD, SIGUSR1, WNOHANG } from '../src/index.ts';
import { bug, each, fails } from './worlds.ts';

each('numbers count up from the init, which is 1', ({ t, init }) => {
  expect([t.getpid(init), t.getppid(init), t.gettid(init), t.getpgid(init, 0), t.getsid(init, 0)]).toEqual([
    1, 0, 1, 1, 1,
  ]);
  const a = t.fork(init, 'a');
  const b = t.fork(a, 'b');
  expect([t.getpid(a), t.getpid(b), t.getppid(b), t.getpgid(b, 0), t.getsid(b, 0)]).toEqual([2, 3, 2, 1, 1]);
  expect(b.parent).toBe(a);
  expect(init.children).toEqual([a]);
  expect([a.payload, t.fork(a).payload, t.size]).toEqual(['a', 'a', 4]);
});

each('a table wants an allocator of its own, and knows its options', ({ t, strategy }) => {
  const a = strategy.createPidAllocator({ capacity: 16 });
  const pid = a.allocPid(a.initPidNs);
  bug(t, () => createProcessTable({ allocator: a, initPayload: '' }));
  a.freePid(pid);
  bug(t, () => createProcessTable({ allocator: a, initPayload: '' }));
  expect(a.stats()).toMatchObject({ pids: 0, tasks: 0 });
  const fresh = strategy.createPidAllocator({ capacity: 16 });
  bug(t, () => createProcessTable({ allocator: fresh, initPayload: '', delivr() {} } as never));
});

each('a thread has a number of its own and its process’s everything else', ({ t, init }) => {
  const p = t.fork(init, 'p');
  const thread = t.clone(p, { thread: true, payload: 'thread' });
  expect([t.gettid(thread), t.getpid(thread), t.getppid(thread), t.getpgid(thread, 0)]).toEqual([3, 2, 1, 1]);
  expect(thread.leader).toBe(p);
  expect(p.threads).toEqual([p, thread]);
  expect(init.children).toEqual([p]);
  const child = t.fork(thread, 'child');
  expect([child.parent, t.getppid(child)]).toEqual([thread, 2]);
});

each('CLONE_PARENT makes a sibling with its maker’s exit signal', ({ t, init }) => {
  const p = t.clone(init, { exitSignal: SIGUSR1, payload: 'p' });
  const sibling = t.clone(p, { parent: true, payload: 'sibling' });
  expect([sibling.parent, t.getppid(sibling)]).toEqual([init, 1]);
  t.exit(sibling, 0);
  fails(t, 'ECHILD', () => t.wait4(init, 3, WNOHANG));
  expect(t.wait4(init, 3, __WALL)).toMatchObject({ pid: 3 });
});

each('an init has no siblings, nested or not', ({ t, init, box }) => {
  fails(t, 'EINVAL', () => t.clone(init, { parent: true }));
  const inner = box();
  fails(t, 'EINVAL', () => t.clone(inner, { parent: true }));
  fails(t, 'EINVAL', () => t.clone(inner, { parent: true, newPid: true }));
  const thread = t.clone(inner, { thread: true });
  fails(t, 'EINVAL', () => t.clone(thread, { parent: true }));
});

each('what cannot stand together', ({ t, init }) => {
  const p = t.fork(init);
  fails(t, 'EINVAL', () => t.clone(p, { thread: true, newPid: true }));
  for (const exitSignal of [-1, 65, 2 ** 40]) fails(t, 'EINVAL', () => t.clone(p, { exitSignal }));
  fails(t, 'EINVAL', () => t.clone(p, { parent: true, exitSignal: SIGCHLD }));
  fails(t, 'EINVAL', () => t.clone(p, { thread: true, exitSignal: SIGCHLD }));
  expect(t.clone(p, { thread: true, exitSignal: 0 }).leader).toBe(p);
  expect(t.clone(p, { parent: true, newPid: true }).parent).toBe(init);
  t.unshare(p);
  fails(t, 'EINVAL', () => t.clone(p, { thread: true }));
  fails(t, 'EINVAL', () => t.clone(p, { newPid: true }));
  fails(t, 'EINVAL', () => t.clone(p, { newPid: true, parent: true }));
});

each('chosen numbers', ({ t, init, box, strategy }) => {
  const p = t.clone(init, { setTid: [50], payload: 'p' });
  expect([t.getpid(p), t.getpid(t.fork(init))]).toEqual([50, 2]);
  fails(t, 'EEXIST', () => t.clone(init, { setTid: [50] }));
  fails(t, 'EEXIST', () => t.clone(init, { setTid: [1] }));
  for (const setTid of [[0], [-1], [t.allocator.pidMax(p.pidNs)], [60, 60]])
    fails(t, 'EINVAL', () => t.clone(init, { setTid }));
  const inner = box();
  const { maxNumbers } = strategy.traits;
  // The numbers outside are not its to choose; the shape comes first.
  fails(t, maxNumbers > 1 ? 'EPERM' : 'EINVAL', () => t.clone(inner, { setTid: [7, 70] }));
  fails(t, 'EINVAL', () => t.clone(inner, { setTid: [7, 70, 700, 7000] }));
  fails(t, 'EINVAL', () => t.clone(init, { newPid: true, setTid: [2] }));
});

each(
  'chosen numbers outside, by permission',
  ({ t, init, box, strategy }) => {
    const inner = box();
    if (strategy.traits.maxNumbers > 1) {
      const chosen = t.clone(inner, { setTid: [7, 70] });
      expect(t.status(70, init.pidNs).NSpid).toEqual([70, 7]);
      expect(t.getpid(chosen)).toBe(7);
      fails(t, 'EPERM', () => t.clone(inner, { setTid: [8, 80] }));
    } else fails(t, 'EINVAL', () => t.clone(inner, { setTid: [7, 70] }));
  },
  { maySetTid: ({ payload }, outer) => payload === 'box' && outer.length === 1 && outer[0] === 70 },
);

each(
  'as on Linux whoever may choose a number may choose all of its numbers',
  ({ t, init, box, strategy }) => {
    const inner = box();
    if (strategy.traits.maxNumbers === 1) return;
    t.clone(inner, { setTid: [7, 70] });
    expect(t.status(70, init.pidNs).NSpid).toEqual([70, 7]);
  },
  { isolation: 'linux' },
);
each('nothing is left of what fails', ({ t, init }) => {
  const a = t.allocator;
  a.setPidMax(init.pidNs, 301);
  a.setLastPid(init.pidNs, 298);
  t.fork(init);
  t.fork(init);
  fails(t, 'EAGAIN', () => t.fork(init));
  fails(t, 'EAGAIN', () => t.clone(init, { thread: true }));
  if (a.traits.rootNumbers === 'small') fails(t, 'EAGAIN', () => t.clone(init, { newPid: true }));
});

each('only a live process of this table makes calls', ({ t, init }) => {
  const p = t.fork(init);
  const other = t.fork(init);
  t.exit(p, 0);
  bug(t, () => t.fork(p));
  bug(t, () => t.getpid(p));
  t.wait4(init, -1);
  bug(t, () => t.kill(p, 1, 0));
  bug(t, () => t.fork({} as never));
  bug(t, () => t.fork(undefined as never));
  bug(t, () => t.exit(other, 1.5));
  bug(t, () => t.exit(other, '1' as never));
  bug(t, () => t.kill(other, 1, Number.NaN));
  bug(t, () => t.wait4(init, '1' as never));
  bug(t, () => t.setns(init, 12_345 as never));
  bug(t, () => t.clone(init, { setTid: ['1' as never] }));
});
