import { expect } from 'vitest';
import { bug, each, fails } from './worlds.ts';

each('/proc lists processes in ascending number, zombies too, threads and groups not', ({ t, init }) => {
  const root = init.pidNs;
  t.allocator.setLastPid(root, 400);
  const p = t.fork(init);
  t.clone(p, { thread: true });
  t.allocator.setLastPid(root, 100);
  const q = t.fork(init);
  t.setsid(q);
  t.fork(q);
  t.exit(q, 0);
  expect(t.listProcesses(root)).toEqual([1, 101, 102, 401]);
  t.wait4(init, 101);
  expect(t.listProcesses(root)).toEqual([1, 102, 401]);
  expect(t.listThreads(401, root)).toEqual([401, 402]);
  expect(t.listThreads(402, root)).toEqual([401, 402]);
  fails(t, 'ESRCH', () => t.listThreads(101, root));
  fails(t, 'ESRCH', () => t.status(101, root));
  expect(t.findProcess(101, root)).toBeUndefined();
  expect([t.findProcess(401, root), t.processOf(p.task)]).toEqual([p, p]);
  for (const task of ['401', undefined, p]) bug(t, () => t.processOf(task as never));
});

each('status tells the numbers from the viewer’s level down to the task’s own', ({ t, init, box }) => {
  const inner = box();
  const { pidNs: root } = init;
  const { pidNs: ns } = inner;
  const p = t.fork(inner);
  t.setsid(p);
  const thread = t.clone(p, { thread: true });
  const outside = (process: typeof p): number => t.allocator.pidNr(process.pid);
  expect(t.status(3, ns)).toEqual({
    State: 'R (running)',
    Tgid: 2,
    Pid: 3,
    PPid: 1,
    NSpid: [3],
    NStgid: [2],
    NSpgid: [2],
    NSsid: [2],
    Threads: 2,
  });
  expect(t.status(outside(thread), root)).toEqual({
    State: 'R (running)',
    Tgid: outside(p),
    Pid: outside(thread),
    PPid: outside(inner),
    NSpid: [outside(thread), 3],
    NStgid: [outside(p), 2],
    NSpgid: [outside(p), 2],
    NSsid: [outside(p), 2],
    Threads: 2,
  });
  expect(t.status(1, ns)).toMatchObject({ PPid: 0, NSpid: [1], NSpgid: [1], NSsid: [1] });
  expect(t.status(outside(inner), root)).toMatchObject({
    PPid: 1,
    NSpgid: [outside(inner), 1],
    NSsid: [outside(inner), 1],
  });
});

each('a process that waits to end is shown', ({ t, init, box }) => {
  const inner = box();
  const p = t.fork(init);
  t.setns(p, inner.pidNs);
  t.fork(p);
  t.exit(inner, 0);
  expect(t.status(1, inner.pidNs)).toMatchObject({ State: 'S (sleeping)', Threads: 1 });
});
