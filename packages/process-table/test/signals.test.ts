import { expect } from 'vitest';
import {
  SI_QUEUE,
  SI_TKILL,
  SI_USER,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
  SIGKILL,
  SIGSEGV,
  SIGSTOP,
  SIGTERM,
  SIGTSTP,
  SIGURG,
  SIGUSR1,
} from '../src/index.ts';
import { bug, each, fails } from './worlds.ts';

each('by default a signal ends its process; one handled or ignored does not', ({ t, init, log }) => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => t.fork(init, name));
  t.sigaction(b, SIGTERM, 'handle');
  t.sigaction(c, SIGTERM, 'ignore');
  for (const nr of [2, 3, 4]) t.kill(init, nr, SIGTERM);
  expect([a.state, b.state, c.state, a.waitStatus]).toEqual(['zombie', 'running', 'running', SIGTERM]);
  expect(log).toEqual([
    'deliver a 15 terminate from 1',
    'exited a',
    'childChanged init a',
    'deliver b 15 handle from 1',
  ]);
  log.length = 0;
  for (const signal of [SIGCHLD, SIGURG, SIGCONT]) t.kill(init, 3, signal);
  expect([log, b.state]).toEqual([[], 'running']);
});

each('a handler is inherited by fork and gone after exec; ignored stays ignored', ({ t, init }) => {
  const p = t.fork(init);
  t.sigaction(p, SIGTERM, 'handle');
  t.sigaction(p, SIGUSR1, 'ignore');
  const child = t.fork(p);
  t.sigaction(p, SIGTERM, 'default');
  expect(t.sigaction(child, SIGTERM, 'handle')).toBe('handle');
  t.exec(child);
  expect(t.sigaction(child, SIGTERM, 'default')).toBe('default');
  expect(t.sigaction(child, SIGUSR1, 'default')).toBe('ignore');
});

each('kill names a process, by any of its threads, which runs the handler', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGUSR1, 'handle');
  t.clone(p, { thread: true, payload: 'thread' });
  t.kill(init, 3, SIGUSR1);
  t.kill(init, 2, SIGUSR1);
  t.exit(p, 0);
  t.kill(init, 2, SIGUSR1);
  expect(log).toEqual([
    'deliver thread 10 handle from 1',
    'deliver p 10 handle from 1',
    'exited p',
    'deliver thread 10 handle from 1',
  ]);
});

each('signal 0 and zombies: nothing happens, and it is no error', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.kill(init, 2, 0);
  t.exit(p, 0);
  log.length = 0;
  t.kill(init, 2, SIGKILL);
  t.kill(init, 2, 0);
  expect(log).toEqual([]);
});

each('kill of groups: own, another, one of zombies, none', ({ t, init }) => {
  const leader = t.fork(init);
  t.setpgid(init, 2, 0);
  const members = [t.fork(leader), t.fork(leader)];
  t.kill(members[0], 0, SIGTERM);
  expect([leader, ...members, init].map((p) => p.state)).toEqual(['zombie', 'zombie', 'zombie', 'running']);
  t.kill(init, -2, SIGTERM);
  fails(t, 'ESRCH', () => t.kill(init, -3, SIGTERM));
  t.wait4(init, 2);
  t.kill(init, -2, 0);
});

each('kill -1: everybody but the caller and the init', ({ t, init, log }) => {
  fails(t, 'ESRCH', () => t.kill(init, -1, SIGTERM));
  const p = t.fork(init, 'p');
  fails(t, 'ESRCH', () => t.kill(p, -1, 99));
  t.clone(p, { thread: true, payload: 'thread' });
  fails(t, 'ESRCH', () => t.kill(p, -1, SIGTERM));
  const [a, b] = [t.fork(init, 'a'), t.fork(p, 'b')];
  t.kill(p, -1, SIGTERM);
  expect([p, a, b].map(({ state }) => state)).toEqual(['running', 'zombie', 'zombie']);
  expect(log.filter((line) => line.startsWith('deliver'))).toEqual([
    'deliver a 15 terminate from 2',
    'deliver b 15 terminate from 2',
  ]);
});

each('kill -1 in a namespace reaches who is seen from there', ({ t, init, box }) => {
  const outside = t.fork(init);
  const inner = box();
  fails(t, 'ESRCH', () => t.kill(inner, -1, SIGKILL));
  const a = t.fork(inner);
  t.kill(inner, -1, SIGKILL);
  expect([outside.state, inner.state, a.state]).toEqual(['running', 'running', 'zombie']);
  const b = t.fork(inner);
  t.kill(outside, -1, SIGKILL);
  expect([outside.state, inner.state, b.state]).toEqual(['running', 'zombie', 'dead']);
});

each('tgkill reaches one thread', ({ t, init, log, infos }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGUSR1, 'handle');
  const thread = t.clone(p, { thread: true, payload: 'thread' });
  t.tgkill(init, 2, 3, SIGUSR1);
  expect(log).toEqual(['deliver thread 10 handle from 1']);
  expect(infos[0].code).toBe(SI_TKILL);
  t.tgkill(init, 2, 3, 0);
  for (const [tgid, tid] of [
    [0, 3],
    [2, 0],
    [-1, 3],
    [2, -1],
  ])
    fails(t, 'EINVAL', () => t.tgkill(init, tgid, tid, 0));
  for (const [tgid, tid] of [
    [3, 3],
    [1, 3],
    [2, 9],
  ])
    fails(t, 'ESRCH', () => t.tgkill(init, tgid, tid, 99));
  fails(t, 'EINVAL', () => t.tgkill(init, 2, 3, 65));
  t.exit(p, 0);
  t.tgkill(init, 2, 2, SIGUSR1);
  t.tgkill(init, 2, 2, SIGKILL);
  expect([log.at(-1), thread.state]).toEqual(['exited p', 'running']);
  t.tgkill(init, 2, 3, SIGTERM);
  expect(p.waitStatus).toBe(SIGTERM);
});

each('sigqueue carries a value, and the sender as the receiver sees it', ({ t, init, box, infos }) => {
  const inner = box();
  const a = t.fork(inner, 'a');
  t.sigaction(a, SIGUSR1, 'handle');
  t.sigaction(inner, SIGUSR1, 'handle');
  t.sigqueue(inner, 2, SIGUSR1, { any: 1 });
  t.sigqueue(a, 1, SIGUSR1, 2);
  t.sigqueue(init, t.allocator.pidNr(a.pid), SIGUSR1, 3);
  expect(infos.map(({ pid, value, code }) => [pid, value, code])).toEqual([
    [1, { any: 1 }, SI_QUEUE],
    [2, 2, SI_QUEUE],
    [0, 3, SI_QUEUE],
  ]);
  for (const nr of [-1, 0, -5, 99]) fails(t, 'ESRCH', () => t.sigqueue(init, nr, 65, 0));
  fails(t, 'EINVAL', () => t.sigqueue(init, 1, 65, 0));
});

each('from a container outwards, by a common group: the sender’s number outside', ({ t, init, infos }) => {
  const inner = t.clone(init, { newPid: true, newSession: false });
  t.sigaction(init, SIGUSR1, 'handle');
  t.sigaction(inner, SIGUSR1, 'handle');
  t.kill(inner, 0, SIGUSR1);
  expect(infos.map(({ pid }) => pid).sort((a, b) => a - b)).toEqual([1, t.allocator.pidNr(inner.pid)]);
});

each('kill(0) from a container reaches nobody outside', ({ t, init, box, log }) => {
  const shell = t.fork(init, 'shell');
  const inner = box();
  const a = t.fork(inner, 'a');
  t.kill(a, 0, SIGKILL);
  expect([shell.state, init.state, inner.state, a.state]).toEqual(['running', 'running', 'running', 'zombie']);
  expect(log.filter((line) => line.startsWith('exited'))).toEqual(['exited a']);
});

each('a namespace’s init is protected from inside', ({ t, init, box }) => {
  const inner = box();
  const a = t.fork(inner);
  for (const signal of [SIGTERM, SIGKILL, SIGSTOP, SIGHUP]) {
    t.kill(inner, 1, signal);
    t.kill(a, 1, signal);
    expect(inner.state).toBe('running');
  }
  const outer = t.allocator.pidNr(inner.pid);
  t.kill(init, outer, SIGTERM);
  expect(inner.state).toBe('running');
  t.kill(init, outer, SIGSTOP);
  expect(inner.state).toBe('stopped');
  t.kill(init, outer, SIGCONT);
  expect(inner.state).toBe('running');
  t.kill(init, outer, SIGKILL);
  expect([inner.state, inner.waitStatus, a.state]).toEqual(['zombie', SIGKILL, 'dead']);
});

each('an init gets what it has a handler for', ({ t, box, log }) => {
  const inner = box();
  t.sigaction(inner, SIGTERM, 'handle');
  t.kill(inner, 1, SIGTERM);
  expect(log).toEqual(['deliver box 15 handle from 1']);
});

each('nobody inside ends the root’s init; outside can', ({ t, init, log, infos }) => {
  const p = t.fork(init, 'p');
  t.kill(p, 1, SIGKILL);
  t.kill(init, 1, SIGSTOP);
  t.signalFromOutside(init, SIGTERM);
  expect([init.state, log]).toEqual(['running', []]);
  t.signalFromOutside(p, SIGSTOP);
  expect(infos[0]).toMatchObject({ pid: 0, code: SI_USER, action: 'stop' });
  fails(t, 'EINVAL', () => t.signalFromOutside(init, 65));
  t.signalFromOutside(init, 0);
  t.signalFromOutside(init, SIGKILL);
  expect([init.state, p.state, t.size]).toEqual(['dead', 'dead', 0]);
  fails(t, 'ESRCH', () => t.signalFromOutside(p, SIGKILL));
});

each('the root’s init can be stopped from outside, and has no parent that is told', ({ t, init, log }) => {
  t.signalFromOutside(init, SIGSTOP);
  expect([init.state, log]).toEqual(['stopped', ['deliver init 19 stop from 0']]);
  t.signalFromOutside(init, SIGCONT);
  expect([init.state, log.length]).toEqual(['running', 1]);
});

each('what a stopped process gets reaches it when it goes on', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGUSR1, 'handle');
  t.kill(init, 2, SIGSTOP);
  t.kill(init, 2, SIGUSR1);
  t.kill(init, 2, SIGTERM);
  t.kill(init, 2, SIGTSTP);
  expect(p.state).toBe('stopped');
  log.length = 0;
  t.kill(init, 2, SIGCONT);
  expect(p.state).toBe('zombie');
  expect(log).toEqual([
    'childChanged init p',
    'deliver p 18 continue from 1',
    'deliver p 15 terminate from 1',
    'exited p',
    'childChanged init p',
  ]);
});

each('sigaction refuses what cannot be caught', ({ t, init }) => {
  for (const signal of [0, -1, 65, SIGKILL, SIGSTOP]) fails(t, 'EINVAL', () => t.sigaction(init, signal, 'ignore'));
  bug(t, () => t.sigaction(init, 1.5, 'ignore'));
  bug(t, () => t.sigaction(init, SIGTERM, 'handler' as never));
});

each('bad signals and bad numbers', ({ t, init }) => {
  for (const signal of [-1, 65, 2 ** 40]) {
    fails(t, 'EINVAL', () => t.kill(init, 1, signal));
    fails(t, 'EINVAL', () => t.kill(init, 0, signal));
    fails(t, 'ESRCH', () => t.kill(init, 9, signal));
    fails(t, 'ESRCH', () => t.kill(init, -9, signal));
  }
  for (const pid of [2 ** 31 - 1, 2 ** 31, 2 ** 40, -(2 ** 31), -(2 ** 40)])
    fails(t, 'ESRCH', () => t.kill(init, pid, 0));
  t.kill(init, 1, 64);
});

const asked: string[] = [];
each(
  'mayKill is asked about others, and refused is EPERM',
  ({ t, init, log }) => {
    const p = t.fork(init, 'p');
    const q = t.fork(init, 'no');
    asked.length = 0;
    fails(t, 'EPERM', () => t.kill(p, 3, SIGTERM));
    fails(t, 'EPERM', () => t.kill(p, 3, 0));
    fails(t, 'EPERM', () => t.tgkill(p, 3, 3, 0));
    fails(t, 'EPERM', () => t.sigqueue(p, 3, SIGTERM, 0));
    fails(t, 'EINVAL', () => t.kill(p, 3, 65));
    expect(asked).toEqual(['p→no 15', 'p→no 0', 'p→no 0', 'p→no 15']);
    // Its own process needs no leave; SIGCONT does, as everything else.
    t.kill(q, 3, 0);
    fails(t, 'EPERM', () => t.kill(p, 3, SIGCONT));
    t.setsid(q);
    fails(t, 'EPERM', () => t.kill(p, 3, SIGCONT));
    // One that may be signalled is enough; for -1 not even that.
    t.kill(p, -1, SIGTERM);
    fails(t, 'EPERM', () => t.kill(p, -3, SIGTERM));
    t.sigaction(p, SIGTERM, 'handle');
    log.length = 0;
    t.setpgid(init, 2, 2);
    t.kill(init, 0, 0);
    t.kill(q, 2, SIGTERM);
    expect(log).toEqual(['deliver p 15 handle from 3']);
  },
  {
    mayKill(sender, target, signal) {
      asked.push(`${sender.payload}→${target.payload} ${signal}`);
      return target.payload !== 'no';
    },
  },
);

each('a group is orphaned when nobody in it has a parent in another group of the session', ({ t, init }) => {
  const shell = t.fork(init);
  t.setsid(shell);
  const job = t.fork(shell);
  t.setpgid(shell, 3, 3);
  const member = t.fork(job);
  expect([shell, job, member].map((p) => t.isOrphanedGroup(p))).toEqual([true, false, false]);
  t.exit(job, 0);
  expect(t.isOrphanedGroup(member)).toBe(true);
});

each('the root’s init looks after no group, whatever its session', ({ t, init }) => {
  const p = t.fork(init);
  t.setpgid(init, 2, 0);
  expect(t.isOrphanedGroup(p)).toBe(true);
  t.kill(init, 2, SIGTSTP);
  expect(p.state).toBe('running');
});

each('a stopped group that becomes orphaned gets SIGHUP and SIGCONT', ({ t, init, log }) => {
  const shell = t.fork(init, 'shell');
  t.setsid(shell);
  const job = t.fork(shell, 'job');
  t.setpgid(shell, 3, 3);
  const member = t.fork(job, 'member');
  const handler = t.fork(job, 'handler');
  t.sigaction(handler, SIGHUP, 'handle');
  t.kill(shell, 4, SIGSTOP);
  log.length = 0;
  t.exit(job, 0);
  expect([member.state, member.waitStatus, handler.state]).toEqual(['zombie', SIGHUP, 'running']);
  expect(log.filter((line) => line.startsWith('deliver'))).toEqual([
    'deliver handler 1 handle from 0',
    'deliver member 18 continue from 0',
    'deliver member 1 terminate from 0',
  ]);
  // SIGTSTP does not stop who nobody could let go on; SIGSTOP does.
  t.kill(init, 5, SIGTSTP);
  expect(handler.state).toBe('running');
  t.kill(init, 5, SIGSTOP);
  expect(handler.state).toBe('stopped');
});

each('the end of the shell orphans its stopped jobs', ({ t, init }) => {
  const shell = t.fork(init);
  t.setsid(shell);
  const job = t.fork(shell);
  t.setpgid(shell, 3, 3);
  t.kill(shell, 3, SIGTSTP);
  expect(job.state).toBe('stopped');
  t.exit(shell, 0);
  expect([job.state, job.waitStatus]).toEqual(['zombie', SIGHUP]);
});

each('stopping tells the parent, unless SA_NOCLDSTOP', ({ t, init, infos }) => {
  const p = t.fork(init);
  const child = t.fork(p);
  t.sigaction(p, SIGCHLD, 'handle');
  t.kill(p, 3, SIGSTOP);
  t.kill(p, 3, SIGCONT);
  const chld = (): unknown[] =>
    infos.filter(({ signal }) => signal === SIGCHLD).map(({ code, value }) => [code, value]);
  expect(chld()).toEqual([
    [5, SIGSTOP],
    [6, SIGCONT],
  ]);
  t.sigaction(p, SIGCHLD, 'handle', { noCldStop: true });
  t.kill(p, 3, SIGSTOP);
  expect([chld().length, child.state]).toEqual([2, 'stopped']);
  t.kill(p, 3, SIGKILL);
  expect(chld().length).toBe(3);
});

each(
  'as on Linux SIGCONT within a session needs no leave',
  ({ t, init }) => {
    const [p, q] = [t.fork(init), t.fork(init)];
    t.kill(p, 3, SIGCONT);
    t.setsid(q);
    fails(t, 'EPERM', () => t.kill(p, 3, SIGCONT));
  },
  { isolation: 'linux', mayKill: () => false },
);

each('a thread’s pidfd signals as tgkill does, a process’s as kill does', ({ t, init, infos, log }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGUSR1, 'handle');
  t.clone(p, { thread: true, payload: 'thread' });
  t.pidfdSendSignal(init, t.openPidfd(init, 3, { thread: true }), SIGUSR1);
  t.pidfdSendSignal(init, t.openPidfd(init, 2), SIGUSR1);
  expect(infos.map(({ code }) => code)).toEqual([SI_TKILL, SI_USER]);
  expect(log).toEqual(['deliver thread 10 handle from 1', 'deliver p 10 handle from 1']);
});

each('the thread that made the child runs the handler of SIGCHLD', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.sigaction(p, SIGCHLD, 'handle');
  const thread = t.clone(p, { thread: true, payload: 'thread' });
  const child = t.fork(thread, 'child');
  t.kill(p, t.getpid(child), SIGSTOP);
  t.kill(p, t.getpid(child), SIGKILL);
  expect(log.filter((line) => line.includes('deliver thread'))).toEqual([
    'deliver thread 17 handle from 4',
    'deliver thread 17 handle from 4',
  ]);
});

each('a standard signal waits once, whatever it meets; stop signals do not wait', ({ t, init, log, infos }) => {
  const p = t.fork(init, 'p');
  for (const signal of [SIGTERM, SIGUSR1, SIGTSTP]) t.sigaction(p, signal, 'handle');
  t.kill(init, 2, SIGSTOP);
  for (let i = 0; i < 1_000; i++) for (const signal of [SIGUSR1, SIGTERM, SIGTSTP]) t.sigqueue(init, 2, signal, i);
  log.length = infos.length = 0;
  t.kill(init, 2, SIGCONT);
  expect(log).toEqual([
    'childChanged init p',
    'deliver p 18 continue from 1',
    'deliver p 10 handle from 1',
    'deliver p 15 handle from 1',
  ]);
  expect(infos.map(({ value }) => value)).toEqual([undefined, 0, 0]);
});

each('what waits for one thread alone reaches that one', ({ t, init, log }) => {
  const p = t.fork(init, 'p');
  t.clone(p, { thread: true, payload: 'thread' });
  t.sigaction(p, SIGUSR1, 'handle');
  t.kill(init, 2, SIGSTOP);
  t.tgkill(init, 2, 3, SIGUSR1);
  log.length = 0;
  t.kill(init, 2, SIGCONT);
  expect(log).toEqual(['childChanged init p', 'deliver p 18 continue from 1', 'deliver thread 10 handle from 1']);
});

each('what waits comes as a kernel takes it: for one thread first, then by number, faults before all', (world) => {
  const { t, init, log } = world;
  const p = t.fork(init, 'p');
  const thread = t.clone(p, { thread: true, payload: 'thread' });
  for (const signal of [SIGUSR1, SIGTERM, SIGSEGV, 40]) t.sigaction(p, signal, 'handle');
  t.kill(init, 2, SIGSTOP);
  for (const signal of [40, SIGTERM, SIGSEGV, SIGUSR1]) t.kill(init, 2, signal);
  t.tgkill(init, 2, t.gettid(thread), SIGTERM);
  log.length = 0;
  t.kill(init, 2, SIGCONT);
  expect(log.slice(2).map((line) => line.split(' ').slice(1, 3).join(' '))).toEqual([
    'thread 15',
    'p 11',
    'p 10',
    'p 15',
    'p 40',
  ]);
});
