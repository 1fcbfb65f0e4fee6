/**
 * The reference model: the whole contract over Maps and plain objects, as simply as it can be said.
 *
 * It is what others are compared with, so nothing in it is clever: a free number is searched for one by one, a namespace
 * lives while somebody can be named who holds it, and a record is never used twice. It plays any design from its traits
 * alone.
 */
import { type CreatePidAllocator, type PidAllocator, PidBug, type Traits } from '@pidlab/contract';
import * as find from './find.ts';
import * as namespaces from './namespaces.ts';
import { createState } from './options.ts';
import * as pidmap from './pidmap.ts';
import * as pids from './pids.ts';
import * as reports from './reports.ts';
import { snapshot } from './snapshot.ts';
import type { State } from './state.ts';
import * as tasks from './tasks.ts';

/** A `createPidAllocator` that numbers as the design of these traits does. */
export function createModel(traits: Traits): CreatePidAllocator {
  return (options = {}) => allocatorOver(createState(traits, options));
}

/** The allocator over a state of the model. */
export function allocatorOver(s: State): PidAllocator {
  return {
    traits: s.traits,
    initPidNs: s.root,

    lastPid: (ns) => pidmap.lastPid(s, ns),
    setLastPid: (ns, nr) => pidmap.setLastPid(s, ns, nr),
    pidMax: (ns) => pidmap.pidMax(s, ns),
    setPidMax: (ns, max) => pidmap.setPidMax(s, ns, max),
    nextPidmap: (ns, last) => pidmap.nextPidmap(s, ns, last),

    allocPid: (ns, setTid) => pids.allocPid(s, ns, setTid),
    freePid: (pid) => pids.freePid(s, pid),
    getPid: (pid) => pids.getPid(s, pid),
    putPid: (pid) => pids.putPid(s, pid),
    pidCount: (pid) => pids.pidCount(s, pid),

    findPidNs: (nr, ns) => find.findPidNs(s, nr, ns),
    findPid: (nr) => find.findPid(s, nr),
    findVpid: (nr, viewer) => find.findVpid(s, nr, viewer),
    findGetPid: (nr, ns) => find.findGetPid(s, nr, ns),
    findGePid: (nr, ns) => find.findGePid(s, nr, ns),
    pidNrNs: (pid, ns) => find.pidNrNs(s, pid, ns),
    pidNr: (pid) => find.pidNr(s, pid),
    pidVnr: (pid, viewer) => find.pidVnr(s, pid, viewer),
    pidNs: (pid) => find.pidNs(s, pid),
    isContainerInit: (pid) => find.isContainerInit(s, pid),

    allocTask: () => tasks.allocTask(s),
    freeTask: (task) => tasks.freeTask(s, task),
    attachPid: (task, type, pid) => tasks.attachPid(s, task, type, pid),
    detachPid: (task, type) => tasks.detachPid(s, task, type),
    transferPid: (old, next, type) => tasks.transferPid(s, old, next, type),
    pidTask: (pid, type) => tasks.pidTask(s, pid, type),
    nextPidTask: (task, type) => tasks.nextPidTask(s, task, type),
    taskPid: (task, type) => tasks.taskPid(s, task, type),
    getTaskPid: (task, type) => tasks.getTaskPid(s, task, type),
    findTaskByPidTypeNs: (type, nr, ns) => tasks.findTaskByPidTypeNs(s, type, nr, ns),
    findTaskByPid: (nr) => tasks.findTaskByPid(s, nr),
    findTaskByVpid: (nr, viewer) => tasks.findTaskByVpid(s, nr, viewer),
    findTaskByPidNs: (nr, ns) => tasks.findTaskByPidNs(s, nr, ns),
    taskPidNrNs: (task, ns) => tasks.taskPidNrNs(s, task, ns),
    taskTgidNrNs: (task, ns) => tasks.taskTgidNrNs(s, task, ns),
    taskPgrpNrNs: (task, ns) => tasks.taskPgrpNrNs(s, task, ns),
    taskSessionNrNs: (task, ns) => tasks.taskSessionNrNs(s, task, ns),
    taskActivePidNs: (task) => tasks.taskActivePidNs(s, task),

    copyPidNs: (flags, old) => namespaces.copyPidNs(s, flags, old),
    getPidNs: (ns) => namespaces.getPidNs(s, ns),
    putPidNs: (ns) => namespaces.putPidNs(s, ns),
    nsLevel: (ns) => namespaces.nsLevel(s, ns),
    nsParent: (ns) => namespaces.nsParent(s, ns),
    childReaper: (ns) => namespaces.childReaper(s, ns),
    disablePidAllocation: (ns) => namespaces.disablePidAllocation(s, ns),
    zapPidNsProcesses: (ns, kill) => namespaces.zapPidNsProcesses(s, ns, kill),

    slabInfo: () => reports.slabInfo(s),
    stats: () => reports.stats(s),
    checkInvariants: () => reports.checkInvariants(s),
    snapshot: () => snapshot(s),

    workerSlot: 0,
    share: () => notShared('share'),
    detach: () => notShared('detach'),
    declareGone: () => notShared('declareGone'),
  };
}

function notShared(op: string): never {
  throw new PidBug(op, 'the model is for one thread');
}
