/**
 * A scenario that calls every function of an allocator, in steps of which each calls one that may fail: so that memory can be
 * refused at any place of any step, and the step be done again.
 */
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  type PidAllocator,
  type PidAllocatorOptions,
  type PidRef,
  type TaskRef,
} from '@pidlab/contract';

/** Several pages of a pidmap in the root, and slabs that are soon full. */
export const OPTIONS: PidAllocatorOptions = {
  memory: 2 ** 21,
  capacity: 256,
  namespaces: 16,
  pidMax: 150_000,
  generationBase: 1000,
};

/** Namespaces one in the other, where the design can. */
const DEPTH = 4;

/** What the steps so far have made. */
export interface Stage {
  readonly a: PidAllocator;
  readonly root: NsRef;
  readonly namespaces: NsRef[];
  /** The first pid of each of them, with its task. */
  readonly inits: PidRef[];
  readonly pids: PidRef[];
  readonly tasks: TaskRef[];
}

/** What a step does. It is called again when it failed, so it keeps what it made only when it has it. */
export type Step = (stage: Stage) => unknown;

export function stageOver(a: PidAllocator): Stage {
  return { a, root: a.initPidNs, namespaces: [], inits: [], pids: [], tasks: [] };
}

/** All steps, in order. After the last one there is nothing left but the root namespace. */
export function stepsFor({ maxLevel, strategy }: PidAllocator['traits']): Step[] {
  const depth = Math.min(maxLevel, DEPTH);
  return [
    ...family(depth),
    ...crowd(depth),
    ...farNumbers(),
    ...looks(),
    ...lives(),
    ...(strategy === 'pidspace' ? spaces() : []),
    ...ends(),
  ];
}

/** The root's init, and below it namespaces one in the other, each with its init. */
function family(depth: number): Step[] {
  const below = Array.from({ length: depth }, (_, i) => [
    ({ a, root, namespaces }: Stage) => namespaces.push(a.copyPidNs(CLONE_NEWPID, namespaces[i - 1] ?? root)),
    ({ a, namespaces, inits }: Stage) => inits.push(a.allocPid(namespaces[i])),
    ...initTask(i + 1),
  ]);
  return [({ a, root, inits }) => inits.push(a.allocPid(root)), ...initTask(0), ...below.flat()];
}

function initTask(which: number): Step[] {
  return [
    ({ a, tasks }) => tasks.push(a.allocTask()),
    ({ a, tasks, inits }) => a.attachPid(tasks[which], PIDTYPE_PID, inits[which]),
  ];
}

/** So many pids and tasks that each cache needs more than one page, or batch. */
function crowd(depth: number): Step[] {
  return [
    ...repeat(66, ({ a, root, pids }) => pids.push(a.allocPid(root))),
    ...repeat(34, ({ a, namespaces, pids }) => pids.push(a.allocPid(namespaces[depth - 1]))),
    ...repeat(66, ({ a, tasks }) => tasks.push(a.allocTask())),
  ];
}

/** Numbers far from the others, chosen and not. */
function farNumbers(): Step[] {
  return [
    ({ a, root }) => a.setLastPid(root, 40_000),
    ...repeat(2, ({ a, root, pids }) => pids.push(a.allocPid(root))),
    ({ a, root, pids }) => pids.push(a.allocPid(root, [100_000])),
    ({ a, namespaces, pids }) => pids.push(a.allocPid(namespaces[0], [70_000])),
    // A page for the root's number comes after the one for the own number.
    ({ a, namespaces, pids }) => pids.push(a.allocPid(namespaces[0], [90_001, 140_000].slice(0, a.traits.maxNumbers))),
    ({ a, namespaces }) => a.setPidMax(namespaces[0], 100_000),
  ];
}

/** What only looks, which takes no memory. */
function looks(): Step[] {
  return [
    ({ a, root }) => [a.lastPid(root), a.pidMax(root), a.nextPidmap(root, 0), a.nsLevel(root), a.nsParent(root)],
    ({ a, root, tasks }) => [a.findPidNs(1, root), a.findPid(1), a.findVpid(1, tasks[1]), a.findGePid(2, root)],
    ({ a, inits, namespaces }) => [a.pidNrNs(inits[1], namespaces[0]), a.pidNr(inits[1]), a.pidNs(inits[1])],
    ({ a, inits, tasks }) => [a.pidVnr(inits[1], tasks[1]), a.isContainerInit(inits[1]), a.pidCount(inits[1])],
    ({ a, inits, tasks }) => [a.pidTask(inits[0], PIDTYPE_PID), a.nextPidTask(tasks[0], PIDTYPE_PID)],
    ({ a, root, tasks }) => [a.taskPid(tasks[1], PIDTYPE_PID), a.findTaskByPidTypeNs(PIDTYPE_PID, 1, root)],
    ({ a, root, tasks }) => [a.findTaskByPid(1), a.findTaskByVpid(1, tasks[1]), a.findTaskByPidNs(1, root)],
    ({ a, root, tasks: [, task] }) => [a.taskPidNrNs(task, root), a.taskTgidNrNs(task, root)],
    ({ a, root, tasks: [, task] }) => [a.taskPgrpNrNs(task, root), a.taskSessionNrNs(task, root)],
    ({ a, namespaces, tasks }) => [a.taskActivePidNs(tasks[1]), a.childReaper(namespaces[0])],
    ({ a }) => [a.slabInfo(), a.stats(), a.checkInvariants(), a.snapshot()],
  ];
}

/** What changes without taking memory. */
function lives(): Step[] {
  return [
    ({ a, inits, tasks }) => {
      for (const type of [PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID] as const) a.attachPid(tasks[0], type, inits[0]);
    },
    ({ a, tasks }) => a.transferPid(tasks[0], tasks[10], PIDTYPE_SID),
    ({ a, tasks }) => a.detachPid(tasks[10], PIDTYPE_SID),
    ({ a, inits }) => a.putPid(a.getPid(inits[0])),
    ({ a, root }) => a.putPid(a.findGetPid(1, root)!),
    ({ a, tasks }) => a.putPid(a.getTaskPid(tasks[0], PIDTYPE_PID)!),
    ({ a, namespaces }) => a.putPidNs(a.getPidNs(namespaces[0])),
    ({ a, root }) => a.putPidNs(a.copyPidNs(CLONE_NEWPID, root)),
  ];
}

interface Spaces {
  pidspaceInit(space: number): NsRef;
  pidspaceFree(space: number): void;
}

/** What only pidspace has. */
function spaces(): Step[] {
  const over = (a: PidAllocator): PidAllocator & Spaces => a as PidAllocator & Spaces;
  return [({ a }) => over(a).pidspaceInit(17), ({ a }) => over(a).pidspaceFree(17)];
}

/** Everything goes, the deepest namespace first. */
function ends(): Step[] {
  return [
    ({ a, namespaces }) => a.disablePidAllocation(namespaces[0]),
    ({ a, pids }) => pids.splice(0).forEach((pid) => void a.freePid(pid)),
    ({ a, namespaces }) => [...namespaces].reverse().forEach((ns) => void a.zapPidNsProcesses(ns, () => {})),
    ({ a, tasks, inits }) => {
      for (const [i] of inits.entries()) a.detachPid(tasks[i], PIDTYPE_PID);
      for (const type of [PIDTYPE_TGID, PIDTYPE_PGID] as const) a.detachPid(tasks[0], type);
    },
    ({ a, tasks }) => tasks.splice(0).forEach((task) => void a.freeTask(task)),
    ({ a, namespaces }) =>
      namespaces
        .splice(0)
        .reverse()
        .forEach((ns) => void a.putPidNs(ns)),
  ];
}

function repeat(times: number, step: Step): Step[] {
  return Array<Step>(times).fill(step);
}
