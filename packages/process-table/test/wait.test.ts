import { PIDTYPE_SID } from '@pidlab/contract';
import { expect } from 'vitest';
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  CLD_CONTINUED,
  CLD_STOPPED,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  type ProcessTable,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
  SIGTERM,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WOULD_BLOCK,
  WSTOPPED,
  WUNTRACED,
} from '../src/index.ts';
import { bug, each, fails, type P } from './worlds.ts';

/** Whom `wait4` finds. To compare it by more than `toBe` is to compare all that it leads to, by every way through the table. */
function reap(t: ProcessTable<string>, caller: P, nr: number): P | undefined {
  const waited = t.wait4(caller, nr);
  return typeof waited === 'object' ? waited.process : undefined;
}

each('nothing ready, no such child, and a child are three answers', ({ t, init }) => {
  fails(t, 'ECHILD', () => t.wait4(init, -1));
  const p = t.fork(init);
  expect([t.wait4(init, -1), t.wait4(init, -1, WNOHANG)]).toEqual([WOULD_BLOCK, undefined]);
  expect([t.wait4(init, 2), t.wait4(init, 2, WNOHANG)]).toEqual([WOULD_BLOCK, undefined]);
  fails(t, 'ECHILD', () => t.wait4(init, 3));
  fails(t, 'ECHILD', () => t.wait4(p, 2));
  fails(t, 'ECHILD', () => t.wait4(init, -3));
  t.exit(p, 0);
  expect(t.wait4(init, -1)).toMatchObject({ pid: 2 });
});

each('the oldest child is found, whoever ended first', ({ t, init }) => {
  const children = [1, 2, 3, 4].map(() => t.fork(init));
  for (const at of [2, 0, 3]) t.exit(children[at], at);
  expect([1, 2, 3].map(() => t.wait4(init, -1))).toMatchObject([{ pid: 2 }, { pid: 4 }, { pid: 5 }]);
  expect(t.wait4(init, -1)).toBe(WOULD_BLOCK);
});

each('wait4 by group: own, another, none', ({ t, init }) => {
  const [a, b] = [t.fork(init), t.fork(init)];
  t.setpgid(init, 3, 3);
  t.exit(b, 1);
  expect(t.wait4(init, 0, WNOHANG)).toBeUndefined();
  t.exit(a, 0);
  expect(t.wait4(init, -3)).toMatchObject({ pid: 3 });
  expect(t.wait4(init, 0)).toMatchObject({ pid: 2 });
});

each('zombies of other groups are passed over', ({ t, init }) => {
  const [a, b, c] = [t.fork(init), t.fork(init), t.fork(init)];
  t.setpgid(init, 4, 4);
  t.exit(a, 0);
  t.exit(b, 0);
  expect([t.wait4(init, -4), t.waitid(init, P_PGID, 4, WEXITED)]).toEqual([WOULD_BLOCK, WOULD_BLOCK]);
  t.exit(c, 0);
  expect(t.waitid(init, P_PGID, 4, WEXITED)).toMatchObject({ process: c });
  expect([t.wait4(init, 0), t.wait4(init, 0)]).toMatchObject([{ process: a }, { process: b }]);
  fails(t, 'ECHILD', () => t.waitid(init, P_PGID, 4, WEXITED));
});

each('grandchildren and threads are nobody to wait for', ({ t, init }) => {
  const p = t.fork(init);
  const child = t.fork(p);
  t.exit(child, 0);
  fails(t, 'ECHILD', () => t.wait4(init, 3));
  t.clone(p, { thread: true });
  fails(t, 'ECHILD', () => t.wait4(init, 4));
  expect(t.wait4(init, -1)).toBe(WOULD_BLOCK);
});

each('every thread waits for the children of all, its own first; __WNOTHREAD for its own', ({ t, init }) => {
  const p = t.fork(init);
  const thread = t.clone(p, { thread: true });
  const ofLeader = t.fork(p);
  const ofThread = t.fork(thread);
  fails(t, 'ECHILD', () => t.wait4(p, 5, __WNOTHREAD));
  t.exit(ofLeader, 0);
  t.exit(ofThread, 0);
  expect(t.wait4(p, -1, __WNOTHREAD | WNOHANG)).toMatchObject({ pid: 4 });
  fails(t, 'ECHILD', () => t.wait4(p, -1, __WNOTHREAD));
  t.exit(t.fork(p), 0);
  expect([t.wait4(thread, -1), t.wait4(thread, -1)]).toMatchObject([{ pid: 5 }, { pid: 6 }]);
});

each('__WCLONE finds those without SIGCHLD, __WALL everybody', ({ t, init }) => {
  const p = t.clone(init, { exitSignal: 0 });
  fails(t, 'ECHILD', () => t.wait4(init, -1));
  fails(t, 'ECHILD', () => t.wait4(init, 2));
  expect([t.wait4(init, -1, __WCLONE), t.wait4(init, 2, __WALL)]).toEqual([WOULD_BLOCK, WOULD_BLOCK]);
  const q = t.fork(init);
  t.exit(q, 0);
  t.exit(p, 0);
  fails(t, 'ECHILD', () => t.wait4(init, 3, __WCLONE));
  expect(t.wait4(init, -1, __WALL)).toMatchObject({ pid: 2 });
  expect(t.wait4(init, -1, __WALL)).toMatchObject({ pid: 3 });
});

each('options that a call does not know', ({ t, init }) => {
  t.fork(init);
  for (const options of [WEXITED, WNOWAIT, 0x10, 2 ** 40]) fails(t, 'EINVAL', () => t.wait4(init, -1, options));
  fails(t, 'EINVAL', () => t.wait4(init, -(2 ** 31), WEXITED));
  fails(t, 'ESRCH', () => t.wait4(init, -(2 ** 31)));
  for (const options of [0, WNOHANG, WNOWAIT, WEXITED | 0x10])
    fails(t, 'EINVAL', () => t.waitid(init, P_ALL, 0, options));
  fails(t, 'EINVAL', () => t.waitid(init, 9, 0, WEXITED));
  fails(t, 'EINVAL', () => t.waitid(init, P_PID, 0, WEXITED));
  fails(t, 'EINVAL', () => t.waitid(init, P_PID, -1, WEXITED));
  fails(t, 'EINVAL', () => t.waitid(init, P_PGID, -1, WEXITED));
  bug(t, () => t.waitid(init, P_PIDFD, 7, WEXITED));
  expect(t.waitid(init, P_ALL, -5, WEXITED)).toBe(WOULD_BLOCK);
  expect(t.waitid(init, P_PGID, 0, WEXITED | WNOHANG)).toBeUndefined();
});

each('WNOWAIT leaves the child', ({ t, init }) => {
  t.exit(t.fork(init), 1);
  for (let i = 0; i < 2; i++) expect(t.waitid(init, P_PID, 2, WEXITED | WNOWAIT)).toMatchObject({ pid: 2, value: 1 });
  // A zombie will never stop, and so there is nobody to wait for.
  fails(t, 'ECHILD', () => t.waitid(init, P_ALL, 0, WSTOPPED));
  expect(t.waitid(init, P_ALL, 0, WEXITED)).toMatchObject({ pid: 2 });
});

each('stopping and going on are seen once each', ({ t, init }) => {
  const p = t.fork(init);
  t.kill(init, 2, SIGSTOP);
  expect([p.state, t.status(2, init.pidNs).State, t.wait4(init, -1)]).toEqual(['stopped', 'T (stopped)', WOULD_BLOCK]);
  expect(t.waitid(init, P_ALL, 0, WSTOPPED | WNOWAIT)).toMatchObject({ code: CLD_STOPPED, value: SIGSTOP });
  expect(t.wait4(init, 2, WUNTRACED)).toMatchObject({ pid: 2, status: 0x137f });
  expect(t.wait4(init, 2, WUNTRACED)).toBe(WOULD_BLOCK);
  t.kill(init, 2, SIGCONT);
  expect(t.wait4(init, 2, WUNTRACED)).toBe(WOULD_BLOCK);
  expect(t.waitid(init, P_ALL, 0, WCONTINUED | WNOWAIT)).toMatchObject({ code: CLD_CONTINUED, value: SIGCONT });
  expect(t.wait4(init, -1, WCONTINUED)).toMatchObject({ code: CLD_CONTINUED, value: SIGCONT, status: 0xffff });
  expect(t.wait4(init, -1, WCONTINUED)).toBe(WOULD_BLOCK);
  t.kill(init, 2, SIGSTOP);
  t.kill(init, 2, SIGCONT);
  expect(t.wait4(init, -1, WUNTRACED)).toBe(WOULD_BLOCK);
  t.kill(init, 2, SIGSTOP);
  t.kill(init, 2, SIGKILL);
  expect(t.wait4(init, -1, WUNTRACED)).toMatchObject({ pid: 2, status: SIGKILL });
});

each('the number is the child’s as the waiter sees it', ({ t, init, box }) => {
  t.fork(init);
  const inner = box();
  const child = t.fork(inner);
  t.exit(child, 0);
  expect(t.wait4(inner, 2)).toMatchObject({ pid: 2, process: child });
  t.exit(inner, 4);
  const waited = t.wait4(init, -1, WNOHANG);
  expect(waited).toMatchObject({
    process: inner,
    value: 4,
    pid: t.allocator.traits.rootNumbers === 'small' ? 3 : 0x400001,
  });
});

each('children and members stay in their order, however many have come and gone', ({ t, init }) => {
  const parent = t.fork(init);
  t.setsid(parent);
  const alive: P[] = [];
  for (let i = 0; i < 400; i++) {
    alive.push(t.fork(parent, `${i}`));
    // Out of every four three go: one that is old, one in the middle, one that has just come.
    if (i % 4 === 0) continue;
    const [gone] = alive.splice([0, 0, alive.length >> 1, alive.length - 1][i % 4], 1);
    t.exit(gone, 0);
    expect(reap(t, parent, -1)).toBe(gone);
  }
  expect(parent.children).toEqual(alive);
  expect(alive.length).toBe(100);
  expect(t.checkInvariants()).toEqual([]);
  t.sigaction(parent, SIGTERM, 'ignore');
  t.kill(init, -t.getpid(parent), SIGTERM);
  for (const child of alive) expect(reap(t, parent, -1)).toBe(child);
  expect(() => t.wait4(parent, -1)).toThrow('ECHILD');
});

each('threads, and the groups of a session, stay in their order too', ({ t, init }) => {
  const p = t.fork(init);
  t.setsid(p);
  const threads = Array.from({ length: 60 }, () => t.clone(p, { thread: true }));
  for (const [i, thread] of threads.entries()) if (i % 20 !== 0) t.exit(thread, 0);
  expect(p.threads).toEqual([p, threads[0], threads[20], threads[40]]);
  t.exit(threads[20], 0);
  expect(p.threads).toEqual([p, threads[0], threads[40]]);
  const leaders = Array.from({ length: 60 }, () => t.fork(p));
  for (const leader of leaders) t.setpgid(leader, 0, 0);
  for (const [i, leader] of leaders.entries()) {
    if (i % 20 === 0) continue;
    t.exit(leader, 0);
    expect(reap(t, p, -1)).toBe(leader);
  }
  expect(t.checkInvariants()).toEqual([]);
  // The number of the session goes from each to the oldest group that is left.
  for (const [i, gone] of [p, leaders[0], leaders[20]].entries()) {
    t.exitGroup(gone, 0);
    expect(reap(t, init, -1)).toBe(gone);
    expect(t.allocator.pidTask(p.pid, PIDTYPE_SID)).toBe(leaders[20 * i].task);
  }
});

each('zombies are found in their order after all between them have gone', ({ t, init }) => {
  const children = Array.from({ length: 60 }, () => t.fork(init));
  const ended = [children[20], children[40]];
  for (const child of ended) t.exit(child, 0);
  for (const [i, child] of children.entries()) {
    if (i % 20 === 0 || i === 59) continue;
    t.exit(child, 0);
    expect(reap(t, init, i + 2)).toBe(child);
  }
  expect(t.checkInvariants()).toEqual([]);
  expect([t.wait4(init, -1), t.wait4(init, -1)]).toMatchObject(ended.map((process) => ({ process })));
  expect(init.children).toEqual([children[0], children[59]]);
});

each('who joined a group last is signalled first', ({ t, init, log }) => {
  const leader = t.fork(init, 'leader');
  t.setsid(leader);
  const many = Array.from({ length: 60 }, (_, i) => t.fork(leader, `${i}`));
  for (const [i, child] of many.entries()) if (i % 7 !== 0) t.exit(child, 0);
  while (typeof t.wait4(leader, -1, WNOHANG) === 'object');
  for (let i = 60; i < 63; i++) t.fork(leader, `${i}`);
  log.length = 0;
  t.kill(init, -t.getpid(leader), SIGKILL);
  const killed = log.filter((line) => line.startsWith('exited')).map((line) => line.split(' ')[1]);
  expect(killed).toEqual(['62', '61', '60', '56', '49', '42', '35', '28', '21', '14', '7', '0', 'leader']);
});

each('what a wait found goes through JSON and structured clones, as numbers', ({ t, init }) => {
  const p = t.fork(init);
  t.exit(p, 3);
  const waited = t.wait4(init, -1);
  const numbers = { pid: 2, code: 1, value: 3, status: 0x300 };
  expect([JSON.parse(JSON.stringify(waited)), structuredClone(waited)]).toEqual([numbers, numbers]);
  expect(waited).toMatchObject({ process: p });
  expect(JSON.parse(JSON.stringify([p, init]))).toEqual([
    { nr: 0, state: 'dead' },
    { nr: 1, state: 'running' },
  ]);
});
