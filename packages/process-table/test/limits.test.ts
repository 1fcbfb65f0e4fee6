import type { PidError } from '@pidlab/contract';
import { expect } from 'vitest';
import { type Limits, type ProcessTable, SIGCONT, SIGKILL, SIGSTOP, SIGUSR1, WNOHANG } from '../src/index.ts';
import { bug, each, fails, type P } from './worlds.ts';

each('pids: as many as the namespace may have, all below it included, zombies and threads too', ({ t, init }) => {
  const box = t.clone(init, { newPid: true, limits: { pids: 4 } });
  const [a, b] = [t.fork(box), t.fork(box)];
  t.clone(a, { thread: true });
  fails(t, 'EAGAIN', () => t.fork(a));
  fails(t, 'EAGAIN', () => t.clone(a, { thread: true }));
  t.exit(b, 0);
  fails(t, 'EAGAIN', () => t.fork(box));
  expect(t.usage(box.pidNs).pids).toEqual({
    current: 4,
    peak: 4,
    max: 4,
    events: 3,
  });
  t.wait4(box, -1);
  expect(t.getpid(t.fork(box))).toBe(5);
  t.setLimits(box.pidNs, { pids: 2 });
  fails(t, 'EAGAIN', () => t.fork(box));
  t.setLimits(box.pidNs, { pids: Number.POSITIVE_INFINITY });
  t.fork(box);
  expect(t.usage(box.pidNs).pids).toMatchObject({ current: 5, peak: 5 });
  expect(t.usage(init.pidNs).pids).toMatchObject({ current: 6, max: Number.POSITIVE_INFINITY, events: 0 });
});

each('the limit of a namespace above holds below', ({ t, init }) => {
  const outer = t.clone(init, { newPid: true, limits: { pids: 3 } });
  if (t.allocator.traits.maxLevel === 1) return;
  const inner = t.clone(outer, { newPid: true });
  t.fork(inner);
  fails(t, 'EAGAIN', () => t.fork(inner));
  expect([t.usage(inner.pidNs).pids.events, t.usage(outer.pidNs).pids.events]).toEqual([0, 1]);
  expect(t.usage(outer.pidNs)).toMatchObject({ pids: { current: 3 }, namespaces: { current: 1 } });
});

each('namespaces: ENOSPC, by clone and unshare, and none is left behind', ({ t, init }) => {
  t.setLimits(init.pidNs, { namespaces: 2 });
  const p = t.fork(init);
  t.unshare(p);
  t.clone(init, { newPid: true });
  const q = t.fork(init);
  fails(t, 'ENOSPC', () => t.clone(init, { newPid: true }));
  fails(t, 'ENOSPC', () => t.unshare(q));
});

each('a namespace that is gone is not counted', ({ t, init }) => {
  const p = t.fork(init);
  t.unshare(p);
  expect(t.usage(init.pidNs).namespaces.current).toBe(1);
  t.exit(p, 0);
  expect(t.usage(init.pidNs).namespaces).toEqual({ current: 0, peak: 1, max: Number.POSITIVE_INFINITY, events: 0 });
});

each('pidfds: EMFILE, and all that a namespace opened ends with it', ({ t, init }) => {
  const box = t.clone(init, { newPid: true, limits: { pidfds: 3 } });
  const fds = [1, 2, 3].map(() => {
    const child = t.fork(box);
    const fd = t.openPidfd(box, t.getpid(child));
    t.exit(child, 0);
    t.wait4(box, -1);
    return fd;
  });
  fails(t, 'EMFILE', () => t.openPidfd(box, 1));
  t.closePidfd(fds[0]);
  const last = t.openPidfd(box, 1);
  const outside = t.openPidfd(init, t.allocator.pidNr(box.pid));
  expect(t.allocator.stats().pids).toBe(4);
  t.kill(init, t.allocator.pidNr(box.pid), SIGKILL);
  t.wait4(init, -1);
  expect([...fds, last, outside].map(({ closed }) => closed)).toEqual([true, true, true, true, false]);
  t.closePidfd(outside);
  expect(t.allocator.stats()).toMatchObject({ pids: 1, namespaces: 1 });
});

each('pending signals: real-time ones up to the limit, then EAGAIN; kill is not refused', ({ t, init }) => {
  const box = t.clone(init, { newPid: true, limits: { pendingSignals: 3 } });
  const p = t.fork(box, 'p');
  const nr = t.getpid(p);
  for (const signal of [40, 41, SIGUSR1]) t.sigaction(p, signal, 'handle');
  t.kill(box, nr, SIGSTOP);
  for (let i = 0; i < 3; i++) t.sigqueue(box, nr, 40, i);
  fails(t, 'EAGAIN', () => t.sigqueue(box, nr, 40, 3));
  fails(t, 'EAGAIN', () => t.sigqueue(box, nr, 41, 3));
  fails(t, 'EAGAIN', () => t.tgkill(box, nr, nr, 40));
  fails(t, 'EAGAIN', () => t.pidfdSendSignal(box, t.openPidfd(box, nr, { thread: true }), 40));
});

each('where there is no room, who is not stopped gets what is sent, and who is stopped what it ignores', (world) => {
  const { t, init, log } = world;
  const box = t.clone(init, { newPid: true, limits: { pendingSignals: 0 } });
  const [p, q] = [t.fork(box, 'p'), t.fork(box, 'q')];
  t.sigaction(p, 40, 'handle');
  t.sigqueue(box, 2, 40, 0);
  t.sigaction(q, 40, 'ignore');
  t.kill(box, 3, SIGSTOP);
  t.sigqueue(box, 3, 40, 0);
  expect(log.filter((line) => line.startsWith('deliver'))).toEqual([
    'deliver p 40 handle from 1',
    'deliver q 19 stop from 1',
  ]);
  expect(t.usage(box.pidNs).pendingSignals).toMatchObject({ current: 0, peak: 0, max: 0 });
});

each('what is over the limit of pending signals comes once, and nobody knows from whom', ({ t, init, infos }) => {
  const box = t.clone(init, { newPid: true, limits: { pendingSignals: 1 } });
  const p = t.fork(box, 'p');
  for (const signal of [40, 41, SIGUSR1]) t.sigaction(p, signal, 'handle');
  t.kill(box, 2, SIGSTOP);
  for (let i = 0; i < 100; i++) for (const signal of [40, 41, SIGUSR1]) t.kill(box, 2, signal);
  expect(t.usage(box.pidNs).pendingSignals).toMatchObject({ current: 1, peak: 1, max: 1 });
  infos.length = 0;
  t.kill(box, 2, SIGCONT);
  expect(infos.slice(1).map(({ signal, pid }) => [signal, pid])).toEqual([
    [SIGUSR1, 1],
    [40, 1],
    [41, 0],
  ]);
  expect(t.usage(box.pidNs).pendingSignals.current).toBe(0);
});

each('what waits is forgotten with its thread, and with its process', ({ t, init }) => {
  const p = t.fork(init);
  t.sigaction(p, 40, 'handle');
  t.kill(init, 2, SIGSTOP);
  for (let i = 0; i < 20; i++) {
    const thread = t.clone(p, { thread: true });
    t.tgkill(init, 2, t.gettid(thread), 40);
    t.exit(thread, 0);
  }
  expect(t.usage(init.pidNs).pendingSignals).toMatchObject({ current: 0, peak: 1 });
  const thread = t.clone(p, { thread: true });
  t.tgkill(init, 2, t.gettid(thread), 40);
  t.kill(init, 2, 40);
  expect(t.usage(init.pidNs).pendingSignals.current).toBe(2);
  t.kill(init, 2, SIGKILL);
  expect(t.usage(init.pidNs).pendingSignals.current).toBe(0);
});

each(
  'the root has limits from the start, and what is not said is as it always is',
  ({ t, init }) => {
    const p = t.fork(init);
    fails(t, 'EAGAIN', () => t.fork(p));
    expect(t.usage(init.pidNs)).toMatchObject({ pids: { current: 2, max: 2 }, pendingSignals: { max: 16_384 } });
  },
  { limits: { pids: 2 } },
);

each('limits are integers from 0, or Infinity, of a namespace that somebody is in', ({ t, init, box }) => {
  for (const limits of [{ pids: -1 }, { pidfds: -(2 ** 40) }])
    fails(t, 'EINVAL', () => t.setLimits(init.pidNs, limits));
  for (const limits of [{ pids: 1.5 }, { pids: '1' }, { pids: Number.NaN }, { pid: 1 }, null, undefined, 7])
    bug(t, () => t.setLimits(init.pidNs, limits as Limits));
  fails(t, 'EINVAL', () => t.clone(init, { limits: { pids: 1 } }));
  fails(t, 'EINVAL', () => t.clone(init, { newPid: true, limits: { pids: -1 } }));
  fails(t, 'EAGAIN', () => t.clone(init, { newPid: true, limits: { pids: 0 } }));
  const inner = box();
  const { pidNs } = inner;
  t.exit(inner, 0);
  t.wait4(init, -1);
  fails(t, 'ESRCH', () => t.usage(pidNs));
  fails(t, 'ESRCH', () => t.setLimits(pidNs, {}));
});

let table: ProcessTable<string>;
let tried: string[] = [];
each(
  'mayFork is asked before anything is made, and refused is EPERM',
  ({ t, init }) => {
    table = t;
    tried = [];
    const p = t.fork(init, 'p');
    t.clone(p, { payload: 'thread', thread: true });
    t.clone(p, { payload: 'box', newPid: true });
    const no = t.fork(p, 'no');
    fails(t, 'EPERM', () => t.fork(no));
    fails(t, 'EPERM', () => t.clone(no, { thread: true }));
    expect(tried).toEqual(['init 0 0', 'p 0 1', 'p 1 0', 'p 0 0', 'no 0 0', 'no 0 1']);
  },
  {
    mayFork(caller, { newPid, thread }) {
      tried.push(`${caller.payload} ${Number(newPid)} ${Number(thread)}`);
      expect(table.getpid(caller)).toBeGreaterThan(0);
      expect(() => table.fork(caller)).toThrow('cannot change the table');
      expect(() => table.signalFromOutside(caller, SIGKILL)).toThrow('cannot change the table');
      return caller.payload !== 'no';
    },
  },
);

each('payloadOf sees the task that it is for; where it throws there is none', ({ t, init, log }) => {
  const p = t.clone(init, { payloadOf: (task) => `number ${t.getpid(task)} of ${task.parent?.payload}` });
  expect(p.payload).toBe('number 2 of init');
  const thread = t.clone(p, { thread: true, payloadOf: (task) => `thread ${t.gettid(task)}` });
  expect(thread.payload).toBe('thread 3');
  const refuse = (): never => {
    throw new Error('no worker left');
  };
  for (const options of [{}, { thread: true }, { newPid: true }, { parent: true }]) {
    const before = t.size;
    expect(() => t.clone(p, { ...options, payloadOf: refuse })).toThrow('no worker left');
    expect([t.size, t.checkInvariants()]).toEqual([before, []]);
  }
  bug(t, () => t.clone(p, { payloadOf: () => t.fork(p).payload }));
  bug(t, () => t.clone(p, { payload: 'a', payloadOf: () => 'b' }));
  bug(t, () => t.clone(p, { payloadOf: 'b' as never }));
  t.unshare(p);
  expect(() => t.clone(p, { payloadOf: refuse })).toThrow('no worker left');
  const first = t.fork(p);
  expect([t.getpid(first), log]).toEqual([1, []]);
  t.kill(first, 1, SIGKILL);
  expect(first.state).toBe('running');
});

each('a fork bomb within its limit leaves its neighbour as it was', ({ t, init }) => {
  const bomb = t.clone(init, { newPid: true, limits: { pids: 100, namespaces: 0, pidfds: 0 } });
  const neighbour = t.clone(init, { newPid: true });
  const round = (): unknown[] => {
    const child = t.fork(neighbour);
    const nr = t.getpid(child);
    t.exit(child, 7);
    const waited = t.wait4(neighbour, -1);
    return [nr, typeof waited === 'object' && waited.status];
  };
  const seen: unknown[] = [];
  let refused = 0;
  const live: P[] = [bomb];
  for (let i = 0; i < 2_000; i++) {
    try {
      live.push(t.fork(live[i % live.length]));
    } catch (error) {
      expect((error as PidError).code).toBe('EAGAIN');
      refused++;
    }
    if (i % 10 === 0) seen.push(round());
  }
  expect(refused).toBe(1_901);
  expect(seen).toEqual(seen.map((_, i) => [i + 2, 0x700]));
  expect(t.usage(bomb.pidNs).pids).toEqual({ current: 100, peak: 100, max: 100, events: 1_901 });
  t.kill(init, t.allocator.pidNr(bomb.pid), SIGKILL);
  expect(t.wait4(init, -1, WNOHANG)).toMatchObject({ process: bomb });
  expect(t.usage(init.pidNs).pids.current).toBe(2);
});
