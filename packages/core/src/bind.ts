/**
 * From free functions over word offsets to the contract's functions over handles. Each binding checks its arguments,
 * calls one function, and turns the offset that comes back into a handle. What the strategies differ in goes through
 * `s.design`; all else is the same code for all of them.
 */
import {
  CLONE_NEWPID,
  CLONE_THREAD,
  type Nr,
  type NsRef,
  PID_MAX_LIMIT,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  type PidAllocator,
  PidBug,
  PidError,
  type PidRef,
  type PidType,
  RESERVED_PIDS,
  type RootNr,
  type TaskRef,
  type Vnr,
} from '@pidlab/contract';
import {
  describe,
  integerArg,
  NR_LIMIT,
  nrArg,
  nsArg,
  nsArgNamed,
  pidArg,
  setTidArg,
  taskArg,
  typeArg,
} from './arguments.ts';
import { checkInvariants } from './invariants.ts';
import { HEADER, NS, PID_HEAD } from './layout.ts';
import { createChildNs, getUser, putUser } from './namespaces.ts';
import { nextPidmap } from './pidmap.ts';
import { checkSetTid, getPid, hasTasks, homeIfAlive, isDead, putPid } from './pids.ts';
import { handleOf } from './records.ts';
import { slabInfo, stats } from './reports.ts';
import { takeSnapshot } from './snapshot.ts';
import type { State } from './state.ts';
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
} from './tasks.ts';
import { zapPidNsProcesses } from './zap.ts';

const { lastPid: LAST_PID, pidMax: PID_MAX, level: LEVEL, parent: PARENT } = NS.at;
const { reaper: REAPER, disabled: DISABLED } = NS.at;
const COUNT = PID_HEAD.at.count;
const ROOT_NS = HEADER.at.rootNs;
const AUTOMATIC: readonly number[] = [];
const FLAGS_MAX = 0xffff_ffff;

/** The allocator over a state. */
export function bind(s: State): PidAllocator {
  const parts = [
    bindNumbers(s),
    bindPids(s),
    bindLookups(s),
    bindTranslation(s),
    bindTasks(s),
    bindTaskViews(s),
  ] as const;
  const [numbers, pids, lookups, translation, tasks, taskViews] = parts;
  const initPidNs = handleOf(s.words, s.words[ROOT_NS]) as NsRef;
  const { traits } = s.design;
  return Object.freeze({
    ...{ traits, initPidNs },
    ...{ ...numbers, ...pids, ...lookups, ...translation, ...tasks, ...taskViews },
    ...{ ...bindNamespaces(s), ...bindWhole(s) },
  });
}

function pidRef(s: State, pidAt: number): PidRef {
  return handleOf(s.words, pidAt) as PidRef;
}

function pidOrNone(s: State, pidAt: number): PidRef | undefined {
  return pidAt === 0 ? undefined : (handleOf(s.words, pidAt) as PidRef);
}

function nsOrNone(s: State, nsAt: number): NsRef | undefined {
  return nsAt === 0 ? undefined : (handleOf(s.words, nsAt) as NsRef);
}

function taskOrNone(s: State, taskAt: number): TaskRef | undefined {
  return taskAt === 0 ? undefined : (handleOf(s.words, taskAt) as TaskRef);
}

type Numbers = Pick<PidAllocator, 'lastPid' | 'setLastPid' | 'pidMax' | 'setPidMax' | 'nextPidmap'>;

function bindNumbers(s: State): Numbers {
  const w = s.words;
  return {
    lastPid: (ns) => w[nsArg(s, ns, 'lastPid') + LAST_PID],
    setLastPid(ns, nr) {
      const nsAt = nsArg(s, ns, 'setLastPid');
      w[nsAt + LAST_PID] = integerArg(nr, 'setLastPid', 'nr', 0, PID_MAX_LIMIT - 1);
    },
    pidMax: (ns) => w[nsArg(s, ns, 'pidMax') + PID_MAX],
    setPidMax(ns, pidMax) {
      const nsAt = nsArg(s, ns, 'setPidMax');
      w[nsAt + PID_MAX] = integerArg(pidMax, 'setPidMax', 'pidMax', RESERVED_PIDS + 1, PID_MAX_LIMIT);
    },
    nextPidmap(ns, last) {
      const nsAt = nsArg(s, ns, 'nextPidmap');
      const nr = nextPidmap(s, nsAt, integerArg(last, 'nextPidmap', 'last', 0, NR_LIMIT));
      return nr === 0 ? undefined : nr;
    },
  };
}

type Pids = Pick<PidAllocator, 'allocPid' | 'freePid' | 'getPid' | 'putPid' | 'pidCount'>;

function bindPids(s: State): Pids {
  const { design, words } = s;
  return {
    allocPid(ns, setTid) {
      if (setTid !== undefined) return pidRef(s, allocChosen(s, ns, setTid));
      return pidRef(s, design.allocPid(s, nsArg(s, ns, 'allocPid'), AUTOMATIC));
    },
    freePid(pid) {
      const pidAt = pidArg(s, pid, 'freePid');
      if (isDead(s, pidAt) || hasTasks(s, pidAt)) throw cannotFree(s, pidAt);
      design.freePid(s, pidAt);
    },
    getPid(pid) {
      getPid(s, pidArg(s, pid, 'getPid'), 'getPid');
      return pid;
    },
    putPid: (pid) => putPid(s, pidArg(s, pid, 'putPid')),
    pidCount: (pid) => words[pidArg(s, pid, 'pidCount') + COUNT],
  };
}

/** Outside the hot path. The list is read first: its getters may call the allocator, and end the very namespace. */
function allocChosen(s: State, ns: NsRef, setTid: readonly number[]): number {
  const chosen = setTidArg(setTid, 'allocPid');
  const nsAt = nsArg(s, ns, 'allocPid');
  checkSetTid(s, nsAt, chosen);
  return s.design.allocPid(s, nsAt, chosen);
}

function cannotFree(s: State, pidAt: number): PidBug {
  const dead = 'the pid has been freed already; only references still keep it';
  return new PidBug('freePid', isDead(s, pidAt) ? dead : 'tasks still hang on the pid; the last detachPid frees it');
}

type Lookups = Pick<PidAllocator, 'findPidNs' | 'findPid' | 'findVpid' | 'findGetPid' | 'findGePid'>;

function bindLookups(s: State): Lookups {
  const { design } = s;
  return {
    findPidNs(nr, ns) {
      const nsAt = nsArg(s, ns, 'findPidNs');
      return pidOrNone(s, design.findPidNs(s, nrArg(nr, 'findPidNs'), nsAt));
    },
    findPid: (nr) => pidOrNone(s, design.findPid(s, nrArg(nr, 'findPid'))),
    findVpid(nr, viewer) {
      const nsAt = activeNs(s, taskArg(s, viewer, 'findVpid', 'viewer'));
      nrArg(nr, 'findVpid');
      return nsAt === 0 ? undefined : pidOrNone(s, design.findPidNs(s, nr, nsAt));
    },
    findGetPid(nr, ns) {
      const nsAt = nsArg(s, ns, 'findGetPid');
      const pidAt = design.findPidNs(s, nrArg(nr, 'findGetPid'), nsAt);
      if (pidAt !== 0) getPid(s, pidAt, 'findGetPid');
      return pidOrNone(s, pidAt);
    },
    findGePid(nr, ns) {
      const nsAt = nsArg(s, ns, 'findGePid');
      return pidOrNone(s, design.findGePid(s, nrArg(nr, 'findGePid'), nsAt));
    },
  };
}

type Translation = Pick<PidAllocator, 'pidNrNs' | 'pidNr' | 'pidVnr' | 'pidNs' | 'isContainerInit'>;

function bindTranslation(s: State): Translation {
  const { design } = s;
  return {
    pidNrNs(pid, ns) {
      const pidAt = pidArg(s, pid, 'pidNrNs');
      return design.pidNrNs(s, pidAt, nsArg(s, ns, 'pidNrNs')) as Nr;
    },
    pidNr: (pid) => design.pidNr(s, pidArg(s, pid, 'pidNr')) as RootNr,
    pidVnr(pid, viewer) {
      const pidAt = pidArg(s, pid, 'pidVnr');
      const nsAt = activeNs(s, taskArg(s, viewer, 'pidVnr', 'viewer'));
      return (nsAt === 0 ? 0 : design.pidNrNs(s, pidAt, nsAt)) as Vnr;
    },
    pidNs: (pid) => nsOrNone(s, homeIfAlive(s, pidArg(s, pid, 'pidNs'))),
    isContainerInit: (pid) => design.pidOwnNr(s, pidArg(s, pid, 'isContainerInit')) === 1,
  };
}

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

function bindTasks(s: State): Tasks {
  return {
    allocTask: () => handleOf(s.words, allocTask(s)) as TaskRef,
    freeTask: (task) => freeTask(s, taskArg(s, task, 'freeTask')),
    attachPid(task, type, pid) {
      const taskAt = taskArg(s, task, 'attachPid');
      const pidAt = pidArg(s, pid, 'attachPid');
      attachPid(s, taskAt, typeArg(type, 'attachPid'), pidAt);
    },
    detachPid: (task, type) => detachPid(s, taskArg(s, task, 'detachPid'), typeArg(type, 'detachPid')),
    transferPid(old, next, type) {
      const oldAt = taskArg(s, old, 'transferPid', 'old');
      const nextAt = taskArg(s, next, 'transferPid', 'next');
      transferPid(s, oldAt, nextAt, typeArg(type, 'transferPid'));
    },
    pidTask: (pid, type) => taskOrNone(s, pidTask(s, pidArg(s, pid, 'pidTask'), typeArg(type, 'pidTask'))),
    nextPidTask(task, type) {
      return taskOrNone(s, nextPidTask(s, taskArg(s, task, 'nextPidTask'), typeArg(type, 'nextPidTask')));
    },
    taskPid: (task, type) => pidOrNone(s, taskPid(s, taskArg(s, task, 'taskPid'), typeArg(type, 'taskPid'))),
    getTaskPid(task, type) {
      const pidAt = taskPid(s, taskArg(s, task, 'getTaskPid'), typeArg(type, 'getTaskPid'));
      if (pidAt !== 0) getPid(s, pidAt, 'getTaskPid');
      return pidOrNone(s, pidAt);
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

function bindTaskViews(s: State): TaskViews {
  const { design } = s;
  const firstTask = (pidAt: number, type: PidType) =>
    pidAt === 0 ? undefined : taskOrNone(s, pidTask(s, pidAt, type));
  const findTask = (type: PidType, nr: number, nsAt: number) => firstTask(design.findPidNs(s, nr, nsAt), type);
  const taskNr = (op: string, task: TaskRef, type: PidType, ns: NsRef) => {
    const taskAt = taskArg(s, task, op);
    return design.taskNrNs(s, taskAt, type, nsArg(s, ns, op)) as Nr;
  };
  return {
    findTaskByPidTypeNs(type, nr, ns) {
      const nsAt = nsArg(s, ns, 'findTaskByPidTypeNs');
      return findTask(typeArg(type, 'findTaskByPidTypeNs'), nrArg(nr, 'findTaskByPidTypeNs'), nsAt);
    },
    findTaskByPid: (nr) => firstTask(design.findPid(s, nrArg(nr, 'findTaskByPid')), PIDTYPE_PID),
    findTaskByVpid(nr, viewer) {
      const nsAt = activeNs(s, taskArg(s, viewer, 'findTaskByVpid', 'viewer'));
      nrArg(nr, 'findTaskByVpid');
      return nsAt === 0 ? undefined : findTask(PIDTYPE_PID, nr, nsAt);
    },
    findTaskByPidNs(nr, ns) {
      const nsAt = nsArg(s, ns, 'findTaskByPidNs');
      return findTask(PIDTYPE_PID, nrArg(nr, 'findTaskByPidNs'), nsAt);
    },
    taskPidNrNs: (task, ns) => taskNr('taskPidNrNs', task, PIDTYPE_PID, ns),
    taskTgidNrNs: (task, ns) => taskNr('taskTgidNrNs', task, PIDTYPE_TGID, ns),
    taskPgrpNrNs: (task, ns) => taskNr('taskPgrpNrNs', task, PIDTYPE_PGID, ns),
    taskSessionNrNs: (task, ns) => taskNr('taskSessionNrNs', task, PIDTYPE_SID, ns),
    taskActivePidNs: (task) => nsOrNone(s, activeNs(s, taskArg(s, task, 'taskActivePidNs'))),
  };
}

type Namespaces = Pick<
  PidAllocator,
  | 'copyPidNs'
  | 'getPidNs'
  | 'putPidNs'
  | 'nsLevel'
  | 'nsParent'
  | 'childReaper'
  | 'disablePidAllocation'
  | 'zapPidNsProcesses'
>;

function bindNamespaces(s: State): Namespaces {
  const w = s.words;
  return {
    copyPidNs(flags, old) {
      const oldAt = nsArgNamed(s, old, 'copyPidNs', 'old');
      integerArg(flags, 'copyPidNs', 'flags', 0, FLAGS_MAX);
      if ((flags & CLONE_NEWPID) === 0) {
        getUser(s, oldAt, 'copyPidNs');
        return old;
      }
      if ((flags & CLONE_THREAD) !== 0) {
        throw new PidError(
          'EINVAL',
          'copyPidNs',
          'flags has CLONE_NEWPID and CLONE_THREAD; a thread stays in its namespace',
        );
      }
      return handleOf(w, createChildNs(s, oldAt)) as NsRef;
    },
    getPidNs(ns) {
      getUser(s, nsArg(s, ns, 'getPidNs'), 'getPidNs');
      return ns;
    },
    putPidNs: (ns) => putUser(s, nsArg(s, ns, 'putPidNs'), 'putPidNs'),
    nsLevel: (ns) => w[nsArg(s, ns, 'nsLevel') + LEVEL],
    nsParent: (ns) => nsOrNone(s, w[nsArg(s, ns, 'nsParent') + PARENT]),
    childReaper: (ns) => taskOrNone(s, w[nsArg(s, ns, 'childReaper') + REAPER]),
    disablePidAllocation(ns) {
      w[nsArg(s, ns, 'disablePidAllocation') + DISABLED] = 1;
    },
    zapPidNsProcesses(ns, kill) {
      const nsAt = nsArg(s, ns, 'zapPidNsProcesses');
      if (typeof kill !== 'function') {
        throw new PidBug('zapPidNsProcesses', `kill is ${describe(kill)}; it has to be a function (pid, nr) => void`);
      }
      return zapPidNsProcesses(s, nsAt, (pidAt, nr) => kill(pidRef(s, pidAt), nr));
    },
  };
}

type Whole = Pick<PidAllocator, 'slabInfo' | 'stats' | 'checkInvariants' | 'snapshot'>;

function bindWhole(s: State): Whole {
  return {
    slabInfo: () => slabInfo(s),
    stats: () => stats(s),
    checkInvariants: () => checkInvariants(s),
    snapshot: () => takeSnapshot(s),
  };
}
