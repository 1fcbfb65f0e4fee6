import { PID_MAX_LIMIT, type PidAllocatorOptions, RESERVED_PIDS } from '@pidlab/contract';
import { counting } from '../random.ts';
import type { Baseline, Workload } from '../workload.ts';

// A record is 16 words, a cache line: four numbers (root first) and the first task of four types.
const RECORD_WORDS = 16;
const FIRST_TASK = 4;
// A task is 16 words: its pid, the next and the previous task, for four types.
const NEXT = 4;
const PREVIOUS = 8;

/** A number space: one bit and one table word for each number. */
class Space {
  readonly level: number;
  readonly parent: Space | undefined;
  readonly pidMax: number;
  readonly bits: Int32Array;
  /** The record of each number, 0 for none. */
  readonly records: Int32Array;
  last = 0;

  constructor(parent: Space | undefined, pidMax: number) {
    this.level = parent ? parent.level + 1 : 0;
    this.parent = parent;
    this.pidMax = pidMax;
    this.bits = new Int32Array((pidMax + 31) >>> 5);
    this.records = new Int32Array(pidMax);
  }
}

/**
 * Not an allocator that anybody could use: no checks, no references, no errors, and a table as large as the range of
 * numbers. What is left is what every design has to do to memory, so no design can be much faster than this.
 */
class Floor implements Workload {
  readonly initPidNs: Space;
  readonly words: Int32Array;
  readonly #free: Int32Array;
  #freeCount: number;
  readonly #taskWords: Int32Array;
  readonly #freeTasks: Int32Array;
  #freeTaskCount: number;

  constructor({ capacity = 0, pidMax = PID_MAX_LIMIT }: PidAllocatorOptions) {
    const count = capacity + 64;
    this.initPidNs = new Space(undefined, pidMax);
    this.words = new Int32Array((count + 1) * RECORD_WORDS);
    this.#free = counting(count + 1)
      .subarray(1)
      .reverse();
    this.#freeCount = count;
    this.#taskWords = new Int32Array((count + 1) * RECORD_WORDS);
    this.#freeTasks = counting(count + 1)
      .subarray(1)
      .reverse();
    this.#freeTaskCount = count;
  }

  allocPid(ns: Space): number {
    const record = this.#free[--this.#freeCount];
    for (let at: Space | undefined = ns; at; at = at.parent) {
      const bits = at.bits;
      let nr = at.last;
      do {
        if (++nr >= at.pidMax) nr = RESERVED_PIDS;
      } while ((bits[nr >>> 5] & (1 << (nr & 31))) !== 0);
      at.last = nr;
      bits[nr >>> 5] |= 1 << (nr & 31);
      at.records[nr] = record;
      this.words[record * RECORD_WORDS + at.level] = nr;
    }
    // The level goes into the last word, so that freePid knows where to begin.
    this.words[record * RECORD_WORDS + 15] = ns.level;
    this.#spaces[ns.level] = ns;
    return record;
  }

  /** The last space used at each level; the floor is asked for one chain of them only. */
  readonly #spaces: Space[] = [];

  freePid(record: number): void {
    const base = record * RECORD_WORDS;
    for (let at: Space | undefined = this.#spaces[this.words[base + 15]]; at; at = at.parent) {
      const nr = this.words[base + at.level];
      at.bits[nr >>> 5] &= ~(1 << (nr & 31));
      at.records[nr] = 0;
    }
    this.#free[this.#freeCount++] = record;
  }

  /** Two dependent reads: the table, then the record that it names. */
  findPidNs(nr: number, ns: Space): number | undefined {
    const record = ns.records[nr];
    return this.words[record * RECORD_WORDS + ns.level] === nr ? record : undefined;
  }

  pidNrNs(record: number, ns: Space): number {
    return this.words[record * RECORD_WORDS + ns.level];
  }

  copyPidNs(_flags: number, old: Space): Space {
    return new Space(old, PID_MAX_LIMIT);
  }

  putPidNs(): void {}

  allocTask(): number {
    return this.#freeTasks[--this.#freeTaskCount];
  }

  freeTask(task: number): void {
    this.#freeTasks[this.#freeTaskCount++] = task;
  }

  attachPid(task: number, type: number, record: number): void {
    const tasks = this.#taskWords;
    const head = record * RECORD_WORDS + FIRST_TASK + type;
    const first = this.words[head];
    const base = task * RECORD_WORDS + type;
    tasks[base] = record;
    tasks[base + NEXT] = first;
    tasks[base + PREVIOUS] = 0;
    if (first !== 0) tasks[first * RECORD_WORDS + type + PREVIOUS] = task;
    this.words[head] = task;
  }

  detachPid(task: number, type: number): void {
    const tasks = this.#taskWords;
    const base = task * RECORD_WORDS + type;
    const record = tasks[base];
    const next = tasks[base + NEXT];
    const previous = tasks[base + PREVIOUS];
    const head = record * RECORD_WORDS + FIRST_TASK;
    if (next !== 0) tasks[next * RECORD_WORDS + type + PREVIOUS] = previous;
    if (previous !== 0) tasks[previous * RECORD_WORDS + type + NEXT] = next;
    else this.words[head + type] = next;
    tasks[base] = 0;
    const w = this.words;
    if ((w[head] | w[head + 1] | w[head + 2] | w[head + 3]) === 0) this.freePid(record);
  }

  /** Reads the bitmap in order, and the record of each number that is taken. */
  list(ns: Space): number {
    let found = 0;
    for (let word = 0; word < ns.bits.length; word++)
      for (let bits = ns.bits[word]; bits !== 0; bits &= bits - 1) {
        const nr = (word << 5) + 31 - Math.clz32(bits & -bits);
        if (this.findPidNs(nr, ns) !== undefined) found++;
      }
    return found;
  }
}

/** The bare memory operations: the limit of the machine, not something to choose. */
export const floor: Baseline = {
  id: 'floor',
  kind: 'floor',
  title: 'the bare memory operations that any design must do',
  lacks: { '*': 'no checks, no references, no errors; a table as large as the range of numbers' },
  leavesOut: {
    namespace: 'what a namespace must cost at least is a matter of design',
    memory: 'its table is as large as the range of numbers, which no design needs',
    'create-time': 'it makes what no design needs',
    'create-memory': 'it makes what no design needs',
  },
  create: (options) => new Floor(options),
  handles: (count) => new Int32Array(count),
  list: (workload, ns) => (workload as Floor).list(ns as Space),
};
