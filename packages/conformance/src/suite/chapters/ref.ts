import { type NsRef, PIDTYPE_PID, type PidAllocator, type PidRef, type TaskRef } from '@pidlab/contract';
import { deepEqual, equal, notEqual, ok, some, throwsPidBug } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { childless, exit, fork, newNs, nextNr, picture } from '../world.ts';

const GET_PID = 'get_pid(), put_pid(), 2.6.24';
const HANDLES = 'the contract: handles';
const LAST_LIFE = 2 ** 29 - 1;

/** Every function that takes a pid, called with this one. */
function withPid(a: PidAllocator, pid: PidRef, task: TaskRef): (() => unknown)[] {
  return [
    () => a.freePid(pid),
    () => a.getPid(pid),
    () => a.putPid(pid),
    () => a.pidCount(pid),
    () => a.pidNrNs(pid, a.initPidNs),
    () => a.pidNr(pid),
    () => a.pidVnr(pid, task),
    () => a.pidNs(pid),
    () => a.isContainerInit(pid),
    () => a.attachPid(task, PIDTYPE_PID, pid),
    () => a.pidTask(pid, PIDTYPE_PID),
  ];
}

/** Every function that takes a task. */
function withTask(a: PidAllocator, task: TaskRef, other: TaskRef, pid: PidRef): (() => unknown)[] {
  return [
    () => a.freeTask(task),
    () => a.attachPid(task, PIDTYPE_PID, pid),
    () => a.detachPid(task, PIDTYPE_PID),
    () => a.transferPid(task, other, PIDTYPE_PID),
    () => a.transferPid(other, task, PIDTYPE_PID),
    () => a.nextPidTask(task, PIDTYPE_PID),
    () => a.taskPid(task, PIDTYPE_PID),
    () => a.getTaskPid(task, PIDTYPE_PID),
    () => a.findVpid(1, task),
    () => a.findTaskByVpid(1, task),
    () => a.pidVnr(pid, task),
    () => a.taskPidNrNs(task, a.initPidNs),
    () => a.taskTgidNrNs(task, a.initPidNs),
    () => a.taskPgrpNrNs(task, a.initPidNs),
    () => a.taskSessionNrNs(task, a.initPidNs),
    () => a.taskActivePidNs(task),
  ];
}

/** Every function that takes a namespace. */
function withNs(a: PidAllocator, ns: NsRef, pid: PidRef, task: TaskRef): (() => unknown)[] {
  return [
    () => a.lastPid(ns),
    () => a.setLastPid(ns, 1),
    () => a.pidMax(ns),
    () => a.setPidMax(ns, 1000),
    () => a.nextPidmap(ns, 0),
    () => a.allocPid(ns),
    () => a.findPidNs(1, ns),
    () => a.findGetPid(1, ns),
    () => a.findGePid(1, ns),
    () => a.pidNrNs(pid, ns),
    () => a.findTaskByPidTypeNs(PIDTYPE_PID, 1, ns),
    () => a.findTaskByPidNs(1, ns),
    () => a.taskPidNrNs(task, ns),
    () => a.taskTgidNrNs(task, ns),
    () => a.taskPgrpNrNs(task, ns),
    () => a.taskSessionNrNs(task, ns),
    () => newNs(a, ns),
    () => a.copyPidNs(0, ns),
    () => a.getPidNs(ns),
    () => a.putPidNs(ns),
    () => a.nsLevel(ns),
    () => a.nsParent(ns),
    () => a.childReaper(ns),
    () => a.disablePidAllocation(ns),
    () => a.zapPidNsProcesses(ns, () => {}),
  ];
}

export const refChapter: Chapter = chapter('REF', 'References and handles', (t) => {
  const { booted, clause, create, world } = t;

  clause(1, 'getPid adds a reference and returns the pid', { source: GET_PID }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    equal(a.getPid(pid), pid);
    equal(a.getPid(pid), pid);
    equal(a.pidCount(pid), 3);
  });

  clause(2, 'putPid takes one back, and the pid lives on', { source: GET_PID }, () => {
    const { a, home } = world();
    const pid = a.getPid(a.allocPid(home));
    a.putPid(pid);
    equal(a.pidCount(pid), 1);
    equal(a.findPidNs(1, home), pid);
  });

  clause(3, 'the allocation’s own reference is not the caller’s to put', { source: 'the contract: putPid' }, () => {
    const { a, home, path } = world();
    const pid = a.allocPid(home);
    const before = picture(a, path);
    throwsPidBug(() => a.putPid(pid));
    deepEqual(picture(a, path), before);
    a.freePid(pid);
  });

  clause(4, 'a dead pid goes with its last reference', { source: GET_PID }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    for (let i = 0; i < 3; i++) a.getPid(pid);
    a.freePid(pid);
    for (let left = 3; left > 0; left--) {
      equal(a.pidCount(pid), left);
      equal(a.stats().pids, 1);
      a.putPid(pid);
    }
    equal(a.stats().pids, 0);
    throwsPidBug(() => a.putPid(pid));
  });

  clause(5, 'a reference can be taken on a dead pid that is still there', { source: GET_PID }, () => {
    const { a, home } = world();
    const pid = a.getPid(a.allocPid(home));
    a.freePid(pid);
    a.getPid(pid);
    equal(a.pidCount(pid), 2);
    a.putPid(pid);
    a.putPid(pid);
    throwsPidBug(() => a.getPid(pid));
  });

  clause(6, 'find takes no reference, findGet takes one', { source: 'find_pid_ns(), find_get_pid(), 2.6.24' }, () => {
    const { a, home } = booted();
    const pid = some(a.findPidNs(1, home));
    a.findGePid(1, home);
    a.findPid(a.pidNr(pid));
    a.findVpid(1, some(a.childReaper(home)));
    equal(a.pidCount(pid), 1);
    equal(a.findGetPid(1, home), pid);
    equal(a.pidCount(pid), 2);
  });

  clause(7, 'getTaskPid takes a reference, taskPid does not', { source: 'get_task_pid(), 2.6.24' }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    equal(a.taskPid(task, PIDTYPE_PID), pid);
    equal(a.pidCount(pid), 1);
    equal(a.getTaskPid(task, PIDTYPE_PID), pid);
    equal(a.pidCount(pid), 2);
  });

  clause(8, 'hanging tasks on a pid takes no reference', { source: 'attach_pid(), 2.6.24' }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    equal(a.pidCount(pid), 1);
    a.getPid(pid);
    exit(a, { pid, task });
    equal(a.pidCount(pid), 1);
  });

  clause(9, 'a stale pid handle is refused everywhere, also when the object lives again', { source: HANDLES }, () => {
    const { a, home, path } = booted();
    const stale = a.allocPid(home);
    a.freePid(stale);
    const task = a.allocTask();
    for (let again = 0; again < 2; again++) {
      const before = picture(a, path);
      for (const call of withPid(a, stale, task)) throwsPidBug(call);
      deepEqual(picture(a, path), before);
      notEqual(a.allocPid(home), stale);
    }
  });

  clause(10, 'a stale task handle is refused everywhere, also when the object lives again', { source: HANDLES }, () => {
    const { a, home, path } = booted();
    const stale = a.allocTask();
    a.freeTask(stale);
    const pid = a.allocPid(home);
    const other = a.allocTask();
    for (let again = 0; again < 2; again++) {
      const before = picture(a, path);
      for (const call of withTask(a, stale, other, pid)) throwsPidBug(call);
      deepEqual(picture(a, path), before);
      notEqual(a.allocTask(), stale);
    }
  });

  clause(
    11,
    'a stale namespace handle is refused everywhere, also when the object lives again',
    { source: HANDLES, once: true },
    () => {
      const { a, home, path } = booted();
      if (childless(a)) return;
      const stale = newNs(a, home);
      a.putPidNs(stale);
      const { pid, task } = fork(a, home);
      for (let again = 0; again < 2; again++) {
        const before = picture(a, path);
        for (const call of withNs(a, stale, pid, task)) throwsPidBug(call);
        deepEqual(picture(a, path), before);
        notEqual(newNs(a, home), stale);
      }
    },
  );

  clause(12, 'handles of one kind are refused where another is asked for', { source: HANDLES }, () => {
    const { a, home, path } = booted();
    const { pid, task } = fork(a, home);
    const before = picture(a, path);
    const wrong = (handle: number): never => handle as never;
    for (const handle of [home, task, a.initPidNs]) {
      for (const call of withPid(a, wrong(handle), task)) throwsPidBug(call);
    }
    for (const handle of [home, pid]) for (const call of withTask(a, wrong(handle), task, pid)) throwsPidBug(call);
    for (const handle of [task, pid]) for (const call of withNs(a, wrong(handle), pid, task)) throwsPidBug(call);
    deepEqual(picture(a, path), before);
  });

  clause(13, 'handles of another allocator are refused', { source: HANDLES }, () => {
    const one = booted({ generationBase: 1000 });
    const two = booted({ generationBase: 500_000 });
    const foreign = fork(two.a, two.home);
    const { pid, task } = fork(one.a, one.home);
    const before = picture(one.a, one.path);
    for (const call of withPid(one.a, foreign.pid, task)) throwsPidBug(call);
    for (const call of withTask(one.a, foreign.task, task, pid)) throwsPidBug(call);
    for (const call of withNs(one.a, two.home, pid, task)) throwsPidBug(call);
    deepEqual(picture(one.a, one.path), before);
  });

  clause(14, 'handles of another allocator are refused without anybody fixing a base', { source: HANDLES }, () => {
    const one = booted();
    const two = booted();
    const { task } = fork(one.a, one.home);
    for (const call of withPid(one.a, fork(two.a, two.home).pid, task)) throwsPidBug(call);
  });

  clause(15, 'handles are integers between 0 and 2^53', { source: HANDLES }, () => {
    const { a, home } = booted({ generationBase: 2 ** 29 - 100 });
    const { pid, task } = fork(a, home);
    for (const handle of [a.initPidNs, home, pid, task]) ok(Number.isSafeInteger(handle) && handle > 0);
  });

  clause(16, 'handles survive a Float64Array, JSON and a Map', { source: HANDLES }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const [copy] = new Float64Array([pid]);
    equal(a.findPidNs(1, home), copy as PidRef);
    equal(a.pidNrNs(JSON.parse(JSON.stringify(pid)), home), a.pidNrNs(pid, home));
    equal(new Map([[pid, 'it']]).get(some(a.findPidNs(1, home))), 'it');
  });

  clause(17, 'an object whose lives run out is retired: no handle of it comes again', { source: HANDLES }, () => {
    for (const generationBase of [LAST_LIFE, LAST_LIFE - 1, LAST_LIFE - 2]) {
      const { a, home } = world({ generationBase });
      const handles = new Set<PidRef>();
      for (let i = 0; i < 500; i++) {
        const pid = a.allocPid(home);
        ok(!handles.has(pid), 'a handle was given out twice');
        handles.add(pid);
        equal<number>(a.pidNrNs(pid, home), i + 1);
        a.freePid(pid);
      }
      for (const stale of handles) throwsPidBug(() => a.pidCount(stale));
      equal(a.stats().pids, 0);
    }
  });

  clause(18, 'tasks are retired like pids', { source: HANDLES }, () => {
    const { a } = world({ generationBase: LAST_LIFE - 1 });
    const handles = new Set<TaskRef>();
    for (let i = 0; i < 300; i++) {
      const task = a.allocTask();
      handles.add(task);
      a.freeTask(task);
    }
    equal(handles.size, 300);
    for (const stale of handles) throwsPidBug(() => a.taskActivePidNs(stale));
    equal(a.stats().tasks, 0);
  });

  clause(19, 'namespaces are retired like pids', { source: HANDLES, once: true }, () => {
    const a = create({ generationBase: LAST_LIFE - 1 });
    if (childless(a)) return;
    const handles = new Set<NsRef>();
    for (let i = 0; i < 100; i++) {
      const ns = newNs(a, a.initPidNs);
      handles.add(ns);
      equal(nextNr(a, ns), 1);
      a.freePid(some(a.findPidNs(1, ns)));
      a.putPidNs(ns);
    }
    equal(handles.size, 100);
    for (const stale of handles) throwsPidBug(() => a.nsLevel(stale));
    equal(a.stats().namespaces, 1);
  });

  clause(
    20,
    'with the same generationBase and the same calls the handles are the same',
    { source: 'the contract: generationBase' },
    () => {
      const runs = [1, 2].map(() => {
        const { a, home } = booted({ generationBase: 4711 });
        const handles: number[] = [home];
        for (let i = 0; i < 50; i++) {
          const process = fork(a, home);
          handles.push(process.pid, process.task);
          if (i % 3 === 0) exit(a, process);
        }
        return handles;
      });
      deepEqual(runs[0], runs[1]);
    },
  );

  clause(
    21,
    'an object’s first life is good as any: generationBase 1',
    { source: 'the contract: generationBase' },
    () => {
      const { a, home } = world({ generationBase: 1 });
      const pid = a.allocPid(home);
      a.freePid(pid);
      throwsPidBug(() => a.pidCount(pid));
      equal(nextNr(a, home), 2);
    },
  );

  clause(22, 'thousands of references are counted', { source: GET_PID }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    for (let i = 0; i < 70_000; i++) a.getPid(pid);
    equal(a.pidCount(pid), 70_001);
    for (let i = 0; i < 70_000; i++) a.putPid(pid);
    equal(a.pidCount(pid), 1);
  });
});
