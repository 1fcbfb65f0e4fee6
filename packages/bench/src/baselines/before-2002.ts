import { PID_MAX_LIMIT } from '@pidlab/contract';
import { TaskSearch } from '../tallies/before-2002.ts';
import type { Baseline } from '../workload.ts';
import { type Numbers, ObjectAllocator } from './objects.ts';

/** Numbers by the search of before 2002: the numbers of all tasks stand in a list, which is walked through. */
class SearchedNumbers implements Numbers {
  readonly #search: TaskSearch;
  /** The number of each task. */
  #tasks = new Int32Array(1_024);
  #count = 0;
  /** Where in the list a number stands. */
  readonly #places: Map<number, number> = new Map();

  constructor(pidMax: number) {
    this.#search = new TaskSearch(pidMax);
  }

  take(): number {
    const nr = this.#search.next(this.#tasks, this.#count);
    if (this.#count === this.#tasks.length) this.#grow();
    this.#places.set(nr, this.#count);
    this.#tasks[this.#count++] = nr;
    return nr;
  }

  giveBack(nr: number): void {
    const place = this.#places.get(nr) as number;
    const last = this.#tasks[--this.#count];
    this.#places.delete(nr);
    if (last === nr) return;
    this.#tasks[place] = last;
    this.#places.set(last, place);
  }

  #grow(): void {
    const tasks = new Int32Array(2 * this.#tasks.length);
    tasks.set(this.#tasks);
    this.#tasks = tasks;
  }
}

/** How Linux found a free number before 2002, beside a `Map` for the look-ups. */
export const before2002: Baseline = {
  id: 'before-2002',
  kind: 'baseline',
  title: 'the search over all tasks, as Linux did it before 2002, with a Map in each namespace',
  lacks: {},
  leavesOut: {},
  cannot: (scenario, params) => {
    if (!['churn', 'fork-exit'].includes(scenario)) return 'it differs from map in how a number is found';
    if (Number(params.level ?? 0) > 0 || params.order === 'oldest') return 'it is asked in the root, random first';
    return Number(params.live) > MOST ? 'it would walk through millions of tasks for each' : undefined;
  },
  create: (options) => new ObjectAllocator(options, (pidMax) => new SearchedNumbers(pidMax ?? PID_MAX_LIMIT)),
  handles: (count) => new Array(count).fill(undefined),
  list: (workload, ns) => (workload as ObjectAllocator).list(ns as ObjectAllocator['initPidNs']),
};

/** The most live pids at which it is tried. */
const MOST = 100_000;
