import { CLONE_NEWPID, type NsRef, PIDTYPE_PGID, PIDTYPE_PID, PidBug, PidError, type PidRef } from '@pidlab/contract';
import { type Made, make } from './design.ts';

/** A small allocator that has something of everything, and names for what is in it. */
export interface Busy extends Made {
  readonly root: NsRef;
  readonly child: NsRef;
  readonly grandchild: NsRef;
  /** Of the root: one with three tasks, one with none, and one that is dead and referenced. */
  readonly init: PidRef;
  readonly idle: PidRef;
  readonly dead: PidRef;
  /** Of the child, with a task, and of the grandchild. */
  readonly contained: PidRef;
  readonly deep: PidRef;
  readonly tasks: readonly ReturnType<Made['a']['allocTask']>[];
}

/** Makes one: chains of several links, lists of several tasks, free records of each kind, a free pidmap page. */
export function makeBusy(): Busy {
  const { s, a } = make({ pidMax: 100_000 });
  const root = a.initPidNs;
  const child = a.copyPidNs(CLONE_NEWPID, root);
  const grandchild = a.copyPidNs(CLONE_NEWPID, child);
  const gone = [a.copyPidNs(CLONE_NEWPID, root), a.copyPidNs(CLONE_NEWPID, root)];
  const tasks = Array.from({ length: 6 }, () => a.allocTask());
  const pids = Array.from({ length: 40 }, () => a.allocPid(root));
  const [init, idle, dead] = pids;
  a.getPid(dead);
  for (let i = 2; i < 40; i += 3) a.freePid(pids[i]);
  a.setLastPid(root, 50_000);
  a.allocPid(root);
  const contained = a.allocPid(child);
  const deep = a.allocPid(grandchild);
  const deepToo = a.allocPid(grandchild);
  a.freePid(a.allocPid(child));
  a.freePid(deepToo);
  for (const task of tasks.slice(0, 3)) a.attachPid(task, PIDTYPE_PGID, init);
  a.attachPid(tasks[0], PIDTYPE_PID, init);
  a.attachPid(tasks[3], PIDTYPE_PID, contained);
  a.freeTask(tasks[5]);
  for (const ns of gone) a.putPidNs(ns);
  a.setLastPid(root, 60);
  return { s, a, root, child, grandchild, init, idle, dead, contained, deep, tasks };
}

/** Namespaces from which a pid can still be asked for, found by walking the root's pids. */
function namespacesOf({ a }: Made): Set<NsRef> {
  const found = new Set<NsRef>([a.initPidNs]);
  let left = 500;
  for (let pid = a.findGePid(0, a.initPidNs); pid !== undefined && left > 0; left--) {
    for (let ns = a.pidNs(pid); ns !== undefined; ns = a.nsParent(ns)) found.add(ns);
    pid = a.findGePid(a.pidNr(pid) + 1, a.initPidNs);
  }
  return found;
}

/** Calls everything that changes something, many times. What is refused is refused by PidError or PidBug; nothing else may come. */
export function exercise(made: Made): void {
  const { a } = made;
  const attempt = <T>(run: () => T): T | undefined => {
    const limit = Error.stackTraceLimit;
    // Of a million refusals nobody reads the stacks, which would be most of the work.
    Error.stackTraceLimit = 0;
    try {
      return run();
    } catch (error) {
      if (error instanceof PidError || error instanceof PidBug) return undefined;
      throw error;
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  for (const ns of namespacesOf(made)) {
    for (let i = 0; i < 70; i++) {
      const pid = attempt(() => a.allocPid(ns));
      const task = attempt(() => a.allocTask());
      if (pid !== undefined && task !== undefined) attempt(() => a.attachPid(task, PIDTYPE_PID, pid));
    }
    const below = attempt(() => a.copyPidNs(CLONE_NEWPID, ns));
    if (below !== undefined) attempt(() => a.allocPid(below));
  }
  let left = 1000;
  for (let nr = a.nextPidmap(a.initPidNs, 0); nr !== undefined && left > 0; left--) {
    const pid = a.findPidNs(nr, a.initPidNs);
    if (pid !== undefined) end(pid);
    nr = a.nextPidmap(a.initPidNs, nr);
  }

  function end(pid: PidRef): void {
    for (const type of [0, 1, 2, 3] as const) {
      for (let tasks = 200; tasks > 0; tasks--) {
        const task = attempt(() => a.pidTask(pid, type));
        if (task === undefined) break;
        attempt(() => a.detachPid(task, type));
      }
    }
    attempt(() => a.freePid(pid));
    attempt(() => a.putPid(pid));
  }
}
