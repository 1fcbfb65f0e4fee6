import { PID_MAX_LIMIT_SHIFT } from '@pidlab/contract';
import { IDGen } from '@thi.ng/idgen';
import type { Baseline } from '../workload.ts';
import { lacksCycle, type Numbers, ObjectAllocator } from './objects.ts';

// 22 bits of number and 9 of version, 31 in all: V8 keeps those as small integers. With the default of 10, ids of 32 bits
// would become boxed and slow down the Map, which is none of the package's fault.
const VERSION_BITS = 9;

/** The number freed last, with the next version in its high bits. */
class VersionedNumbers implements Numbers {
  readonly #ids: IDGen;

  constructor(pidMax: number) {
    this.#ids = new IDGen(PID_MAX_LIMIT_SHIFT, VERSION_BITS, pidMax, 1);
  }

  take(): number {
    return this.#ids.next();
  }

  giveBack(nr: number): void {
    this.#ids.free(nr);
  }
}

/** The npm package `@thi.ng/idgen`, and a `Map` for the look-ups. */
export const idgen: Baseline = {
  id: 'idgen',
  kind: 'baseline',
  title: 'the npm package @thi.ng/idgen, with a Map in each namespace',
  lacks: lacksCycle(
    'gives the number freed last, not the next in a cycle, with a version that comes round after 512 lives',
  ),
  leavesOut: {},
  create: (options) => new ObjectAllocator(options, (pidMax) => new VersionedNumbers(pidMax)),
  handles: (count) => new Array(count).fill(undefined),
  list: (workload, ns) => (workload as ObjectAllocator).list(ns as ObjectAllocator['initPidNs']),
};
