import { expect } from 'vitest';
import { __WCLONE, SIGKILL, WNOHANG } from '../src/index.ts';
import { each, fails } from './worlds.ts';

each('exec from a thread: the leader’s number passes over, and its own is free', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.setsid(p);
  const [a, b] = ['a', 'b'].map((payload) => t.clone(p, { thread: true, payload }));
  const children = [t.fork(p, 'of p'), t.fork(a, 'of a'), t.fork(b, 'of b')];
  const sibling = t.fork(init, 'sibling');
  t.exec(b);
  expect([t.gettid(b), t.getpid(b), t.getsid(b, 0), t.getpgid(b, 0)]).toEqual([2, 2, 2, 2]);
  expect([b.leader, b.threads, p.state, a.state]).toEqual([b, [b], 'dead', 'dead']);
  expect(init.children).toEqual([b, sibling]);
  expect(children.map(({ parent }) => parent)).toEqual([b, b, b]);
  expect(b.children.map(({ payload }) => payload).sort()).toEqual(['of a', 'of b', 'of p']);
  expect(log).toEqual(['exited a', 'exited p']);
  expect(t.findProcess(2, init.pidNs)).toBe(b);
  for (const nr of [3, 4]) fails(t, 'ESRCH', () => t.kill(init, nr, 0));
  t.kill(init, 2, SIGKILL);
  expect(t.wait4(init, -1)).toMatchObject({ pid: 2, process: b });
});

each('exec after the leader has ended, and by the leader', ({ t, init }) => {
  const p = t.fork(init, 'p');
  const a = t.clone(p, { thread: true, payload: 'a' });
  t.exit(p, 0);
  t.exec(a);
  expect([t.getpid(a), t.gettid(a), p.state]).toEqual([2, 2, 'dead']);
  const b = t.clone(a, { thread: true, payload: 'b' });
  t.exec(a);
  expect([t.getpid(a), b.state, t.listThreads(2, init.pidNs)]).toEqual([2, 'dead', [2]]);
  t.exec(a);
});

each('a thread of a namespace’s init becomes it', ({ t, init, box }) => {
  const inner = box();
  const thread = t.clone(inner, { thread: true });
  const orphan = t.fork(t.fork(inner));
  t.exec(thread);
  expect([t.getpid(thread), t.allocator.childReaper(thread.pidNs)]).toEqual([1, thread.task]);
  t.exit(thread.children[0], 0);
  expect(orphan.parent).toBe(thread);
  t.kill(orphan, 1, SIGKILL);
  expect(thread.state).toBe('running');
  t.exit(thread, 0);
  expect([orphan.state, thread.state, thread.parent]).toEqual(['dead', 'zombie', init]);
});

each('exec makes an unusual child a usual one', ({ t, init }) => {
  const p = t.clone(init, { exitSignal: 0 });
  t.exec(p);
  fails(t, 'ECHILD', () => t.wait4(init, -1, WNOHANG | __WCLONE));
  expect(t.wait4(init, -1, WNOHANG)).toBeUndefined();
});

each('the caller’s unshared namespace stays with it, another thread’s is let go', ({ t, init }) => {
  const p = t.fork(init);
  const thread = t.clone(p, { thread: true });
  const other = t.clone(p, { thread: true });
  t.unshare(thread);
  t.unshare(other);
  expect(t.allocator.stats().namespaces).toBe(3);
  t.exec(thread);
  expect(t.allocator.stats().namespaces).toBe(2);
  expect(t.getpid(t.fork(thread))).toBe(1);
});
