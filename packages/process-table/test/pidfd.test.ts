import { expect } from 'vitest';
import { P_PIDFD, SIGKILL, SIGTERM, SIGUSR1, WEXITED, WNOHANG, WOULD_BLOCK } from '../src/index.ts';
import { bug, each, fails } from './worlds.ts';

each('a pidfd reaches its process, alive or zombie, and then nobody', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGUSR1, 'handle');
  const fd = t.openPidfd(init, 2);
  t.pidfdSendSignal(init, fd, SIGUSR1);
  expect([log, t.pidfdPid(init, fd)]).toEqual([['deliver p 10 handle from 1'], 2]);
  fails(t, 'EINVAL', () => t.pidfdSendSignal(init, fd, 65));
  t.exit(p, 0);
  t.pidfdSendSignal(init, fd, SIGKILL);
  t.wait4(init, -1);
  for (const signal of [SIGKILL, 0, 65]) fails(t, 'ESRCH', () => t.pidfdSendSignal(init, fd, signal));
  expect(t.pidfdPid(init, fd)).toBe(-1);
  const later = t.clone(init, { setTid: [2] });
  fails(t, 'ESRCH', () => t.pidfdSendSignal(init, fd, SIGKILL));
  expect(later.state).toBe('running');
  t.closePidfd(fd);
  fails(t, 'EBADF', () => t.closePidfd(fd));
  fails(t, 'EBADF', () => t.pidfdSendSignal(init, fd, 0));
  fails(t, 'EBADF', () => t.pidfdPid(init, fd));
  fails(t, 'EBADF', () => t.waitid(init, P_PIDFD, fd, WEXITED));
  fails(t, 'EINVAL', () => t.waitid(init, P_PIDFD, fd, 0));
});

each('whom a pidfd can be opened for', ({ t, init }) => {
  const p = t.fork(init);
  const thread = t.clone(p, { thread: true });
  for (const nr of [0, -1, -(2 ** 40)]) fails(t, 'EINVAL', () => t.openPidfd(init, nr));
  for (const nr of [9, 2 ** 31]) fails(t, 'ESRCH', () => t.openPidfd(init, nr));
  fails(t, 'ENOENT', () => t.openPidfd(init, 3));
  const fd = t.openPidfd(init, 3, { thread: true });
  t.exit(thread, 0);
  fails(t, 'ESRCH', () => t.pidfdSendSignal(init, fd, 0));
  t.closePidfd(fd);
  t.setpgid(init, 2, 0);
  t.fork(p);
  t.exit(p, 0);
  t.wait4(init, 2);
  // Number 2 is a group's by now, and a group is nobody.
  fails(t, 'ESRCH', () => t.openPidfd(init, 2));
  bug(t, () => t.closePidfd({ pid: p.pid, thread: false, closed: false }));
});

each('a pidfd for a process is for the one that it becomes by exec', ({ t, init }) => {
  const p = t.fork(init);
  const thread = t.clone(p, { thread: true });
  const fd = t.openPidfd(init, 2);
  t.exec(thread);
  t.pidfdSendSignal(init, fd, SIGTERM);
  expect(thread.state).toBe('zombie');
  t.closePidfd(fd);
});

each('a pidfd leads out of no namespace', ({ t, init, box }) => {
  const outside = t.openPidfd(init, 1);
  const inner = box();
  fails(t, 'EINVAL', () => t.pidfdSendSignal(inner, outside, 0));
  expect(t.pidfdPid(inner, outside)).toBe(0);
  const inside = t.openPidfd(inner, 1);
  t.pidfdSendSignal(inner, inside, SIGKILL);
  expect(inner.state).toBe('running');
  t.pidfdSendSignal(init, inside, SIGKILL);
  expect(inner.state).toBe('zombie');
  t.wait4(init, -1);
  // It was opened inside, and has ended with that.
  fails(t, 'EBADF', () => t.pidfdSendSignal(init, inside, 0));
  fails(t, 'EBADF', () => t.closePidfd(inside));
  t.closePidfd(outside);
  expect(t.allocator.stats()).toMatchObject({ pids: 1, namespaces: 1 });
});

each('whatever closes a pidfd, one reference is given back', ({ t, init }) => {
  const p = t.fork(init);
  const fd = t.openPidfd(init, 2);
  const other = t.openPidfd(init, 2);
  // No type says that this is there.
  const close = Reflect.get(fd, 'close').bind(fd);
  close();
  close();
  fails(t, 'EBADF', () => t.closePidfd(fd));
  expect([t.allocator.pidCount(p.pid), t.usage(init.pidNs).pidfds.current]).toEqual([2, 1]);
  t.closePidfd(other);
  expect(t.allocator.pidCount(p.pid)).toBe(1);
});

each('waiting by pidfd', ({ t, init }) => {
  const p = t.fork(init);
  const child = t.fork(p);
  const [fd, other] = [t.openPidfd(init, 2), t.openPidfd(init, 3)];
  expect(t.waitid(init, P_PIDFD, fd, WEXITED)).toBe(WOULD_BLOCK);
  fails(t, 'ECHILD', () => t.waitid(init, P_PIDFD, other, WEXITED | WNOHANG));
  t.exit(child, 0);
  expect(t.waitid(p, P_PIDFD, other, WEXITED)).toMatchObject({ pid: 3 });
  fails(t, 'ECHILD', () => t.waitid(p, P_PIDFD, other, WEXITED));
});
