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
import { HEADER, NS, PID_HEAD } from '../layout.ts';
import { handleOf, handleSeen, see } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { declareGone, detach } from '../memory/workers.ts';
import { staleNs } from '../pids/errors.ts';
import { createChildNs, getUser, putUser } from '../pids/namespaces.ts';
import { nextPidmap } from '../pids/pidmap.ts';
import {
  addReference,
  beingFreed,
  checkSetTid,
  endPid,
  hasTasks,
  homeIfAlive,
  isDead,
  lockPid,
  putPid,
  tryLockPid,
  unlockPid,
} from '../pids/pids.ts';
import {
  activeNs,
  allocTask,
  attachPid,
  detachPid,
  freeTask,
  nextPidTask,
  pidTask,
  reaperOf,
  taskPid,
  transferPid,
} from '../pids/tasks.ts';
import { zapPidNsProcesses } from '../pids/zap.ts';
import type { State } from '../types.ts';
import { checkInvariants } from '../whole/invariants.ts';
import { slabInfo, stats } from '../whole/reports.ts';
import { takeSnapshot } from '../whole/snapshot.ts';
import { load, publish } from '../words/access.ts';
import { SHARED } from '../words/mode.ts';
import {
  describe,
  fits,
  integerArg,
  mustBeAttached,
  NR_LIMIT,
  nrArg,
  nsArg,
  nsArgNamed,
  pidArg,
  setTidArg,
  taskArg,
  typeArg,
} from './arguments.ts';
import { describeBlock } from './descriptor.ts';

const { lastPid: LAST_PID, pidMax: PID_MAX, level: LEVEL, parent: PARENT } = NS.at;
const DISABLED = NS.at.disabled;
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
  const workerSlot = SHARED ? s.owner - 1 : 0;
  const initPidNs = handleOf(s.words, s.words[ROOT_NS]) as NsRef;
  const { traits } = s.design;
  return Object.freeze({
    ...{ traits, initPidNs },
    ...{ ...numbers, ...pids, ...lookups, ...translation, ...tasks, ...taskViews },
    ...{ ...bindNamespaces(s), ...bindWhole(s), ...bindWorkers(s), workerSlot },
  });
}

function pidRef(s: State, pidAt: number): PidRef {
  return handleOf(s.words, pidAt) as PidRef;
}

function pidOrNone(s: State, pidAt: number): PidRef | undefined {
  return pidAt === 0 ? undefined : (handleSeen(s, pidAt) as PidRef);
}

function nsOrNone(s: State, nsAt: number): NsRef | undefined {
  return nsAt === 0 ? undefined : (handleSeen(s, nsAt) as NsRef);
}

function taskOrNone(s: State, taskAt: number): TaskRef | undefined {
  return taskAt === 0 ? undefined : (handleSeen(s, taskAt) as TaskRef);
}

/**
 * What was read of a record, unless another worker freed the record meanwhile: then the handle was stale, and what was
 * read may be another's.
 */
function unlessFreed<T>(s: State, at: number, handle: number, read: T, op: string, name: string): T {
  if (SHARED && handleOf(s.words, at) !== handle) throw freedMeanwhile(op, name);
  return read;
}

function freedMeanwhile(op: string, name: string): PidBug {
  return new PidBug(op, `${name} is stale: another worker freed it meanwhile`);
}

/** Whether the viewer is still in the namespace, 0 for none, in which something was looked up for it; if not, look again. */
function stillIn(s: State, nsAt: number, viewerAt: number, viewer: TaskRef, op: string): boolean {
  if (!SHARED) return true;
  const isIn = activeNs(s, viewerAt) === nsAt;
  if (!fits(s, viewerAt, viewer)) throw freedMeanwhile(op, 'viewer');
  return isIn;
}

type Numbers = Pick<PidAllocator, 'lastPid' | 'setLastPid' | 'pidMax' | 'setPidMax' | 'nextPidmap'>;

function bindNumbers(s: State): Numbers {
  return {
    lastPid: (ns) => readNs(s, ns, LAST_PID, 'lastPid'),
    setLastPid(ns, nr) {
      nsArg(s, ns, 'setLastPid');
      writeNs(s, ns, LAST_PID, integerArg(nr, 'setLastPid', 'nr', 0, PID_MAX_LIMIT - 1), 'setLastPid');
    },
    pidMax: (ns) => readNs(s, ns, PID_MAX, 'pidMax'),
    setPidMax(ns, pidMax) {
      nsArg(s, ns, 'setPidMax');
      writeNs(s, ns, PID_MAX, integerArg(pidMax, 'setPidMax', 'pidMax', RESERVED_PIDS + 1, PID_MAX_LIMIT), 'setPidMax');
    },
    nextPidmap(ns, last) {
      const nsAt = nsArg(s, ns, 'nextPidmap');
      const nr = nextPidmap(s, nsAt, integerArg(last, 'nextPidmap', 'last', 0, NR_LIMIT));
      return unlessFreed(s, nsAt, ns, nr === 0 ? undefined : nr, 'nextPidmap', 'ns');
    },
  };
}

/** A field of a namespace. */
function readNs(s: State, ns: NsRef, field: number, op: string): number {
  const nsAt = nsArg(s, ns, op);
  return unlessFreed(s, nsAt, ns, s.words[nsAt + field], op, 'ns');
}

/** Sets a field of a namespace, which does not end meanwhile. */
function writeNs(s: State, ns: NsRef, field: number, value: number, op: string): void {
  locked(s, NS_LOCK, op, () => publish(s.words, nsArg(s, ns, op) + field, value));
}

type Pids = Pick<PidAllocator, 'allocPid' | 'freePid' | 'getPid' | 'putPid' | 'pidCount'>;

function bindPids(s: State): Pids {
  const { design, words } = s;
  return {
    allocPid(ns, setTid) {
      if (setTid !== undefined) return pidRef(s, allocChosen(s, ns, setTid));
      const nsAt = nsArg(s, ns, 'allocPid');
      const pidAt = design.allocPid(s, nsAt, AUTOMATIC);
      if (SHARED && !fits(s, nsAt, ns)) throw misplaced(s, pidAt);
      return pidRef(s, pidAt);
    },
    freePid(pid) {
      const pidAt = lockPid(s, pid, 'freePid');
      if (isDead(s, pidAt) || hasTasks(s, pidAt)) throw cannotFree(s, pidAt);
      endPid(s, pidAt);
    },
    getPid(pid) {
      takeReference(s, lockPid(s, pid, 'getPid'), 'getPid');
      return pid;
    },
    putPid: (pid) => putPid(s, lockPid(s, pid, 'putPid')),
    pidCount(pid) {
      const pidAt = pidArg(s, pid, 'pidCount');
      const count = load(words, pidAt + COUNT);
      if (SHARED && count === 0) throw beingFreed('pidCount');
      return unlessFreed(s, pidAt, pid, count, 'pidCount', 'pid');
    },
  };
}

/** Outside the hot path. The list is read first: its getters may call the allocator, and end the very namespace. */
function allocChosen(s: State, ns: NsRef, setTid: readonly number[]): number {
  const chosen = setTidArg(setTid, 'allocPid');
  const nsAt = nsArg(s, ns, 'allocPid');
  checkSetTid(s, nsAt, chosen);
  const pidAt = s.design.allocPid(s, nsAt, chosen);
  if (SHARED && !fits(s, nsAt, ns)) throw misplaced(s, pidAt);
  return pidAt;
}

/** The namespace ended before it had the pid, and another one got its record and thus the pid: takes that back. */
function misplaced(s: State, pidAt: number): PidBug {
  lockPid(s, pidRef(s, pidAt), 'allocPid');
  // Who found it there and hung a task on it has a pid now.
  if (hasTasks(s, pidAt)) unlockPid(s);
  else endPid(s, pidAt);
  return staleNs('allocPid');
}

function cannotFree(s: State, pidAt: number): PidBug {
  const dead = 'the pid has been freed already; only references still keep it';
  const why = isDead(s, pidAt) ? dead : 'tasks still hang on the pid; the last detachPid frees it';
  unlockPid(s);
  return new PidBug('freePid', why);
}

/** Takes a reference on a pid that is locked, and unlocks it. */
function takeReference(s: State, pidAt: number, op: string): void {
  const bug = addReference(s, pidAt, op);
  unlockPid(s);
  if (bug !== undefined) throw bug;
}

/** Takes a reference on a pid that was found. Undefined when another worker freed it meanwhile: look again. */
function getFound(s: State, pidAt: number, op: string): PidRef | undefined {
  const pid = handleSeen(s, pidAt) as PidRef;
  if (tryLockPid(s, pid, op) === 0) return undefined;
  takeReference(s, pidAt, op);
  return pid;
}

/** A pid that this call has a reference on, which it gives back when the record that led to the pid was freed meanwhile. */
function keepUnlessFreed(s: State, at: number, handle: number, pid: PidRef, op: string, name: string): PidRef {
  if (!SHARED || fits(s, at, handle)) return pid;
  putPid(s, lockPid(s, pid, op));
  throw freedMeanwhile(op, name);
}

type Lookups = Pick<PidAllocator, 'findPidNs' | 'findPid' | 'findVpid' | 'findGetPid' | 'findGePid'>;

function bindLookups(s: State): Lookups {
  const { design } = s;
  return {
    findPidNs(nr, ns) {
      const nsAt = nsArg(s, ns, 'findPidNs');
      const pid = pidOrNone(s, design.findPidNs(s, nrArg(nr, 'findPidNs'), nsAt));
      return unlessFreed(s, nsAt, ns, pid, 'findPidNs', 'ns');
    },
    findPid: (nr) => pidOrNone(s, design.findPid(s, nrArg(nr, 'findPid', s))),
    findVpid(nr, viewer) {
      const viewerAt = taskArg(s, viewer, 'findVpid', 'viewer');
      nrArg(nr, 'findVpid');
      for (;;) {
        const nsAt = activeNs(s, viewerAt);
        const pid = nsAt === 0 ? undefined : pidOrNone(s, design.findPidNs(s, nr, nsAt));
        if (stillIn(s, nsAt, viewerAt, viewer, 'findVpid')) return pid;
      }
    },
    findGetPid(nr, ns) {
      const nsAt = nsArg(s, ns, 'findGetPid');
      nrArg(nr, 'findGetPid');
      for (;;) {
        const pidAt = design.findPidNs(s, nr, nsAt);
        if (pidAt === 0) return unlessFreed(s, nsAt, ns, undefined, 'findGetPid', 'ns');
        const pid = getFound(s, pidAt, 'findGetPid');
        if (pid !== undefined) return keepUnlessFreed(s, nsAt, ns, pid, 'findGetPid', 'ns');
      }
    },
    findGePid(nr, ns) {
      const nsAt = nsArg(s, ns, 'findGePid');
      const pid = pidOrNone(s, design.findGePid(s, nrArg(nr, 'findGePid'), nsAt));
      return unlessFreed(s, nsAt, ns, pid, 'findGePid', 'ns');
    },
  };
}

type Translation = Pick<PidAllocator, 'pidNrNs' | 'pidNr' | 'pidVnr' | 'pidNs' | 'isContainerInit'>;

function bindTranslation(s: State): Translation {
  const { design } = s;
  return {
    pidNrNs(pid, ns) {
      const pidAt = pidArg(s, pid, 'pidNrNs');
      const nsAt = nsArg(s, ns, 'pidNrNs');
      const nr = unlessFreed(s, pidAt, pid, design.pidNrNs(s, pidAt, nsAt) as Nr, 'pidNrNs', 'pid');
      return unlessFreed(s, nsAt, ns, nr, 'pidNrNs', 'ns');
    },
    pidNr(pid) {
      const pidAt = pidArg(s, pid, 'pidNr');
      return unlessFreed(s, pidAt, pid, design.pidNr(s, pidAt) as RootNr, 'pidNr', 'pid');
    },
    pidVnr(pid, viewer) {
      const pidAt = pidArg(s, pid, 'pidVnr');
      const viewerAt = taskArg(s, viewer, 'pidVnr', 'viewer');
      for (;;) {
        const nsAt = activeNs(s, viewerAt);
        const nr = nsAt === 0 ? 0 : design.pidNrNs(s, pidAt, nsAt);
        if (stillIn(s, nsAt, viewerAt, viewer, 'pidVnr')) return unlessFreed(s, pidAt, pid, nr as Vnr, 'pidVnr', 'pid');
      }
    },
    pidNs(pid) {
      const pidAt = pidArg(s, pid, 'pidNs');
      return unlessFreed(s, pidAt, pid, nsOrNone(s, homeIfAlive(s, pidAt)), 'pidNs', 'pid');
    },
    isContainerInit(pid) {
      const pidAt = pidArg(s, pid, 'isContainerInit');
      return unlessFreed(s, pidAt, pid, design.pidOwnNr(s, pidAt) === 1, 'isContainerInit', 'pid');
    },
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
    detachPid: (task, type) => detachPid(s, taskArg(s, task, 'detachPid'), task, typeArg(type, 'detachPid')),
    transferPid(old, next, type) {
      const oldAt = taskArg(s, old, 'transferPid', 'old');
      const nextAt = taskArg(s, next, 'transferPid', 'next');
      transferPid(s, oldAt, old, nextAt, next, typeArg(type, 'transferPid'));
    },
    pidTask(pid, type) {
      const pidAt = pidArg(s, pid, 'pidTask');
      const task = taskOrNone(s, pidTask(s, pidAt, typeArg(type, 'pidTask')));
      return unlessFreed(s, pidAt, pid, task, 'pidTask', 'pid');
    },
    nextPidTask(task, type) {
      const taskAt = taskArg(s, task, 'nextPidTask');
      const next = taskOrNone(s, nextPidTask(s, taskAt, typeArg(type, 'nextPidTask')));
      return unlessFreed(s, taskAt, task, next, 'nextPidTask', 'task');
    },
    taskPid(task, type) {
      const taskAt = taskArg(s, task, 'taskPid');
      const pid = pidOrNone(s, taskPid(s, taskAt, typeArg(type, 'taskPid')));
      return unlessFreed(s, taskAt, task, pid, 'taskPid', 'task');
    },
    getTaskPid(task, type) {
      const taskAt = taskArg(s, task, 'getTaskPid');
      typeArg(type, 'getTaskPid');
      for (;;) {
        const pidAt = taskPid(s, taskAt, type);
        if (pidAt === 0) return unlessFreed(s, taskAt, task, undefined, 'getTaskPid', 'task');
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

function bindTaskViews(s: State): TaskViews {
  const { design } = s;
  const findTask = (type: PidType, nr: number, nsAt: number) => {
    for (;;) {
      const pidAt = design.findPidNs(s, nr, nsAt);
      if (pidAt === 0) return undefined;
      const pid = handleSeen(s, pidAt);
      const task = taskOrNone(s, pidTask(s, pidAt, type));
      if (!SHARED || fits(s, pidAt, pid)) return task;
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
      if (pidOrNone(s, taskPid(s, taskAt, type)) !== pid) continue;
      return unlessFreed(s, nsAt, ns, unlessFreed(s, taskAt, task, nr, op, 'task'), op, 'ns');
    }
  };
  return {
    findTaskByPidTypeNs(type, nr, ns) {
      const nsAt = nsArg(s, ns, 'findTaskByPidTypeNs');
      const task = findTask(typeArg(type, 'findTaskByPidTypeNs'), nrArg(nr, 'findTaskByPidTypeNs'), nsAt);
      return unlessFreed(s, nsAt, ns, task, 'findTaskByPidTypeNs', 'ns');
    },
    findTaskByPid: (nr) => findTask(PIDTYPE_PID, nrArg(nr, 'findTaskByPid', s), s.words[ROOT_NS]),
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
      return unlessFreed(s, nsAt, ns, task, 'findTaskByPidNs', 'ns');
    },
    taskPidNrNs: (task, ns) => taskNr('taskPidNrNs', task, PIDTYPE_PID, ns),
    taskTgidNrNs: (task, ns) => taskNr('taskTgidNrNs', task, PIDTYPE_TGID, ns),
    taskPgrpNrNs: (task, ns) => taskNr('taskPgrpNrNs', task, PIDTYPE_PGID, ns),
    taskSessionNrNs: (task, ns) => taskNr('taskSessionNrNs', task, PIDTYPE_SID, ns),
    taskActivePidNs(task) {
      const taskAt = taskArg(s, task, 'taskActivePidNs');
      return unlessFreed(s, taskAt, task, nsOrNone(s, activeNs(s, taskAt)), 'taskActivePidNs', 'task');
    },
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
    copyPidNs: (flags, old) => locked(s, NS_LOCK, 'copyPidNs', () => copyPidNs(s, flags, old)),
    getPidNs(ns) {
      locked(s, NS_LOCK, 'getPidNs', () => getUser(s, nsArg(s, ns, 'getPidNs'), 'getPidNs'));
      return ns;
    },
    putPidNs: (ns) => locked(s, NS_LOCK, 'putPidNs', () => putUser(s, nsArg(s, ns, 'putPidNs'), 'putPidNs')),
    nsLevel: (ns) => readNs(s, ns, LEVEL, 'nsLevel'),
    nsParent(ns) {
      const nsAt = nsArg(s, ns, 'nsParent');
      const parentAt = w[nsAt + PARENT];
      if (parentAt !== 0) see(s, parentAt);
      // It is held by its child, so what was seen is the parent as long as the child is there.
      return unlessFreed(s, nsAt, ns, nsOrNone(s, parentAt), 'nsParent', 'ns');
    },
    childReaper(ns) {
      const nsAt = nsArg(s, ns, 'childReaper');
      return unlessFreed(s, nsAt, ns, taskOrNone(s, reaperOf(s, nsAt)), 'childReaper', 'ns');
    },
    disablePidAllocation(ns) {
      nsArg(s, ns, 'disablePidAllocation');
      writeNs(s, ns, DISABLED, 1, 'disablePidAllocation');
    },
    zapPidNsProcesses(ns, kill) {
      const nsAt = nsArg(s, ns, 'zapPidNsProcesses');
      if (typeof kill !== 'function') {
        throw new PidBug('zapPidNsProcesses', `kill is ${describe(kill)}; it has to be a function (pid, nr) => void`);
      }
      writeNs(s, ns, DISABLED, 1, 'zapPidNsProcesses');
      return zapPidNsProcesses(s, nsAt, ns, (pid, nr) => kill(pid as PidRef, nr));
    },
  };
}

function copyPidNs(s: State, flags: number, old: NsRef): NsRef {
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
  return handleOf(s.words, createChildNs(s, oldAt)) as NsRef;
}

type Whole = Pick<PidAllocator, 'slabInfo' | 'stats' | 'checkInvariants' | 'snapshot'>;

function bindWhole(s: State): Whole {
  const whole = <T>(op: string, look: (s: State) => T) => {
    return (): T => {
      if (SHARED) mustBeAttached(s, op);
      return look(s);
    };
  };
  return {
    slabInfo: whole('slabInfo', slabInfo),
    stats: whole('stats', stats),
    checkInvariants: whole('checkInvariants', (state) => checkInvariants(state)),
    snapshot: whole('snapshot', takeSnapshot),
  };
}

type Workers = Pick<PidAllocator, 'share' | 'detach' | 'declareGone'>;

function bindWorkers(s: State): Workers {
  const attached = (op: string) => {
    if (SHARED) mustBeAttached(s, op);
  };
  return {
    share() {
      attached('share');
      return describeBlock(s);
    },
    detach() {
      attached('detach');
      detach(s);
    },
    declareGone(workerSlot) {
      attached('declareGone');
      declareGone(s, workerSlot);
    },
  };
}
