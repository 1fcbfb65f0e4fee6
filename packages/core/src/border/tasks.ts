/** The contract's section on tasks. */
import {
  type Nr,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  type PidAllocator,
  type PidType,
  type TaskRef,
} from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import { fitsId, handleOf, handleSeen, mustBeAttached, orderReads } from '../memory/handles.ts';
import {
  activeNs,
  allocTask,
  attachPid,
  detachPid,
  freeTask,
  nextPidTask,
  pidTask,
  taskPid,
  transferPid,
} from '../pids/tasks.ts';
import type { State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import {
  getFound,
  keepUnlessFreed,
  nsOrNone,
  pidOrNone,
  stillIn,
  taskOrNone,
  unlessEnded,
  unlessFreed,
  wordAfter,
} from './again.ts';
import { lockPid, nrArg, nsArg, pidArg, taskArg, typeArg } from './arguments.ts';

const ROOT_NS = HEADER.at.rootNs;

type Tasks = Pick<
  PidAllocator,
  | 'allocTask'
  | 'freeTask'
  | 'attachPid'
  | 'detachPid'
  | 'transferPid'
  | 'pidTask'
  | 'nextPidTask'
  | 'taskPid'
  | 'getTaskPid'
>;

/** `end` ends a pid that is locked. */
export function bindTasks(s: State, end: (pidAt: number) => void): Tasks {
  return {
    allocTask() {
      if (SHARED) mustBeAttached(s, 'allocTask');
      return handleOf(s.words, allocTask(s)) as TaskRef;
    },
    freeTask: (task) => freeTask(s, taskArg(s, task, 'freeTask'), task),
    attachPid(task, type, pid) {
      const taskAt = taskArg(s, task, 'attachPid');
      const pidAt = pidArg(s, pid, 'attachPid');
      typeArg(type, 'attachPid');
      if (SHARED) lockPid(s, pid, 'attachPid');
      attachPid(s, taskAt, task, type, pidAt);
    },
    detachPid(task, type) {
      const pidAt = detachPid(s, taskArg(s, task, 'detachPid'), task, typeArg(type, 'detachPid'));
      if (pidAt !== 0) end(pidAt);
    },
    transferPid(old, next, type) {
      const oldAt = taskArg(s, old, 'transferPid', 'old');
      const nextAt = taskArg(s, next, 'transferPid', 'next');
      transferPid(s, oldAt, old, nextAt, next, typeArg(type, 'transferPid'));
    },
    pidTask(pid, type) {
      const pidAt = pidArg(s, pid, 'pidTask');
      const taskAt = pidTask(s, pidAt, typeArg(type, 'pidTask'));
      return unlessEnded(s, pidAt, pid, taskOrNone(s, taskAt), taskAt, 'pidTask');
    },
    nextPidTask(task, type) {
      const taskAt = taskArg(s, task, 'nextPidTask');
      const nextAt = nextPidTask(s, taskAt, typeArg(type, 'nextPidTask'));
      return unlessFreed(s, taskAt, task, taskOrNone(s, nextAt), nextAt, 'nextPidTask', 'task');
    },
    taskPid(task, type) {
      const taskAt = taskArg(s, task, 'taskPid');
      const pidAt = taskPid(s, taskAt, typeArg(type, 'taskPid'));
      return unlessFreed(s, taskAt, task, pidOrNone(s, pidAt), pidAt, 'taskPid', 'task');
    },
    getTaskPid(task, type) {
      const taskAt = taskArg(s, task, 'getTaskPid');
      typeArg(type, 'getTaskPid');
      for (;;) {
        const pidAt = taskPid(s, taskAt, type);
        if (pidAt === 0) return unlessFreed(s, taskAt, task, undefined, 0, 'getTaskPid', 'task');
        const pid = getFound(s, pidAt, 'getTaskPid');
        if (pid !== undefined) return keepUnlessFreed(s, taskAt, task, pid, 'getTaskPid', 'task');
      }
    },
  };
}

type TaskViews = Pick<
  PidAllocator,
  | 'findTaskByPidTypeNs'
  | 'findTaskByPid'
  | 'findTaskByVpid'
  | 'findTaskByPidNs'
  | 'taskPidNrNs'
  | 'taskTgidNrNs'
  | 'taskPgrpNrNs'
  | 'taskSessionNrNs'
  | 'taskActivePidNs'
>;

export function bindTaskViews(s: State): TaskViews {
  const { design } = s;
  const findTask = (type: PidType, nr: number, nsAt: number) => {
    for (;;) {
      const pidAt = design.findPidNs(s, nr, nsAt);
      if (pidAt === 0) return undefined;
      const pid = handleSeen(s, pidAt);
      const task = taskOrNone(s, pidTask(s, pidAt, type));
      if (!SHARED || fitsId(wordAfter(s, pidAt, 0), pidAt, pid)) return task;
    }
  };
  const taskNr = (op: string, task: TaskRef, type: PidType, ns: NsRef) => {
    const taskAt = taskArg(s, task, op);
    const nsAt = nsArg(s, ns, op);
    if (!SHARED) return design.taskNrNs(s, taskAt, type, nsAt) as Nr;
    for (;;) {
      const pid = pidOrNone(s, taskPid(s, taskAt, type));
      const nr = design.taskNrNs(s, taskAt, type, nsAt) as Nr;
      // Another worker may hang the task on another pid meanwhile.
      orderReads(s);
      const pidAt = taskPid(s, taskAt, type);
      if (pidOrNone(s, pidAt) !== pid) continue;
      unlessFreed(s, taskAt, task, nr, pidAt, op, 'task');
      return unlessFreed(s, nsAt, ns, nr, pidAt, op, 'ns');
    }
  };
  return {
    findTaskByPidTypeNs(type, nr, ns) {
      const nsAt = nsArg(s, ns, 'findTaskByPidTypeNs');
      const task = findTask(typeArg(type, 'findTaskByPidTypeNs'), nrArg(nr, 'findTaskByPidTypeNs'), nsAt);
      return unlessFreed(s, nsAt, ns, task, 0, 'findTaskByPidTypeNs', 'ns');
    },
    findTaskByPid(nr) {
      if (SHARED) mustBeAttached(s, 'findTaskByPid');
      return findTask(PIDTYPE_PID, nrArg(nr, 'findTaskByPid'), s.words[ROOT_NS]);
    },
    findTaskByVpid(nr, viewer) {
      const viewerAt = taskArg(s, viewer, 'findTaskByVpid', 'viewer');
      nrArg(nr, 'findTaskByVpid');
      for (;;) {
        const nsAt = activeNs(s, viewerAt);
        const task = nsAt === 0 ? undefined : findTask(PIDTYPE_PID, nr, nsAt);
        if (stillIn(s, nsAt, viewerAt, viewer, 'findTaskByVpid')) return task;
      }
    },
    findTaskByPidNs(nr, ns) {
      const nsAt = nsArg(s, ns, 'findTaskByPidNs');
      const task = findTask(PIDTYPE_PID, nrArg(nr, 'findTaskByPidNs'), nsAt);
      return unlessFreed(s, nsAt, ns, task, 0, 'findTaskByPidNs', 'ns');
    },
    taskPidNrNs: (task, ns) => taskNr('taskPidNrNs', task, PIDTYPE_PID, ns),
    taskTgidNrNs: (task, ns) => taskNr('taskTgidNrNs', task, PIDTYPE_TGID, ns),
    taskPgrpNrNs: (task, ns) => taskNr('taskPgrpNrNs', task, PIDTYPE_PGID, ns),
    taskSessionNrNs: (task, ns) => taskNr('taskSessionNrNs', task, PIDTYPE_SID, ns),
    taskActivePidNs(task) {
      const taskAt = taskArg(s, task, 'taskActivePidNs');
      return unlessFreed(s, taskAt, task, nsOrNone(s, activeNs(s, taskAt)), 0, 'taskActivePidNs', 'task');
    },
  };
}
