import { type NsRef, PIDTYPE_PID, type PidAllocator, type PidRef, type TaskRef } from '@pidlab/contract';
import { deepEqual, during, equal, notEqual, ok, some, throwsPidBug } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { childless, exit, fork, newNs, nextNr, picture } from '../world.ts';

const GET_PID = 'get_pid(), put_pid(), 2.6.24';
const HANDLES = 'the contract: handles';
const LAST_LIFE = 2 ** 29 - 1;

/** Calls by what they look like. */
type Calls = Readonly<Record<string, () => unknown>>;

/** Each of them is a PidBug; one that is not is named. `handle` says what was handed in. */
function areBugs(calls: Calls, handle: string): void {
  for (const [text, call] of Object.entries(calls)) during(`${text} with ${handle}`, () => throwsPidBug(call));
}

/** Every function that takes a pid, called with this one. */
function withPid(a: PidAllocator, pid: PidRef, task: TaskRef): Calls {
  return {
    'freePid(pid)': () => a.freePid(pid),
    'getPid(pid)': () => a.getPid(pid),
    'putPid(pid)': () => a.putPid(pid),
    'pidCount(pid)': () => a.pidCount(pid),
    'pidNrNs(pid, root)': () => a.pidNrNs(pid, a.initPidNs),
    'pidNr(pid)': () => a.pidNr(pid),
    'pidVnr(pid, task)': () => a.pidVnr(pid, task),
    'pidNs(pid)': () => a.pidNs(pid),
    'isContainerInit(pid)': () => a.isContainerInit(pid),
    'attachPid(task, PIDTYPE_PID, pid)': () => a.attachPid(task, PIDTYPE_PID, pid),
    'pidTask(pid, PIDTYPE_PID)': () => a.pidTask(pid, PIDTYPE_PID),
  };
}

/** Every function that takes a task. */
function withTask(a: PidAllocator, task: TaskRef, other: TaskRef, pid: PidRef): Calls {
  return {
    'freeTask(task)': () => a.freeTask(task),
    'attachPid(task, PIDTYPE_PID, pid)': () => a.attachPid(task, PIDTYPE_PID, pid),
    'detachPid(task, PIDTYPE_PID)': () => a.detachPid(task, PIDTYPE_PID),
    'transferPid(task, other, PIDTYPE_PID)': () => a.transferPid(task, other, PIDTYPE_PID),
    'transferPid(other, task, PIDTYPE_PID)': () => a.transferPid(other, task, PIDTYPE_PID),
    'nextPidTask(task, PIDTYPE_PID)': () => a.nextPidTask(task, PIDTYPE_PID),
    'taskPid(task, PIDTYPE_PID)': () => a.taskPid(task, PIDTYPE_PID),
    'getTaskPid(task, PIDTYPE_PID)': () => a.getTaskPid(task, PIDTYPE_PID),
    'findVpid(1, task)': () => a.findVpid(1, task),
    'findTaskByVpid(1, task)': () => a.findTaskByVpid(1, task),
    'pidVnr(pid, task)': () => a.pidVnr(pid, task),
    'taskPidNrNs(task, root)': () => a.taskPidNrNs(task, a.initPidNs),
    'taskTgidNrNs(task, root)': () => a.taskTgidNrNs(task, a.initPidNs),
    'taskPgrpNrNs(task, root)': () => a.taskPgrpNrNs(task, a.initPidNs),
    'taskSessionNrNs(task, root)': () => a.taskSessionNrNs(task, a.initPidNs),
    'taskActivePidNs(task)': () => a.taskActivePidNs(task),
  };
}

/** Every function that takes a namespace. */
function withNs(a: PidAllocator, ns: NsRef, pid: PidRef, task: TaskRef): Calls {
  return {
    'lastPid(ns)': () => a.lastPid(ns),
    'setLastPid(ns, 1)': () => a.setLastPid(ns, 1),
    'pidMax(ns)': () => a.pidMax(ns),
    'setPidMax(ns, 1000)': () => a.setPidMax(ns, 1000),
    'nextPidmap(ns, 0)': () => a.nextPidmap(ns, 0),
    'allocPid(ns)': () => a.allocPid(ns),
    'findPidNs(1, ns)': () => a.findPidNs(1, ns),
    'findGetPid(1, ns)': () => a.findGetPid(1, ns),
    'findGePid(1, ns)': () => a.findGePid(1, ns),
    'pidNrNs(pid, ns)': () => a.pidNrNs(pid, ns),
    'findTaskByPidTypeNs(PIDTYPE_PID, 1, ns)': () => a.findTaskByPidTypeNs(PIDTYPE_PID, 1, ns),
    'findTaskByPidNs(1, ns)': () => a.findTaskByPidNs(1, ns),
    'taskPidNrNs(task, ns)': () => a.taskPidNrNs(task, ns),
    'taskTgidNrNs(task, ns)': () => a.taskTgidNrNs(task, ns),
    'taskPgrpNrNs(task, ns)': () => a.taskPgrpNrNs(task, ns),
    'taskSessionNrNs(task, ns)': () => a.taskSessionNrNs(task, ns),
    'copyPidNs(CLONE_NEWPID, ns)': () => newNs(a, ns),
    'copyPidNs(0, ns)': () => a.copyPidNs(0, ns),
    'getPidNs(ns)': () => a.getPidNs(ns),
    'putPidNs(ns)': () => a.putPidNs(ns),
    'nsLevel(ns)': () => a.nsLevel(ns),
    'nsParent(ns)': () => a.nsParent(ns),
    'childReaper(ns)': () => a.childReaper(ns),
    'disablePidAllocation(ns)': () => a.disablePidAllocation(ns),
    'zapPidNsProcesses(ns, kill)': () => a.zapPidNsProcesses(ns, () => {}),
  };
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
      areBugs(withPid(a, stale, task), 'a stale pid');
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
      areBugs(withTask(a, stale, other, pid), 'a stale task');
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
      equal(a.findPidNs(1, stale), undefined);
      a.putPidNs(stale);
      throwsPidBug(() => a.findPidNs(1, stale));
      const { pid, task } = fork(a, home);
      for (let again = 0; again < 2; again++) {
        const before = picture(a, path);
        areBugs(withNs(a, stale, pid, task), 'a stale ns');
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
    areBugs(withPid(a, wrong(home), task), 'a namespace for the pid');
    areBugs(withPid(a, wrong(task), task), 'a task for the pid');
    areBugs(withPid(a, wrong(a.initPidNs), task), 'the root for the pid');
    areBugs(withTask(a, wrong(home), task, pid), 'a namespace for the task');
    areBugs(withTask(a, wrong(pid), task, pid), 'a pid for the task');
    areBugs(withNs(a, wrong(task), pid, task), 'a task for the ns');
    areBugs(withNs(a, wrong(pid), pid, task), 'a pid for the ns');
    deepEqual(picture(a, path), before);
  });

  clause(13, 'handles of another allocator are refused', { source: HANDLES }, () => {
    const one = booted({ generationBase: 1000 });
    const two = booted({ generationBase: 500_000 });
    const foreign = fork(two.a, two.home);
    const { pid, task } = fork(one.a, one.home);
    const before = picture(one.a, one.path);
    areBugs(withPid(one.a, foreign.pid, task), 'a pid of another allocator');
    areBugs(withTask(one.a, foreign.task, task, pid), 'a task of another allocator');
    areBugs(withNs(one.a, two.home, pid, task), 'a namespace of another allocator');
    deepEqual(picture(one.a, one.path), before);
  });

  clause(14, 'handles of another allocator are refused without anybody fixing a base', { source: HANDLES }, () => {
    const one = booted();
    const two = booted();
    const { task } = fork(one.a, one.home);
    areBugs(withPid(one.a, fork(two.a, two.home).pid, task), 'a pid of another allocator');
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
