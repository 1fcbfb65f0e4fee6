import { NumberAllocator } from 'number-allocator';
import type { Baseline } from '../workload.ts';
import { lacksCycle, type Numbers, ObjectAllocator } from './objects.ts';

/** The lowest free number, from a tree of free intervals. */
class LowestNumbers implements Numbers {
  readonly #free: NumberAllocator;

  constructor(pidMax: number) {
    this.#free = new NumberAllocator(1, pidMax - 1);
  }

  take(): number {
    const nr = this.#free.alloc();
    if (nr === null) throw new Error('every number is taken');
    return nr;
  }

  giveBack(nr: number): void {
    this.#free.free(nr);
  }
}

/** The npm package `number-allocator` (MQTT.js draws its packet ids from it), and a `Map` for the look-ups. */
export const numberAllocator: Baseline = {
  id: 'number-allocator',
  kind: 'baseline',
  title: 'the npm package number-allocator, with a Map in each namespace',
  lacks: lacksCycle('gives the lowest free number, not the next in a cycle, so a number comes back at once'),
  leavesOut: {},
  create: (options) => new ObjectAllocator(options, (pidMax) => new LowestNumbers(pidMax)),
  handles: (count) => new Array(count).fill(undefined),
  list: (workload, ns) => (workload as ObjectAllocator).list(ns as ObjectAllocator['initPidNs']),
};
