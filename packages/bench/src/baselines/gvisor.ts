import { PID_MAX_LIMIT, type PidAllocatorOptions, RESERVED_PIDS } from '@pidlab/contract';
import type { Baseline, Workload } from '../workload.ts';
import { PidObject, TaskLists } from './tasks.ts';

/** An identity; it carries no number, each namespace knows it by one. */
class Pid extends PidObject {
  readonly ns: Namespace;

  constructor(ns: Namespace) {
    super();
    this.ns = ns;
  }
}

/** A namespace with maps in both directions. */
class Namespace {
  readonly parent: Namespace | undefined;
  readonly pidMax: number;
  readonly pids = new Map<number, Pid>();
  readonly numbers = new Map<Pid, number>();
  last = 0;
  count = 1;

  constructor(parent: Namespace | undefined, pidMax: number) {
    this.parent = parent;
    this.pidMax = pidMax;
  }

  /** The next free number: counts up and steps over what is taken. */
  takeNumber(): number {
    if (this.pids.size >= this.pidMax - 1) throw new Error('every number is taken');
    let nr = this.last;
    do {
      if (++nr >= this.pidMax) nr = RESERVED_PIDS;
    } while (this.pids.has(nr));
    this.last = nr;
    return nr;
  }
}

class GvisorAllocator extends TaskLists<Pid> implements Workload {
  readonly initPidNs: Namespace;

  constructor(options: PidAllocatorOptions) {
    super();
    this.initPidNs = new Namespace(undefined, options.pidMax ?? PID_MAX_LIMIT);
  }

  allocPid(ns: Namespace): Pid {
    const pid = new Pid(ns);
    for (let at: Namespace | undefined = ns; at; at = at.parent) {
      const nr = at.takeNumber();
      at.pids.set(nr, pid);
      at.numbers.set(pid, nr);
    }
    return pid;
  }

  freePid(pid: Pid): void {
    for (let at: Namespace | undefined = pid.ns; at; at = at.parent) {
      const nr = at.numbers.get(pid);
      if (nr === undefined) throw new Error('the pid has been freed already');
      at.pids.delete(nr);
      at.numbers.delete(pid);
    }
  }

  findPidNs(nr: number, ns: Namespace): Pid | undefined {
    return ns.pids.get(nr);
  }

  pidNrNs(pid: Pid, ns: Namespace): number {
    return ns.numbers.get(pid) ?? 0;
  }

  copyPidNs(_flags: number, old: Namespace): Namespace {
    old.count++;
    return new Namespace(old, PID_MAX_LIMIT);
  }

  putPidNs(ns: Namespace): void {
    for (let at: Namespace | undefined = ns; at && --at.count === 0; at = at.parent);
  }

  list(ns: Namespace): number {
    const numbers = Int32Array.from(ns.pids.keys()).sort();
    let found = 0;
    for (let i = 0; i < numbers.length; i++) if (ns.pids.get(numbers[i])) found++;
    return found;
  }
}

/** Maps from number to object and back in each namespace, the way the gVisor sandbox keeps its thread ids. */
export const gvisor: Baseline = {
  id: 'gvisor',
  kind: 'baseline',
  title: 'Maps both ways in each namespace, as in gVisor, and a cyclic counter',
  lacks: {},
  leavesOut: {},
  create: (options) => new GvisorAllocator(options),
  handles: (count) => new Array(count).fill(undefined),
  list: (workload, ns) => (workload as GvisorAllocator).list(ns as Namespace),
};
