import { expect } from 'vitest';
import {
  __WALL,
  __WCLONE,
  CLD_EXITED,
  CLD_KILLED,
  SI_USER,
  SIGCHLD,
  SIGKILL,
  SIGUSR1,
  SIGUSR2,
  WNOHANG,
} from '../src/index.ts';
import { each, fails } from './worlds.ts';

each('an ended child is a zombie until it is waited for, and its number is taken', ({ t, init }) => {
  const p = t.fork(init, 'p');
  t.exit(p, 0x103);
  expect([p.state, p.waitStatus]).toEqual(['zombie', 0x300]);
  expect(t.status(2, init.pidNs).State).toBe('Z (zombie)');
  t.kill(init, 2, SIGKILL);
  expect(t.wait4(init, -1)).toMatchObject({ pid: 2, process: p, code: CLD_EXITED, value: 3, status: 0x300 });
  expect([p.state, p.waitStatus, p.parent]).toEqual(['dead', 0x300, undefined]);
  fails(t, 'ESRCH', () => t.kill(init, 2, 0));
  fails(t, 'ECHILD', () => t.wait4(init, -1));
});

each('orphans go to the init of the namespace, in their order, and zombies among them', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  const own = t.fork(init, 'own');
  const [a, b, c] = ['a', 'b', 'c'].map((name) => t.fork(p, name));
  t.exit(b, 0);
  log.length = 0;
  t.exit(p, 0);
  expect(init.children).toEqual([p, own, a, b, c]);
  expect(t.getppid(a)).toBe(1);
  expect(log).toEqual(['childChanged init b', 'exited p', 'childChanged init p']);
  expect([t.wait4(init, -1), t.wait4(init, -1)]).toMatchObject([{ pid: 2 }, { pid: 5 }]);
});

each('orphans go to a live thread first', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  const thread = t.clone(p, { thread: true, payload: 'thread' });
  const a = t.fork(thread, 'a');
  t.exit(a, 0);
  log.length = 0;
  t.exit(thread, 0);
  expect([a.parent, thread.state, log]).toEqual([p, 'dead', ['exited thread']]);
  const second = t.clone(p, { thread: true, payload: 'second' });
  t.exit(p, 0);
  expect([a.parent, p.state, p.waitStatus]).toEqual([second, 'zombie', undefined]);
  expect(t.wait4(second, -1)).toMatchObject({ pid: 4 });
});

each('orphans pass over threads that have ended', ({ t, init }) => {
  const p = t.fork(init);
  const [first, second] = [t.clone(p, { thread: true }), t.clone(p, { thread: true })];
  const child = t.fork(first);
  t.exit(p, 0);
  t.exit(first, 0);
  expect([child.parent, second.children]).toEqual([second, [child]]);
});

each('orphans go to the nearest subreaper that is alive and in the same namespace', ({ t, init, box }) => {
  const far = t.fork(init, 'far');
  const near = t.fork(far, 'near');
  const p = t.fork(near, 'p');
  const child = t.fork(p, 'child');
  t.setChildSubreaper(far, true);
  t.setChildSubreaper(near, true);
  t.exit(p, 0);
  expect(child.parent).toBe(near);
  t.exit(near, 0);
  expect(child.parent).toBe(far);
  t.setChildSubreaper(far, false);
  t.exit(far, 0);
  expect(child.parent).toBe(init);
  t.setChildSubreaper(init, true);
  const inner = box();
  const q = t.fork(inner, 'q');
  const r = t.fork(q, 'r');
  t.exit(q, 0);
  expect(r.parent).toBe(inner);
});

each('a fork does not inherit being a subreaper, and exec keeps it', ({ t, init }) => {
  const reaper = t.fork(init);
  t.setChildSubreaper(reaper, true);
  t.exec(reaper);
  const p = t.fork(reaper);
  const q = t.fork(p);
  const r = t.fork(q);
  t.exit(q, 0);
  expect(r.parent).toBe(reaper);
  t.exit(p, 0);
  expect(r.parent).toBe(reaper);
});

each('with SIGCHLD ignored children reap themselves, SA_NOCLDWAIT too but with the signal', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  expect(t.sigaction(p, SIGCHLD, 'ignore')).toBe('default');
  t.exit(t.fork(p, 'a'), 0);
  fails(t, 'ECHILD', () => t.wait4(p, -1));
  expect(t.sigaction(p, SIGCHLD, 'handle', { noCldWait: true })).toBe('ignore');
  log.length = 0;
  t.exit(t.fork(p, 'b'), 0);
  fails(t, 'ECHILD', () => t.wait4(p, -1));
  expect(log).toEqual(['exited b', 'childChanged p b', 'deliver p 17 handle from 4']);
  // One that ended before is not reaped by it, and an unusual exit signal is not SIGCHLD.
  t.sigaction(p, SIGCHLD, 'default');
  t.exit(t.fork(p, 'c'), 0);
  t.sigaction(p, SIGCHLD, 'ignore');
  t.exit(t.clone(p, { exitSignal: 0, payload: 'd' }), 0);
  expect(t.wait4(p, -1)).toMatchObject({ process: { payload: 'c' } });
  fails(t, 'ECHILD', () => t.wait4(p, -1));
  expect(t.wait4(p, -1, __WCLONE)).toMatchObject({ process: { payload: 'd' } });
});

each('the exit signal says who ended and how', ({ t, init, infos }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGCHLD, 'handle');
  t.sigaction(p, SIGUSR1, 'handle');
  t.exit(t.fork(p, 'a'), 7);
  t.exit(t.clone(p, { exitSignal: SIGUSR1, payload: 'b' }), 0);
  t.exit(t.clone(p, { exitSignal: 0, payload: 'c' }), 0);
  const d = t.fork(p, 'd');
  t.kill(init, 6, SIGKILL);
  expect([d.state, d.waitStatus]).toEqual(['zombie', SIGKILL]);
  const action = 'handle';
  expect(infos).toEqual([
    { signal: SIGCHLD, code: CLD_EXITED, pid: 3, value: 7, action },
    { signal: SIGUSR1, code: CLD_EXITED, pid: 4, value: 0, action },
    { signal: SIGKILL, code: SI_USER, pid: 1, value: undefined, action: 'terminate' },
    { signal: SIGCHLD, code: CLD_KILLED, pid: 6, value: SIGKILL, action },
  ]);
  expect(t.wait4(p, 6)).toMatchObject({ code: CLD_KILLED, value: SIGKILL, status: SIGKILL });
});

each('an exit signal that nobody handles ends the parent, whose children go on', ({ t, init }) => {
  const p = t.fork(init, 'p');
  const other = t.fork(p, 'other');
  t.exit(t.clone(p, { exitSignal: SIGUSR2, payload: 'a' }), 0);
  expect([p.state, p.waitStatus, other.parent]).toEqual(['zombie', SIGUSR2, init]);
  expect(init.children.map(({ payload }) => payload)).toEqual(['p', 'other', 'a']);
  expect(t.wait4(init, 4)).toMatchObject({ pid: 4 });
});

each('a parent that has done exec gets SIGCHLD, whatever was agreed', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.clone(p, { exitSignal: SIGUSR2, payload: 'a' });
  t.exec(p);
  t.sigaction(p, SIGCHLD, 'handle');
  log.length = 0;
  t.exit(p.children[0], 0);
  expect(log.at(-1)).toBe('deliver p 17 handle from 3');
});

each('a process ends with its last thread, and with the status of that one', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  const thread = t.clone(p, { thread: true, payload: 'thread' });
  t.exit(p, 3);
  expect([p.state, t.wait4(init, -1, WNOHANG), log]).toEqual(['zombie', undefined, ['exited p']]);
  expect(t.listThreads(2, init.pidNs)).toEqual([2, 3]);
  t.exit(thread, 5);
  expect(log).toEqual(['exited p', 'exited thread', 'childChanged init p']);
  expect(t.wait4(init, -1)).toMatchObject({ pid: 2, status: 0x500 });
});

each('exitGroup ends all threads', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  const [a, b] = ['a', 'b'].map((payload) => t.clone(p, { thread: true, payload }));
  const child = t.fork(a, 'child');
  t.exitGroup(b, 9);
  expect([a.state, b.state, p.state, p.waitStatus, child.parent]).toEqual(['dead', 'dead', 'zombie', 0x900, init]);
  expect(log).toEqual(['exited a', 'exited b', 'exited p', 'childChanged init p']);
});

each('a number that is still a group or session is not given out again', ({ t, init }) => {
  const a = t.allocator;
  const leader = t.fork(init);
  t.setsid(leader);
  const member = t.fork(leader);
  t.exit(leader, 0);
  t.wait4(init, 2);
  expect([t.getpgid(member, 0), t.getsid(member, 0)]).toEqual([2, 2]);
  fails(t, 'ESRCH', () => t.kill(init, 2, 0));
  fails(t, 'EEXIST', () => t.clone(init, { setTid: [2] }));
  expect(a.findPid(2)).toBeDefined();
  t.exit(member, 0);
  t.wait4(init, -1, __WALL);
  expect(t.clone(init, { setTid: [2] }).state).toBe('running');
});
