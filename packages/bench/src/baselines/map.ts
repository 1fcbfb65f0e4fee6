import { RESERVED_PIDS } from '@pidlab/contract';
import type { Baseline } from '../workload.ts';
import { type Numbers, ObjectAllocator } from './objects.ts';

/** Counts up, steps over what is taken, starts again at the floor: the kernel's rule, asked of a `Map`. */
class CyclicNumbers implements Numbers {
  readonly #pidMax: number;
  readonly #taken: ReadonlyMap<number, unknown>;
  #last = 0;

  constructor(pidMax: number, taken: ReadonlyMap<number, unknown>) {
    this.#pidMax = pidMax;
    this.#taken = taken;
  }

  take(): number {
    if (this.#taken.size >= this.#pidMax - 1) throw new Error('every number is taken');
    let nr = this.#last;
    do {
      if (++nr >= this.#pidMax) nr = RESERVED_PIDS;
    } while (this.#taken.has(nr));
    this.#last = nr;
    return nr;
  }

  giveBack(): void {}
}

/**
 * A `Map` in each namespace and a cyclic counter: what most programs that have process ids in JavaScript do. Its process table
 * is a file of its own, so that processes of other scenarios do not hold its code.
 */
export const map: Baseline = {
  id: 'map',
  kind: 'baseline',
  title: 'a Map of objects in each namespace and a cyclic counter',
  lacks: {},
  leavesOut: {},
  create: (options) => new ObjectAllocator(options, (pidMax, taken) => new CyclicNumbers(pidMax, taken)),
  createProcesses: async (options) => new (await import('./processes.ts')).MapProcesses(options),
  handles: (count) => new Array(count).fill(undefined),
  list: (workload, ns) => (workload as ObjectAllocator).list(ns as ObjectAllocator['initPidNs']),
};
