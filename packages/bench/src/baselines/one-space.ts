import { PID_MAX_LIMIT, PIDTYPE_MAX, type PidAllocatorOptions, RESERVED_PIDS } from '@pidlab/contract';
import type { Baseline, Workload } from '../workload.ts';

/*
 * The structure of the designs with a bitmap, without what namespaces added to it: one block of words, records of one
 * cache line, handles with a generation, a bitmap in pages with their counts, a hash by the number alone, task links.
 * What a namespace costs is what these calls cost less (claim E9).
 *
 *   caches │ pages of the bitmap: bits │ taken │ hash slots │ records: pids and tasks
 */
const LINE_WORDS = 16;
const LINE_SHIFT = 4;
const LINES_LIMIT = 0x100_0000;
const LINE_MASK: number = LINES_LIMIT - 1;
const KIND_SHIFT = 29;
const KIND_PID = 1;
const KIND_TASK = 2;
const GENERATION_MASK = 0x1fff_ffff;

// A cache: the first free record, the next that was never used, records in use.
const FREE = 0;
const BUMP = 1;
const ACTIVE = 2;
const CACHE_WORDS = 3;
const LAST_PID: number = 2 * CACHE_WORDS;
const PID_MAX: number = LAST_PID + 1;

// A pid: its first word, references, whether it is dead, first task of each type, its number, the next of its chain.
const COUNT = 1;
const HOME = 2;
const TASKS = 3;
const NR: number = TASKS + PIDTYPE_MAX;
const NEXT: number = NR + 1;
const DEAD = 1;
const NEXT_FREE = 1;

// A task: its first word, the next free one, and for each type its pid, the next task and the one before.
const LINKS = 2;
const LINK_WORDS = 3;
const LINK_NEXT = 1;
const LINK_PREV = 2;

const PAGE_BITS_SHIFT = 15;
const GOLDEN_RATIO_32 = 0x61c8_8647;

class OneSpace implements Workload {
  readonly initPidNs = 0;
  readonly #words: Int32Array;
  /** Word offsets of the parts of the block. */
  readonly #bits: number;
  readonly #used: number;
  readonly #slots: number;
  readonly #shift: number;
  readonly #records: number;

  constructor({ capacity = 0, pidMax = PID_MAX_LIMIT }: PidAllocatorOptions) {
    const count = capacity + 64;
    this.#shift = Math.clz32(2 * count - 1);
    this.#bits = 64;
    this.#used = this.#bits + (PID_MAX_LIMIT >>> 5);
    this.#slots = this.#used + (PID_MAX_LIMIT >>> PAGE_BITS_SHIFT);
    this.#records = (this.#slots + 2 ** (32 - this.#shift) + LINE_WORDS) & -LINE_WORDS;
    const w = new Int32Array(this.#records + 2 * count * LINE_WORDS);
    w[BUMP] = this.#records;
    w[CACHE_WORDS + BUMP] = this.#records + count * LINE_WORDS;
    w[PID_MAX] = pidMax;
    w[this.#bits] = 1;
    this.#words = w;
  }

  allocPid(): number {
    const w = this.#words;
    const pidAt = this.#take(0);
    w[pidAt + COUNT] = 1;
    w[pidAt + HOME] = 0;
    const nr = this.#takeNumber();
    w[pidAt + NR] = nr;
    const slot = this.#slotOf(nr);
    w[pidAt + NEXT] = w[slot] === 0 ? ~slot : w[slot];
    w[slot] = pidAt + NEXT;
    w[pidAt] |= KIND_PID << KIND_SHIFT;
    return (w[pidAt] & GENERATION_MASK) * LINES_LIMIT + (pidAt >>> LINE_SHIFT);
  }

  freePid(pid: number): void {
    const w = this.#words;
    const pidAt = this.#recordOf(pid, KIND_PID);
    const isBusy = (w[pidAt + TASKS] | w[pidAt + TASKS + 1] | w[pidAt + TASKS + 2] | w[pidAt + TASKS + 3]) !== 0;
    if ((w[pidAt + HOME] & DEAD) !== 0 || isBusy) throw new Error('the pid is dead, or a task hangs on it');
    this.#end(pidAt);
  }

  #end(pidAt: number): void {
    const w = this.#words;
    w[pidAt + HOME] |= DEAD;
    const nr = w[pidAt + NR];
    const link = pidAt + NEXT;
    let at = this.#slotOf(nr);
    while (w[at] !== link) at = w[at];
    w[at] = w[link];
    w[this.#bits + (nr >>> 5)] &= ~(1 << nr);
    w[this.#used + (nr >>> PAGE_BITS_SHIFT)]--;
    if (--w[pidAt + COUNT] === 0) this.#giveBack(0, pidAt);
  }

  findPidNs(nr: number): number | undefined {
    const w = this.#words;
    for (let link = w[this.#slotOf(nr)]; link > 0; link = w[link]) {
      const pidAt = link - NEXT;
      if (w[pidAt + NR] === nr) return (w[pidAt] & GENERATION_MASK) * LINES_LIMIT + (pidAt >>> LINE_SHIFT);
    }
    return undefined;
  }

  pidNrNs(pid: number): number {
    return this.#words[this.#recordOf(pid, KIND_PID) + NR];
  }

  copyPidNs(): never {
    throw new Error('there are no namespaces');
  }

  putPidNs(): void {}

  allocTask(): number {
    const w = this.#words;
    const taskAt = this.#take(CACHE_WORDS);
    w[taskAt + NEXT_FREE] = 0;
    w[taskAt] |= KIND_TASK << KIND_SHIFT;
    return (w[taskAt] & GENERATION_MASK) * LINES_LIMIT + (taskAt >>> LINE_SHIFT);
  }

  freeTask(task: number): void {
    const w = this.#words;
    const taskAt = this.#recordOf(task, KIND_TASK);
    for (let type = 0; type < PIDTYPE_MAX; type++)
      if (w[taskAt + LINKS + type * LINK_WORDS] !== 0) throw new Error('the task still has a pid');
    w[taskAt] &= GENERATION_MASK;
    this.#giveBack(CACHE_WORDS, taskAt);
  }

  attachPid(task: number, type: number, pid: number): void {
    const w = this.#words;
    const taskAt = this.#recordOf(task, KIND_TASK);
    const pidAt = this.#recordOf(pid, KIND_PID);
    const link = taskAt + LINKS + type * LINK_WORDS;
    if ((w[pidAt + HOME] & DEAD) !== 0 || w[link] !== 0)
      throw new Error('the pid is dead, or the task has one already');
    w[link] = pidAt;
    const first = w[pidAt + TASKS + type];
    w[link + LINK_NEXT] = first;
    w[link + LINK_PREV] = 0;
    if (first !== 0) w[first + LINKS + type * LINK_WORDS + LINK_PREV] = taskAt;
    w[pidAt + TASKS + type] = taskAt;
  }

  detachPid(task: number, type: number): void {
    const w = this.#words;
    const taskAt = this.#recordOf(task, KIND_TASK);
    const link = taskAt + LINKS + type * LINK_WORDS;
    const pidAt = w[link];
    if (pidAt === 0) throw new Error('the task has no pid of that type');
    const next = w[link + LINK_NEXT];
    const prev = w[link + LINK_PREV];
    if (prev === 0) w[pidAt + TASKS + type] = next;
    else w[prev + LINKS + type * LINK_WORDS + LINK_NEXT] = next;
    if (next !== 0) w[next + LINKS + type * LINK_WORDS + LINK_PREV] = prev;
    w[link + LINK_NEXT] = 0;
    w[link + LINK_PREV] = 0;
    w[link] = 0;
    if ((w[pidAt + TASKS] | w[pidAt + TASKS + 1] | w[pidAt + TASKS + 2] | w[pidAt + TASKS + 3]) === 0) this.#end(pidAt);
  }

  /** Every pid in ascending number, as `findGePid` walks. */
  list(): number {
    const w = this.#words;
    let found = 0;
    for (let word = 0; word < w[PID_MAX] >>> 5; word++)
      for (let bits = w[this.#bits + word]; bits !== 0; bits &= bits - 1)
        if (this.findPidNs((word << 5) + 31 - Math.clz32(bits & -bits)) !== undefined) found++;
    return found;
  }

  #takeNumber(): number {
    const w = this.#words;
    const pidMax = w[PID_MAX];
    let nr = w[LAST_PID] + 1;
    if (nr >= pidMax) nr = RESERVED_PIDS;
    if ((w[this.#bits + (nr >>> 5)] & (1 << nr)) !== 0) nr = this.#nextFree(nr, pidMax);
    w[this.#bits + (nr >>> 5)] |= 1 << nr;
    w[this.#used + (nr >>> PAGE_BITS_SHIFT)]++;
    w[LAST_PID] = nr;
    return nr;
  }

  /** The first free number from `from` on, then from the floor on; full pages are stepped over by their counts. */
  #nextFree(from: number, pidMax: number): number {
    const found = this.#freeIn(from, pidMax) ?? this.#freeIn(RESERVED_PIDS, from);
    if (found === undefined) throw new Error('every number is taken');
    return found;
  }

  #freeIn(from: number, to: number): number | undefined {
    const w = this.#words;
    for (let nr = from; nr < to; ) {
      const end = Math.min(to, ((nr >>> PAGE_BITS_SHIFT) + 1) << PAGE_BITS_SHIFT);
      if (w[this.#used + (nr >>> PAGE_BITS_SHIFT)] < 1 << PAGE_BITS_SHIFT) {
        let word = nr >>> 5;
        let free = ~w[this.#bits + word] & (-1 << (nr & 31));
        while (free === 0 && ++word << 5 < end) free = ~w[this.#bits + word];
        const found = (word << 5) + 31 - Math.clz32(free & -free);
        if (free !== 0 && found < end) return found;
      }
      nr = end;
    }
    return undefined;
  }

  #slotOf(nr: number): number {
    return this.#slots + ((Math.imul(nr >>> LINE_SHIFT, GOLDEN_RATIO_32) >>> this.#shift) ^ (nr & (LINE_WORDS - 1)));
  }

  #take(cache: number): number {
    const w = this.#words;
    const at = w[cache + FREE];
    w[cache + ACTIVE]++;
    if (at !== 0) {
      w[cache + FREE] = w[at + NEXT_FREE];
      return at;
    }
    const cut = w[cache + BUMP];
    w[cache + BUMP] = cut + LINE_WORDS;
    w[cut] = 1;
    return cut;
  }

  #giveBack(cache: number, at: number): void {
    const w = this.#words;
    w[at] = ((w[at] & GENERATION_MASK) + 1) & GENERATION_MASK;
    w[cache + ACTIVE]--;
    w[at + NEXT_FREE] = w[cache + FREE];
    w[cache + FREE] = at;
  }

  /** Where the record of a handle is. */
  #recordOf(handle: unknown, kind: number): number {
    if (typeof handle === 'number') {
      const line = handle & LINE_MASK;
      const at = line << LINE_SHIFT;
      const id = at >= this.#records ? this.#words[at] : 0;
      if (id >>> KIND_SHIFT === kind && (id & GENERATION_MASK) * LINES_LIMIT + line === handle) return at;
    }
    throw new Error('the handle is stale, or of something else');
  }
}

/** The same structure without namespaces: Linux before 2.6.24, as far as its pids go. */
export const oneSpace: Baseline = {
  id: 'one-space',
  kind: 'baseline',
  title: 'bitmap, hash, records and checked handles as in the designs, without namespaces',
  lacks: { '*': 'knows no namespaces: what it costs to have some is what it costs less' },
  leavesOut: {
    namespace: 'it has no namespaces',
    memory: 'it is made for its times; its block is not laid out page by page',
    'create-time': 'it is made for its times',
    'create-memory': 'it is made for its times',
  },
  maxLevel: 0,
  create: (options) => new OneSpace(options),
  handles: (count) => new Float64Array(count),
  list: (workload) => (workload as OneSpace).list(),
};
