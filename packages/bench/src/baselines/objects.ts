import type { PidAllocatorOptions } from '@pidlab/contract';
import { PID_MAX_LIMIT } from '@pidlab/contract';
import type { Workload } from '../workload.ts';
import { PidObject, TaskLists } from './tasks.ts';

// What most JavaScript programs would write: a class for the namespace, a `Map` from number to object in each, an object
// for the pid. Where the numbers come from is the one thing in which these baselines differ.

/** Where a namespace gets its numbers. */
export interface Numbers {
  take(): number;
  giveBack(nr: number): void;
}

/** Makes the source of numbers of one namespace; `taken` is its table. */
export type NewNumbers = (pidMax: number, taken: ReadonlyMap<number, unknown>) => Numbers;

/** What a source of numbers that is not cyclic lacks, for every scenario that takes and gives back numbers. */
export function lacksCycle(what: string): Readonly<Record<string, string>> {
  return { churn: what, 'fork-exit': what, namespace: what };
}

class Namespace {
  readonly parent: Namespace | undefined;
  readonly level: number;
  readonly pids: Map<number, Pid> = new Map();
  readonly numbers: Numbers;
  count = 1;

  constructor(parent: Namespace | undefined, pidMax: number, newNumbers: NewNumbers) {
    this.parent = parent;
    this.level = parent ? parent.level + 1 : 0;
    this.numbers = newNumbers(pidMax, this.pids);
  }
}

class Pid extends PidObject {
  readonly ns: Namespace;
  /** The number at each level, root first. */
  readonly numbers: number[] = [];

  constructor(ns: Namespace) {
    super();
    this.ns = ns;
  }
}

/** An allocator over objects and Maps. Stale handles and reference counts are left to the garbage collector. */
export class ObjectAllocator extends TaskLists<Pid> implements Workload {
  readonly initPidNs: Namespace;
  readonly #newNumbers: NewNumbers;

  constructor(options: PidAllocatorOptions, newNumbers: NewNumbers) {
    super();
    this.#newNumbers = newNumbers;
    this.initPidNs = new Namespace(undefined, options.pidMax ?? PID_MAX_LIMIT, newNumbers);
  }

  allocPid(ns: Namespace): Pid {
    const pid = new Pid(ns);
    for (let at: Namespace | undefined = ns; at; at = at.parent) {
      const nr = at.numbers.take();
      pid.numbers[at.level] = nr;
      at.pids.set(nr, pid);
    }
    return pid;
  }

  freePid(pid: Pid): void {
    for (let at: Namespace | undefined = pid.ns; at; at = at.parent) {
      const nr = pid.numbers[at.level];
      if (!at.pids.delete(nr)) throw new Error(`pid ${nr} has been freed already`);
      at.numbers.giveBack(nr);
    }
  }

  findPidNs(nr: number, ns: Namespace): Pid | undefined {
    return ns.pids.get(nr);
  }

  pidNrNs(pid: Pid, ns: Namespace): number {
    let at: Namespace | undefined = pid.ns;
    while (at && at.level > ns.level) at = at.parent;
    return at === ns ? pid.numbers[ns.level] : 0;
  }

  copyPidNs(_flags: number, old: Namespace): Namespace {
    old.count++;
    return new Namespace(old, PID_MAX_LIMIT, this.#newNumbers);
  }

  putPidNs(ns: Namespace): void {
    for (let at: Namespace | undefined = ns; at && --at.count === 0; at = at.parent);
  }

  /** Every pid of `ns` in ascending number: the sorted keys, then each by its key. */
  list(ns: Namespace): number {
    const numbers = Int32Array.from(ns.pids.keys()).sort();
    let found = 0;
    for (let i = 0; i < numbers.length; i++) if (ns.pids.get(numbers[i])) found++;
    return found;
  }
}
