import { PIDTYPE_MAX, PIDTYPE_PGID, PIDTYPE_PID, type PidType } from '@pidlab/contract';
import { deepEqual, equal, notEqual, some, throwsPidBug } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocMany, childless, fill, fork, nest, newNs, nextNr, picture, pidAt, taken } from '../world.ts';

const FREE_PID = 'free_pid(), 2.6.24';

export const freeChapter: Chapter = chapter('FREE', 'A pid ends', (t) => {
  const { clause, create, world } = t;

  clause(1, 'nobody finds a freed pid, at any level', { source: FREE_PID }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 2)];
    const pid = a.getPid(a.allocPid(all.at(-1)!));
    const numbers = all.map((ns) => a.pidNrNs(pid, ns));
    a.freePid(pid);
    for (const [i, ns] of all.entries()) {
      equal(a.findPidNs(numbers[i], ns), undefined);
      equal(a.findGetPid(numbers[i], ns), undefined);
      equal(a.findGePid(0, ns), undefined);
    }
    equal(a.findPid(numbers[0]), undefined);
    a.putPid(pid);
  });

  clause(2, 'its numbers are free at every level', { source: FREE_PID }, () => {
    const { a, home, path } = world();
    const all = [...path, ...nest(a, home, 2)];
    a.freePid(a.allocPid(all.at(-1)!));
    for (const ns of all) deepEqual(taken(a, ns), []);
  });

  clause(3, 'freeing drops the allocation’s own reference and no other', { source: FREE_PID }, () => {
    const { a, home } = world();
    const pid = a.getPid(a.allocPid(home));
    equal(a.pidCount(pid), 2);
    a.freePid(pid);
    equal(a.pidCount(pid), 1);
    a.putPid(pid);
    throwsPidBug(() => a.pidCount(pid));
  });

  clause(4, 'a pid without other references is gone when it is freed', { source: 'put_pid(), 2.6.24' }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    a.freePid(pid);
    equal(a.stats().pids, 0);
    throwsPidBug(() => a.pidNrNs(pid, home));
  });

  clause(5, 'a freed pid that is still referenced answers its numbers as before', { source: FREE_PID }, () => {
    const { a, home, path } = world();
    const pid = a.getPid(a.allocPid(home));
    const numbers = path.map((ns) => a.pidNrNs(pid, ns));
    a.freePid(pid);
    deepEqual(
      path.map((ns) => a.pidNrNs(pid, ns)),
      numbers,
    );
    equal<number>(a.pidNr(pid), numbers[0]);
    equal(a.isContainerInit(pid), true);
    equal(a.pidNs(pid), home);
  });

  clause(6, 'its number may belong to somebody else meanwhile', { source: FREE_PID }, () => {
    const { a, home } = world({ pidMax: 310 });
    const pids = fill(a, home);
    const old = a.getPid(pids[304]);
    a.freePid(old);
    const young = a.allocPid(home);
    equal(a.pidNrNs(young, home), a.pidNrNs(old, home));
    notEqual(young, old);
    equal(a.findPidNs(305, home), young);
    a.putPid(old);
    equal(a.findPidNs(305, home), young);
  });

  clause(7, 'its task lists are empty', { source: FREE_PID }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    a.getPid(pid);
    a.detachPid(task, PIDTYPE_PID);
    for (let type = 0; type < PIDTYPE_MAX; type++) equal(a.pidTask(pid, type as PidType), undefined);
  });

  clause(8, 'nothing can be hung on a freed pid', { source: 'the contract: attachPid' }, () => {
    const { a, home, path } = world();
    const pid = a.getPid(a.allocPid(home));
    const task = a.allocTask();
    a.freePid(pid);
    const before = picture(a, path);
    for (let type = 0; type < PIDTYPE_MAX; type++) throwsPidBug(() => a.attachPid(task, type as PidType, pid));
    deepEqual(picture(a, path), before);
  });

  clause(
    9,
    'freeing twice is a bug, whether the object is still there or not',
    { source: 'the contract: freePid' },
    () => {
      const { a, home, path } = world();
      allocMany(a, home, 3);
      const held = a.getPid(a.allocPid(home));
      const gone = a.allocPid(home);
      a.freePid(held);
      a.freePid(gone);
      const before = picture(a, path);
      throwsPidBug(() => a.freePid(held));
      throwsPidBug(() => a.freePid(gone));
      deepEqual(picture(a, path), before);
      equal(a.pidCount(held), 1);
    },
  );

  clause(
    10,
    'a pid that is freed twice does not take its number’s next owner with it',
    { source: 'the contract: freePid' },
    () => {
      const { a, home } = world({ pidMax: 310 });
      const pids = fill(a, home);
      a.freePid(pids[304]);
      const young = a.allocPid(home);
      throwsPidBug(() => a.freePid(pids[304]));
      equal(a.findPidNs(305, home), young);
    },
  );

  clause(11, 'a pid on which tasks hang cannot be freed', { source: 'the contract: freePid' }, () => {
    const { a, home, path } = world();
    const { pid, task } = fork(a, home);
    a.attachPid(a.allocTask(), PIDTYPE_PGID, pid);
    const before = picture(a, path);
    throwsPidBug(() => a.freePid(pid));
    a.detachPid(task, PIDTYPE_PID);
    throwsPidBug(() => a.freePid(pid));
    equal(a.findPidNs(1, home), pid);
    notEqual(before, undefined);
  });

  clause(12, 'freeing one leaves all others findable', { source: FREE_PID }, () => {
    const { a, home } = world();
    const pids = allocMany(a, home, 300);
    for (let i = 0; i < 300; i += 3) a.freePid(pids[i]);
    for (const [i, pid] of pids.entries()) equal(a.findPidNs(i + 1, home), i % 3 === 0 ? undefined : pid);
  });

  clause(13, 'a freed contained pid gives back its number in the root', { source: FREE_PID, once: true }, () => {
    const a = create({ pidMax: 301 });
    if (childless(a)) return;
    const child = newNs(a, a.initPidNs);
    const pid = a.allocPid(child);
    const root = a.pidNr(pid);
    a.freePid(pid);
    equal(a.findPid(root), undefined);
    a.setLastPid(a.initPidNs, 0);
    fill(a, a.initPidNs);
    equal(taken(a, a.initPidNs).length, 300);
  });

  clause(14, 'a namespace’s init can be freed like any other pid', { source: FREE_PID }, () => {
    const { a, home } = world();
    allocMany(a, home, 3);
    a.freePid(pidAt(a, home, 1));
    deepEqual(taken(a, home), [2, 3]);
    equal(nextNr(a, home), 4);
  });

  clause(15, 'the object of a freed pid is used again', { source: 'kmem_cache_free() in put_pid(), 2.6.24' }, () => {
    const { a, home } = world();
    const first = a.allocPid(home);
    a.freePid(first);
    const slabs = (): number => a.slabInfo().reduce((sum, cache) => sum + cache.slabs, 0);
    const before = slabs();
    for (let i = 0; i < 1000; i++) a.freePid(a.allocPid(home));
    equal(slabs(), before);
    some(a.allocPid(home));
  });
});
