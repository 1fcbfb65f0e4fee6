import { PIDTYPE_PGID, PIDTYPE_PID, PIDTYPE_SID, PIDTYPE_TGID } from '@pidlab/contract';
import { equal, notEqual } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocAt, childless, exit, fork, newNs } from '../world.ts';

const REAPER = 'child_reaper, copy_process(), 2.6.24';

export const reaperChapter: Chapter = chapter('REAPER', 'Who inherits orphans', (t) => {
  const { booted, clause, create, world } = t;

  clause(1, 'a new namespace has no reaper', { source: REAPER }, () => {
    const { a, home } = world();
    equal(a.childReaper(home), undefined);
    a.allocPid(home);
    equal(a.childReaper(home), undefined);
  });

  clause(2, 'the first task on a pid of the namespace is its reaper', { source: REAPER }, () => {
    const { a, home } = world();
    const init = fork(a, home);
    equal(a.childReaper(home), init.task);
    fork(a, home);
    equal(a.childReaper(home), init.task);
  });

  clause(3, 'only by PIDTYPE_PID', { source: REAPER }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const task = a.allocTask();
    for (const type of [PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) a.attachPid(task, type, pid);
    equal(a.childReaper(home), undefined);
    a.attachPid(task, PIDTYPE_PID, pid);
    equal(a.childReaper(home), task);
  });

  clause(4, 'the first task counts, whatever its number', { source: REAPER }, () => {
    const { a, home } = world();
    const pid = allocAt(a, home, 500);
    const task = a.allocTask();
    a.attachPid(task, PIDTYPE_PID, pid);
    equal(a.childReaper(home), task);
  });

  clause(5, 'transferPid by PIDTYPE_PID hands the office on', { source: 'de_thread(), 2.6.24' }, () => {
    const { a, home } = world();
    const init = fork(a, home);
    const next = a.allocTask();
    a.transferPid(init.task, next, PIDTYPE_PID);
    equal(a.childReaper(home), next);
    a.freeTask(init.task);
    equal(a.childReaper(home), next);
  });

  clause(6, 'transferPid by another type, or of another task, does not', { source: 'de_thread(), 2.6.24' }, () => {
    const { a, home } = world();
    const init = fork(a, home);
    a.attachPid(init.task, PIDTYPE_SID, init.pid);
    a.transferPid(init.task, a.allocTask(), PIDTYPE_SID);
    const other = fork(a, home);
    a.transferPid(other.task, a.allocTask(), PIDTYPE_PID);
    equal(a.childReaper(home), init.task);
  });

  clause(7, 'every namespace has its own', { source: REAPER, once: true }, () => {
    const { a } = booted();
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    const outer = a.childReaper(a.initPidNs);
    const inner = fork(a, ns);
    equal(a.childReaper(ns), inner.task);
    equal(a.childReaper(a.initPidNs), outer);
    notEqual(outer, inner.task);
  });

  clause(8, 'a contained task is not the reaper of a namespace above', { source: REAPER, once: true }, () => {
    const a = create();
    if (childless(a)) return;
    const ns = newNs(a, a.initPidNs);
    fork(a, ns);
    equal(a.childReaper(a.initPidNs), undefined);
  });

  clause(
    9,
    'a reaper that loses its pid is none any more, and the next task to come becomes it',
    { source: 'the contract: detachPid, attachPid' },
    () => {
      const { a, home } = world();
      const init = fork(a, home);
      fork(a, home);
      exit(a, init);
      equal(a.childReaper(home), undefined);
      equal(a.childReaper(home), undefined);
      const next = fork(a, home);
      equal(a.childReaper(home), next.task);
    },
  );

  clause(
    10,
    'a task of the namespace that hangs on an outer group leaves the outer reaper alone',
    { source: REAPER, once: true },
    () => {
      const { a } = booted();
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      const inner = fork(a, ns);
      const outer = fork(a, a.initPidNs);
      a.attachPid(inner.task, PIDTYPE_PGID, outer.pid);
      a.detachPid(inner.task, PIDTYPE_PGID);
      exit(a, inner);
      notEqual(a.childReaper(a.initPidNs), undefined);
      equal(a.childReaper(a.initPidNs), a.findTaskByPid(1));
    },
  );

  clause(11, 'a closed namespace gets no new reaper', { source: 'the contract: attachPid' }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    a.disablePidAllocation(home);
    const task = a.allocTask();
    a.attachPid(task, PIDTYPE_PID, pid);
    equal(a.childReaper(home), undefined);
    equal(a.pidTask(pid, PIDTYPE_PID), task);
  });
});
