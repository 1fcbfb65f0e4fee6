import { CLONE_NEWPID } from '@pidlab/contract';
import { expect } from 'vitest';
import { __WALL, SIGKILL, SIGTERM, WNOHANG, WOULD_BLOCK } from '../src/index.ts';
import { each, fails, type P, type World } from './worlds.ts';

/** Inits nested as deep as the design goes, but at most so deep. */
function nest({ t, init }: World, depth: number): P[] {
  const inits = [init];
  const deepest = Math.min(depth, t.allocator.traits.maxLevel);
  for (let level = 1; level <= deepest; level++)
    inits.push(t.clone(inits[level - 1], { newPid: true, payload: `L${level}` }));
  return inits;
}

each('a namespace begins at 1 and sees nobody outside', ({ t, init, box }) => {
  const inner = box();
  expect([t.getpid(inner), t.getppid(inner), t.listProcesses(inner.pidNs)]).toEqual([1, 0, [1]]);
  const child = t.fork(inner);
  expect([t.getpid(child), t.getppid(child), t.listProcesses(inner.pidNs)]).toEqual([2, 1, [1, 2]]);
  expect(t.listProcesses(init.pidNs)).toHaveLength(3);
  fails(t, 'ESRCH', () => t.kill(child, 3, 0));
});

each('unshare: the next child is the init of a new namespace, the caller stays where it is', ({ t, init }) => {
  const p = t.fork(init);
  t.unshare(p);
  fails(t, 'EINVAL', () => t.unshare(p));
  fails(t, 'EINVAL', () => t.clone(p, { setTid: [2] }));
  const first = t.fork(p);
  const second = t.fork(p);
  expect([t.getpid(first), t.getpid(second), t.getppid(second), t.getpid(p)]).toEqual([1, 2, 0, 2]);
  expect([first.children, second.parent]).toEqual([[], p]);
  t.exit(first, 0);
  expect([second.state, first.state]).toEqual(['zombie', 'exiting']);
  fails(t, 'ENOMEM', () => t.fork(p));
  t.wait4(p, -1);
  t.wait4(p, -1);
  expect(first.state).toBe('dead');
});

each('a namespace that never had a process goes with its last holder', ({ t, init }) => {
  const p = t.fork(init);
  t.unshare(p);
  expect(t.allocator.stats().namespaces).toBe(2);
  t.exit(p, 0);
  expect(t.allocator.stats().namespaces).toBe(1);
});

each('setns: own or below, for children only, and back', ({ t, init, box }) => {
  const inner = box();
  const other = box('other');
  const p = t.fork(init);
  const own = t.getpid(p);
  t.setns(p, inner.pidNs);
  expect([t.getpid(p), p.pidNs]).toEqual([own, init.pidNs]);
  const injected = t.fork(p);
  expect([t.getpid(injected), t.getppid(injected), injected.pidNs]).toEqual([2, 0, inner.pidNs]);
  fails(t, 'EINVAL', () => t.unshare(p));
  t.setns(p, other.pidNs);
  t.setns(p, init.pidNs);
  expect(t.fork(p).pidNs).toBe(init.pidNs);
  fails(t, 'EINVAL', () => t.setns(inner, init.pidNs));
  fails(t, 'EINVAL', () => t.setns(inner, other.pidNs));
  t.setns(inner, inner.pidNs);
});

each('the end of an init ends everybody it sees, ascending, and reaps them', (world) => {
  const { t, init, box, log } = world;
  const inner = box('inner');
  const [a, b] = [t.fork(inner, 'a'), t.fork(inner, 'b')];
  t.fork(a, 'c');
  const deeper = t.allocator.traits.maxLevel > 1 ? t.clone(a, { newPid: true, payload: 'deep' }) : undefined;
  if (deeper !== undefined) t.fork(deeper, 'deepest');
  t.exit(b, 0);
  log.length = 0;
  t.exit(inner, 3);
  const exits = log.filter((line) => line.startsWith('exited')).map((line) => line.slice(7));
  expect(exits).toEqual(deeper === undefined ? ['a', 'c', 'inner'] : ['a', 'c', 'deepest', 'deep', 'inner']);
  expect([t.size, t.listProcesses(inner.pidNs)]).toEqual([2, [1]]);
  expect(t.wait4(init, -1)).toMatchObject({ process: inner, value: 3 });
});

each('who has a parent outside keeps the init until it is waited for', ({ t, init, box }) => {
  const inner = box();
  const p = t.fork(init);
  t.setns(p, inner.pidNs);
  const injected = t.fork(p);
  t.exit(inner, 1);
  expect([inner.state, injected.state, injected.waitStatus]).toEqual(['exiting', 'zombie', SIGKILL]);
  expect(t.wait4(init, t.allocator.pidNr(inner.pid))).toBe(WOULD_BLOCK);
  t.kill(init, t.allocator.pidNr(inner.pid), SIGKILL);
  fails(t, 'ENOMEM', () => t.fork(p));
  t.wait4(p, -1);
  expect(inner.state).toBe('zombie');
  expect(t.wait4(init, -1)).toMatchObject({ process: inner, value: 1 });
});

each('when the parent outside ends, the zombie inside goes and the init with it', ({ t, init, box }) => {
  const inner = box();
  const p = t.fork(init);
  t.setns(p, inner.pidNs);
  t.fork(p);
  t.exit(inner, 1);
  t.exit(p, 0);
  expect([inner.state, init.children.length]).toEqual(['exiting', 3]);
  while (t.wait4(init, -1, WNOHANG) !== undefined) if (init.children.length === 0) break;
  expect([inner.state, t.size]).toEqual(['dead', 1]);
});

each('an init with threads ends with the last of them', ({ t, box }) => {
  const inner = box();
  const thread = t.clone(inner, { thread: true });
  const child = t.fork(t.fork(inner));
  t.exit(inner, 3);
  expect([inner.state, child.state]).toEqual(['zombie', 'running']);
  t.exit(thread.children[0], 0);
  expect(child.parent).toBe(thread);
  t.exit(thread, 4);
  expect([child.state, thread.state, inner.waitStatus]).toEqual(['dead', 'dead', 0x400]);
});

each('as deep as the trait says, and ENOSPC below', (world) => {
  const { t } = world;
  const { maxLevel } = t.allocator.traits;
  const inits = nest(world, 40);
  expect(inits.length).toBe(maxLevel + 1);
  const last = inits[maxLevel];
  expect(t.allocator.nsLevel(last.pidNs)).toBe(maxLevel);
  fails(t, 'ENOSPC', () => t.clone(last, { newPid: true }));
  fails(t, 'ENOSPC', () => t.unshare(last));
  fails(t, 'ENOSPC', () => t.clone(last, { newPid: true, setTid: [-1] }));
  const depth = inits.length - 1;
  expect(t.status(t.allocator.pidNr(last.pid), inits[0].pidNs).NSpid).toHaveLength(depth + 1);
  t.kill(inits[0], t.allocator.pidNr(inits[1].pid), SIGKILL);
  expect(t.size).toBe(2);
});

each('an outer death ends what inner ones wait for', (world) => {
  const { t } = world;
  const [root, outer, inner = outer] = nest(world, 2);
  const p = t.fork(outer, 'p');
  t.setns(p, inner.pidNs);
  const injected = t.fork(p, 'injected');
  if (inner !== outer) {
    t.exit(inner, 0);
    expect([inner.state, injected.state]).toEqual(['exiting', 'zombie']);
  }
  t.exit(outer, 0);
  expect([inner.state === 'dead' || inner === outer, injected.state, outer.state]).toEqual([true, 'dead', 'zombie']);
  t.wait4(root, -1);
  expect(t.allocator.stats()).toMatchObject({ pids: 1, tasks: 1, namespaces: 1 });
});

each('the end of the root’s init ends everything', ({ t, init, box }) => {
  const p = t.fork(init);
  t.fork(box());
  t.setns(p, init.pidNs);
  t.exit(init, 5);
  expect([init.state, init.waitStatus, t.size]).toEqual(['dead', 0x500, 0]);
  expect(t.allocator.stats()).toMatchObject({ pids: 0, tasks: 0, namespaces: 1 });
});

each('a reference keeps a dead namespace, and forks into it are ENOMEM', ({ t, init, box }) => {
  const inner = box();
  const ns = t.allocator.getPidNs(inner.pidNs);
  t.exit(inner, 0);
  t.wait4(init, -1);
  const p = t.fork(init);
  t.setns(p, ns);
  fails(t, 'ENOMEM', () => t.fork(p));
  fails(t, 'EINVAL', () => t.clone(p, { newPid: true }));
  t.setns(p, p.pidNs);
  t.allocator.putPidNs(ns);
  expect(t.allocator.stats().namespaces).toBe(1);
});

each('nsParent stays within one’s own tree', (world) => {
  const { t, init } = world;
  const inits = nest(world, 2);
  fails(t, 'EPERM', () => t.nsParent(init, init.pidNs));
  expect(t.nsParent(init, inits[1].pidNs)).toBe(init.pidNs);
  fails(t, 'EPERM', () => t.nsParent(inits[1], inits[1].pidNs));
  fails(t, 'EPERM', () => t.nsParent(inits[1], init.pidNs));
  if (inits.length === 3) {
    expect(t.nsParent(init, inits[2].pidNs)).toBe(inits[1].pidNs);
    expect(t.nsParent(inits[1], inits[2].pidNs)).toBe(inits[1].pidNs);
    fails(t, 'EPERM', () => t.nsParent(inits[2], inits[2].pidNs));
  }
});

each('translation both ways, of processes and threads', ({ t, init, box }) => {
  const inner = box();
  const p = t.fork(inner);
  const thread = t.clone(p, { thread: true });
  const outside = (process: P): number => t.allocator.pidNr(process.pid);
  expect([t.pidFromPidNs(init, inner.pidNs, 3), t.tgidFromPidNs(init, inner.pidNs, 3)]).toEqual([
    outside(thread),
    outside(p),
  ]);
  expect(t.pidInPidNs(init, inner.pidNs, outside(thread))).toBe(3);
  expect(t.tgidInPidNs(init, inner.pidNs, outside(thread))).toBe(2);
  for (const nr of [0, -1, 99, 2 ** 40]) {
    fails(t, 'ESRCH', () => t.pidFromPidNs(init, inner.pidNs, nr));
    fails(t, 'ESRCH', () => t.tgidInPidNs(init, inner.pidNs, nr));
  }
  fails(t, 'ESRCH', () => t.pidFromPidNs(inner, init.pidNs, 1));
  fails(t, 'ESRCH', () => t.pidInPidNs(init, inner.pidNs, 1));
  expect(t.pidInPidNs(inner, init.pidNs, 1)).toBe(outside(inner));
});

each('as many namespaces as the design has, then ENOSPC or ENOMEM, and all is undone', ({ t, init }) => {
  const { maxNamespaces } = t.allocator.traits;
  const wanted = Math.min(maxNamespaces, 60);
  for (let i = 0; i < wanted; i++) t.clone(init, { newPid: true });
  if (wanted === maxNamespaces) fails(t, 'ENOSPC', () => t.clone(init, { newPid: true }));
  t.kill(init, -1, SIGTERM);
  expect(t.size).toBe(1 + wanted);
  t.kill(init, -1, SIGKILL);
  for (let i = 0; i < wanted; i++) t.wait4(init, -1, __WALL);
  expect(t.allocator.stats()).toMatchObject({ pids: 1, tasks: 1, namespaces: 1 });
});

each('a namespace made by hand is as good as one of clone', ({ t, init }) => {
  const ns = t.allocator.copyPidNs(CLONE_NEWPID, init.pidNs);
  t.setns(init, ns);
  const first = t.fork(init);
  t.setns(init, init.pidNs);
  t.allocator.putPidNs(ns);
  t.kill(first, 1, SIGKILL);
  expect([t.getpid(first), first.state]).toEqual([1, 'running']);
});
