import {
  PIDTYPE_MAX,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  type PidRef,
  type PidType,
} from '@pidlab/contract';
import { deepEqual, equal, some, throwsPidBug } from '../assert.ts';
import { type Chapter, chapter } from '../chapter.ts';
import { allocMany, childless, exit, fork, newNs, nextNr, picture, taken, tasksOf } from '../world.ts';

const ATTACH = 'attach_pid(), 2.6.24';
const DETACH = 'detach_pid(), 2.6.24';
const TRANSFER = 'transfer_pid(), 2.6.24';
const TYPES: readonly PidType[] = [PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID];

export const taskChapter: Chapter = chapter('TASK', 'Tasks on pids', (t) => {
  const { booted, clause, create, world } = t;

  clause(1, 'a new task hangs on nothing', { source: 'the contract: allocTask' }, () => {
    const { a, home } = world();
    const task = a.allocTask();
    for (const type of TYPES) {
      equal(a.taskPid(task, type), undefined);
      equal(a.getTaskPid(task, type), undefined);
    }
    equal(a.taskActivePidNs(task), undefined);
    equal<number>(a.taskPidNrNs(task, home), 0);
    equal(a.stats().tasks, 1);
  });

  clause(2, 'an attached task and its pid know each other', { source: ATTACH }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const task = a.allocTask();
    for (const type of TYPES) {
      a.attachPid(task, type, pid);
      equal(a.pidTask(pid, type), task);
      equal(a.taskPid(task, type), pid);
    }
  });

  clause(3, 'the task attached last is first', { source: ATTACH }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const tasks = [a.allocTask(), a.allocTask(), a.allocTask()];
    for (const task of tasks) a.attachPid(task, PIDTYPE_PGID, pid);
    deepEqual(tasksOf(a, pid, PIDTYPE_PGID), [...tasks].reverse());
  });

  clause(4, 'the four lists of a pid are separate', { source: ATTACH }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const tasks = TYPES.map((type) => {
      const task = a.allocTask();
      a.attachPid(task, type, pid);
      return task;
    });
    for (const type of TYPES) deepEqual(tasksOf(a, pid, type), [tasks[type]]);
    for (const type of TYPES) equal(a.taskPid(tasks[0], type), type === 0 ? pid : undefined);
  });

  clause(5, 'a task can hang on a different pid by each type', { source: ATTACH }, () => {
    const { a, home } = world();
    const pids = allocMany(a, home, PIDTYPE_MAX);
    const task = a.allocTask();
    for (const type of TYPES) a.attachPid(task, type, pids[type]);
    for (const type of TYPES) {
      equal(a.taskPid(task, type), pids[type]);
      equal(a.pidTask(pids[type], type), task);
    }
  });

  clause(6, 'a list can be left at its head, in its middle and at its end', { source: DETACH }, () => {
    for (let leaving = 0; leaving < 3; leaving++) {
      const { a, home } = world();
      const pid = a.allocPid(home);
      const tasks = [a.allocTask(), a.allocTask(), a.allocTask()];
      for (const task of tasks) a.attachPid(task, PIDTYPE_SID, pid);
      a.detachPid(tasks[leaving], PIDTYPE_SID);
      deepEqual(tasksOf(a, pid, PIDTYPE_SID), tasks.filter((_, i) => i !== leaving).reverse());
      equal(a.taskPid(tasks[leaving], PIDTYPE_SID), undefined);
      equal(a.nextPidTask(tasks[0], PIDTYPE_SID), undefined);
    }
  });

  clause(7, 'detaching leaves the other types alone', { source: DETACH }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    a.attachPid(task, PIDTYPE_PGID, pid);
    a.detachPid(task, PIDTYPE_PID);
    equal(a.taskPid(task, PIDTYPE_PGID), pid);
    equal(a.pidTask(pid, PIDTYPE_PGID), task);
  });

  clause(8, 'a pid is freed when, and only when, all its lists are empty', { source: DETACH }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const tasks = TYPES.map((type) => {
      const task = a.allocTask();
      a.attachPid(task, type, pid);
      return task;
    });
    for (const type of TYPES) {
      equal(a.findPidNs(1, home), pid);
      a.detachPid(tasks[type], type);
    }
    equal(a.findPidNs(1, home), undefined);
    deepEqual(taken(a, home), []);
    throwsPidBug(() => a.pidCount(pid));
  });

  clause(9, 'a number stays taken while it is somebody’s process group or session', { source: DETACH }, () => {
    for (const type of [PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) {
      const { a, home } = world({ pidMax: 301 });
      const leader = fork(a, home);
      const member = fork(a, home);
      a.attachPid(member.task, type, leader.pid);
      exit(a, leader);
      equal(a.findPidNs(1, home), leader.pid);
      equal(a.pidTask(leader.pid, PIDTYPE_PID), undefined);
      equal(a.pidTask(leader.pid, type), member.task);
      deepEqual(taken(a, home), [1, 2]);
      a.detachPid(member.task, type);
      deepEqual(taken(a, home), [2]);
    }
  });

  clause(10, 'a pid that never had a task is not freed by anything but freePid', { source: DETACH }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    exit(a, fork(a, home));
    equal(a.findPidNs(1, home), pid);
  });

  clause(11, 'a pid freed by the last detach stays readable through a reference', { source: DETACH }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    a.getPid(pid);
    a.detachPid(task, PIDTYPE_PID);
    equal<number>(a.pidNrNs(pid, home), 1);
    equal(a.findPidNs(1, home), undefined);
    throwsPidBug(() => a.freePid(pid));
    a.putPid(pid);
    throwsPidBug(() => a.pidNr(pid));
  });

  clause(12, 'transferPid gives the new task the old one’s place in the list', { source: TRANSFER }, () => {
    for (let at = 0; at < 3; at++) {
      const { a, home } = world();
      const pid = a.allocPid(home);
      const tasks = [a.allocTask(), a.allocTask(), a.allocTask()];
      for (const task of tasks) a.attachPid(task, PIDTYPE_PGID, pid);
      const next = a.allocTask();
      a.transferPid(tasks[at], next, PIDTYPE_PGID);
      deepEqual(tasksOf(a, pid, PIDTYPE_PGID), tasks.map((task, i) => (i === at ? next : task)).reverse());
      equal(a.taskPid(tasks[at], PIDTYPE_PGID), undefined);
      equal(a.taskPid(next, PIDTYPE_PGID), pid);
    }
  });

  clause(13, 'transferPid moves one type only, and the pid stays', { source: TRANSFER }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    a.attachPid(task, PIDTYPE_SID, pid);
    const next = a.allocTask();
    a.transferPid(task, next, PIDTYPE_PID);
    equal(a.taskPid(task, PIDTYPE_SID), pid);
    equal(a.taskPid(next, PIDTYPE_SID), undefined);
    equal(a.findPidNs(1, home), pid);
    equal<number>(a.taskPidNrNs(next, home), 1);
    equal<number>(a.taskPidNrNs(task, home), 0);
  });

  clause(
    14,
    'transferring from a task without such a pid, or to one that has one, is a bug',
    { source: TRANSFER },
    () => {
      const { a, home, path } = world();
      const one = fork(a, home);
      const two = fork(a, home);
      const bare = a.allocTask();
      const before = picture(a, path);
      throwsPidBug(() => a.transferPid(bare, two.task, PIDTYPE_PID));
      throwsPidBug(() => a.transferPid(bare, bare, PIDTYPE_PID));
      throwsPidBug(() => a.transferPid(one.task, two.task, PIDTYPE_PID));
      throwsPidBug(() => a.transferPid(one.task, one.task, PIDTYPE_PID));
      throwsPidBug(() => a.transferPid(one.task, bare, PIDTYPE_SID));
      deepEqual(picture(a, path), before);
      equal(a.taskPid(one.task, PIDTYPE_PID), one.pid);
    },
  );

  clause(15, 'attaching twice by one type is a bug', { source: ATTACH }, () => {
    const { a, home, path } = world();
    const { pid, task } = fork(a, home);
    const other = a.allocPid(home);
    const before = picture(a, path);
    throwsPidBug(() => a.attachPid(task, PIDTYPE_PID, other));
    throwsPidBug(() => a.attachPid(task, PIDTYPE_PID, pid));
    deepEqual(picture(a, path), before);
    deepEqual(tasksOf(a, pid, PIDTYPE_PID), [task]);
  });

  clause(16, 'detaching what is not attached is a bug', { source: DETACH }, () => {
    const { a, home, path } = world();
    const { task } = fork(a, home);
    const before = picture(a, path);
    for (const type of [PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) throwsPidBug(() => a.detachPid(task, type));
    throwsPidBug(() => a.detachPid(a.allocTask(), PIDTYPE_PID));
    a.detachPid(task, PIDTYPE_PID);
    throwsPidBug(() => a.detachPid(task, PIDTYPE_PID));
    deepEqual(typeof before, 'object');
  });

  clause(17, 'a detached task can be attached again', { source: ATTACH }, () => {
    const { a, home } = world();
    const { task } = fork(a, home);
    a.detachPid(task, PIDTYPE_PID);
    const pid = a.allocPid(home);
    a.attachPid(task, PIDTYPE_PID, pid);
    equal(a.pidTask(pid, PIDTYPE_PID), task);
    equal<number>(a.taskPidNrNs(task, home), 2);
  });

  clause(18, 'a task that hangs on a pid cannot be freed', { source: 'the contract: freeTask' }, () => {
    const { a, home } = world();
    for (const type of TYPES) {
      const task = a.allocTask();
      const pid = a.allocPid(home);
      a.attachPid(task, type, pid);
      throwsPidBug(() => a.freeTask(task));
      equal(a.taskPid(task, type), pid);
      a.detachPid(task, type);
      a.freeTask(task);
      throwsPidBug(() => a.freeTask(task));
    }
    equal(a.stats().tasks, 0);
  });

  clause(
    19,
    'findTaskByPidTypeNs is the first task of that type on the pid of that number',
    { source: 'find_task_by_pid_type_ns(), 2.6.24' },
    () => {
      const { a, home } = world();
      const leader = fork(a, home);
      const member = fork(a, home);
      a.attachPid(leader.task, PIDTYPE_PGID, leader.pid);
      a.attachPid(member.task, PIDTYPE_PGID, leader.pid);
      equal(a.findTaskByPidTypeNs(PIDTYPE_PGID, 1, home), member.task);
      equal(a.findTaskByPidTypeNs(PIDTYPE_PID, 1, home), leader.task);
      equal(a.findTaskByPidTypeNs(PIDTYPE_SID, 1, home), undefined);
      equal(a.findTaskByPidTypeNs(PIDTYPE_PID, 3, home), undefined);
    },
  );

  clause(
    20,
    'the short forms look in the root, in the viewer’s namespace and in a given one',
    { source: 'find_task_by_pid(), find_task_by_vpid(), find_task_by_pid_ns(), 2.6.24' },
    () => {
      const { a, home } = booted();
      const viewer = some(a.childReaper(home));
      const { pid, task } = fork(a, home);
      equal(a.findTaskByPid(a.pidNr(pid)), task);
      equal(a.findTaskByVpid(a.pidNrNs(pid, home), viewer), task);
      equal(a.findTaskByPidNs(a.pidNrNs(pid, home), home), task);
      const bare = a.allocPid(home);
      equal(a.findTaskByPid(a.pidNr(bare)), undefined);
      equal(a.findTaskByVpid(a.pidNrNs(bare, home), viewer), undefined);
      equal(a.findTaskByPidNs(31_000, home), undefined);
      equal(a.findTaskByVpid(1, a.allocTask()), undefined);
    },
  );

  clause(
    21,
    'a task’s four numbers are those of its four pids',
    { source: 'task_pid_nr_ns() and its like, 2.6.24' },
    () => {
      const { a, home, path } = booted();
      const pids = allocMany(a, home, PIDTYPE_MAX);
      const task = a.allocTask();
      const numbers = [a.taskPidNrNs, a.taskTgidNrNs, a.taskPgrpNrNs, a.taskSessionNrNs];
      for (const type of TYPES) a.attachPid(task, type, pids[type]);
      for (const ns of path) for (const type of TYPES) equal(numbers[type](task, ns), a.pidNrNs(pids[type], ns));
      a.detachPid(task, PIDTYPE_PGID);
      for (const ns of path)
        deepEqual(
          numbers.map((of) => of(task, ns) === 0),
          [false, false, true, false],
        );
    },
  );

  clause(
    22,
    'a number that the asking namespace does not see is 0',
    { source: 'task_pgrp_nr_ns(), 2.6.24', once: true },
    () => {
      const a = create();
      const outside = fork(a, a.initPidNs);
      if (childless(a)) return;
      const ns = newNs(a, a.initPidNs);
      const inside = fork(a, ns);
      a.attachPid(inside.task, PIDTYPE_PGID, outside.pid);
      a.attachPid(inside.task, PIDTYPE_SID, outside.pid);
      equal<number>(a.taskPgrpNrNs(inside.task, ns), 0);
      equal<number>(a.taskSessionNrNs(inside.task, ns), 0);
      equal<number>(a.taskPgrpNrNs(inside.task, a.initPidNs), 1);
      equal<number>(a.taskPidNrNs(inside.task, ns), 1);
      equal<number>(a.taskPidNrNs(outside.task, ns), 0);
    },
  );

  clause(
    23,
    'two siblings’ numbers are not mixed up through tasks',
    { source: 'gVisor issues 13556, 13573', once: true },
    () => {
      const a = create();
      if (childless(a)) return;
      const [one, two] = [newNs(a, a.initPidNs), newNs(a, a.initPidNs)];
      const [inOne, inTwo] = [fork(a, one), fork(a, two)];
      equal(a.findTaskByPidNs(1, one), inOne.task);
      equal(a.findTaskByPidNs(1, two), inTwo.task);
      equal<number>(a.taskPidNrNs(inOne.task, two), 0);
      equal<number>(a.taskTgidNrNs(inOne.task, one), 0);
    },
  );

  clause(
    24,
    'taskActivePidNs is the namespace of the task’s own pid',
    { source: 'task_active_pid_ns(), mainline' },
    () => {
      const { a, home } = world();
      const task = a.allocTask();
      const pid = a.allocPid(home);
      a.attachPid(task, PIDTYPE_PGID, pid);
      equal(a.taskActivePidNs(task), undefined);
      a.attachPid(task, PIDTYPE_PID, pid);
      equal(a.taskActivePidNs(task), home);
      a.detachPid(task, PIDTYPE_PID);
      equal(a.taskActivePidNs(task), undefined);
    },
  );

  clause(25, 'a thousand tasks in one list are walked in order', { source: ATTACH }, () => {
    const { a, home } = world();
    const pid = a.allocPid(home);
    const tasks = Array.from({ length: 1000 }, () => {
      const task = a.allocTask();
      a.attachPid(task, PIDTYPE_SID, pid);
      return task;
    });
    deepEqual(tasksOf(a, pid, PIDTYPE_SID), tasks.reverse());
    for (let i = 0; i < 1000; i += 2) a.detachPid(tasks[i], PIDTYPE_SID);
    deepEqual(
      tasksOf(a, pid, PIDTYPE_SID),
      tasks.filter((_, i) => i % 2 === 1),
    );
  });

  clause(
    26,
    'a leader’s thread that takes over keeps the number alive',
    { source: 'de_thread(), 2.6.24: transfer_pid() on exec' },
    () => {
      const { a, home } = world();
      const leader = fork(a, home);
      a.attachPid(leader.task, PIDTYPE_TGID, leader.pid);
      const thread = fork(a, home);
      a.attachPid(thread.task, PIDTYPE_TGID, leader.pid);
      a.detachPid(thread.task, PIDTYPE_PID);
      a.transferPid(leader.task, thread.task, PIDTYPE_PID);
      a.detachPid(leader.task, PIDTYPE_TGID);
      a.freeTask(leader.task);
      equal(a.findTaskByPidNs(1, home), thread.task);
      equal<number>(a.taskTgidNrNs(thread.task, home), 1);
      deepEqual(taken(a, home), [1]);
      equal(nextNr(a, home), 3);
    },
  );

  clause(27, 'a pid in use by many types has one entry for each', { source: ATTACH }, () => {
    const { a, home } = world();
    const { pid, task } = fork(a, home);
    for (const type of [PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) a.attachPid(task, type, pid);
    const left = new Set<PidRef | undefined>(TYPES.map((type) => a.taskPid(task, type)));
    deepEqual([...left], [pid]);
    for (const type of [...TYPES].reverse()) a.detachPid(task, type);
    equal(a.stats().pids, 0);
  });
});
