/**
 * What a processor may do with plain accesses, one at a time.
 *
 * Each plain store goes to memory at once, but for those that are chosen to be late: they wait in a buffer of their thread,
 * which alone sees them, until its next atomic write, until the end of the call, or until the schedule lets them go. Each plain
 * load reads what is there, but for those that are chosen to be early: they read what the word had at an earlier moment.
 *
 * | memory | what is late | what is early |
 * | --- | --- | --- |
 * | `tso` | a store, and with it those behind it (x86) | |
 * | `pso` | a store, which others to other words pass | |
 * | `arm` | the same, and an atomic store is passed by plain loads and stores behind it; one that comes after a late store waits for it | a load: not before the thread's last atomic read, not before a load that its address depends on, and never older than what the thread has seen of that word |
 *
 * Atomic operations are those of JavaScript: sequentially consistent among themselves.
 */
import { type Kind, type Machine, type Memory, mixed } from './machine.ts';

/** How memory behaves: `sc` is one access after the other. */
export type MemoryName = 'sc' | 'tso' | 'pso' | 'arm';
export const MEMORIES: readonly MemoryName[] = ['sc', 'tso', 'pso', 'arm'];

/** Which of a thread's stores is late, or which of its loads early; counted from 1. */
export interface Whim {
  readonly thread: number;
  readonly late?: number;
  readonly early?: number;
}

/** A whim that was not had: after which access that counts, and in which stretch of its thread. */
export interface Chance {
  readonly whim: Whim;
  readonly step: number;
  readonly segment: number;
}

interface Entry {
  readonly at: number;
  readonly value: number;
  readonly isAtomic: boolean;
}

interface View {
  buffer: Entry[];
  /** The moment of the last atomic read: no load is earlier. */
  acquired: number;
  /** The latest moment of each word that the thread has seen or written. */
  readonly seen: Map<number, number>;
  readonly loads: { readonly value: number; readonly time: number }[];
  /** Of what others have written since that moment, and what this thread has read and written in between; 0 for nothing. */
  since: number;
  stores: number;
  reads: number;
}

/** Loads that are looked back at for what an address may come from. */
const LOOK_BACK = 60;

export class WeakMemory implements Memory {
  readonly #machine: Machine;
  readonly #name: MemoryName;
  #views: View[] = [];
  #time = 0;
  /** For each word when it was written, and what it had before. */
  #history = new Map<number, { readonly time: number; readonly before: number }[]>();
  #chances: Chance[] = [];
  #isAwaited = false;
  #whim: Whim | undefined;
  #mayHaveOne = false;
  /** Whether a load of the next execution can be early: only then somebody asks what words had before. */
  #looksBack = false;

  constructor(machine: Machine, name: MemoryName) {
    this.#machine = machine;
    this.#name = name;
  }

  begin(threads: number): void {
    this.#time = 0;
    this.#history = new Map();
    this.#views = Array.from({ length: threads }, () => {
      return { buffer: [], acquired: 0, seen: new Map(), loads: [], since: 0, stores: 0, reads: 0 };
    });
    this.#chances = [];
    this.#isAwaited = this.#whim !== undefined;
  }

  /** The next execution has this whim; without one, whether it takes note of those that it could have had. */
  next(whim: Whim | undefined, mayHaveOne: boolean): void {
    this.#whim = whim;
    this.#mayHaveOne = mayHaveOne && whim === undefined;
    this.#looksBack = this.#name === 'arm' && (this.#mayHaveOne || whim?.early !== undefined);
  }

  isAwaited(): boolean {
    return this.#isAwaited;
  }

  /** Those that the last execution could have had: of accesses to words that count. */
  chances(): readonly Chance[] {
    return this.#chances;
  }

  #couldHave(whim: Whim): void {
    this.#chances.push({ whim, step: this.#machine.steps(), segment: this.#machine.segment() });
  }

  state(): number {
    let hash = this.#mayHaveOne ? 1 : 0;
    for (const [thread, { buffer, since }] of this.#views.entries()) {
      for (const { at, value, isAtomic } of buffer)
        hash = mixed(mixed(hash, at), mixed(value, 2 * thread + (isAtomic ? 1 : 0)));
      if (this.#mayHaveOne && this.#name === 'arm') hash = mixed(hash, since);
    }
    return hash;
  }

  read(thread: number, at: number, dependency: number, isHot: boolean): number {
    const view = this.#views[thread]!;
    for (let i = view.buffer.length - 1; i >= 0; i--) if (view.buffer[i]!.at === at) return view.buffer[i]!.value;
    const number = ++view.reads;
    let value = this.#machine.words()[at]!;
    if (!this.#looksBack) return value;
    let time = this.#time;
    const isChosen = this.#whim?.thread === thread && this.#whim.early === number;
    const isChance = this.#mayHaveOne && isHot && view.since !== 0;
    if (isChosen || isChance) {
      const from = Math.max(view.acquired, view.seen.get(at) ?? 0, dependency - 1, this.#addressTime(view, at));
      const early = this.#valueAt(at, from);
      if (isChosen) {
        this.#isAwaited = false;
        value = early;
        time = from;
      } else if (early !== value) this.#couldHave({ thread, early: number });
    }
    if (view.since !== 0) view.since = mixed(view.since, mixed(at, value)) | 1;
    view.seen.set(at, Math.max(view.seen.get(at) ?? 0, time));
    view.loads.push({ value, time });
    return value;
  }

  /** Addresses come out of loads: of offsets, of lines, and of pages. A load whose address does cannot be before that one. */
  #addressTime(view: View, at: number): number {
    let latest = 0;
    for (const { value, time } of view.loads.slice(-LOOK_BACK)) {
      if (time <= latest || value < 64) continue;
      const line = (value & 0xff_ffff) << 4;
      const page = value << 10;
      const isOffset = at >= value - 40 && at < value + 64;
      if (isOffset || (at >= line && at < line + 300) || (page > 0 && at >= page && at < page + 1024)) latest = time;
    }
    return latest;
  }

  #valueAt(at: number, time: number): number {
    const later = this.#history.get(at)?.find((change) => change.time > time);
    return later === undefined ? this.#machine.words()[at]! : later.before;
  }

  write(thread: number, at: number, value: number, isHot: boolean): void {
    const { buffer } = this.#views[thread]!;
    const isBehind = this.#name === 'tso' ? buffer.length > 0 : buffer.some((entry) => entry.at === at);
    if (this.#isLate(thread, isHot) || isBehind) buffer.push({ at, value, isAtomic: false });
    else this.#commit(thread, at, value);
  }

  #isLate(thread: number, isHot: boolean): boolean {
    const number = ++this.#views[thread]!.stores;
    if (isHot && this.#mayHaveOne) this.#couldHave({ thread, late: number });
    if (this.#whim?.thread !== thread || this.#whim.late !== number) return false;
    this.#isAwaited = false;
    return true;
  }

  fence(thread: number, kind: Kind, at: number): void {
    const { buffer } = this.#views[thread]!;
    if (kind !== 'load') {
      if (kind !== 'store' || this.#name !== 'arm') this.flush(thread);
      // The last value of a word is one for all atomic operations.
      for (let other = 0; other < this.#views.length; other++) {
        const { buffer: others } = this.#views[other]!;
        if (others.length === 0) continue;
        const last = others.map((entry) => entry.isAtomic && entry.at === at).lastIndexOf(true);
        // What was before it in the buffer goes with it.
        const gone = new Set(others.slice(0, last + 1));
        this.#flushSome(other, (entry) => gone.has(entry));
      }
      return;
    }
    if (buffer.length === 0) return;
    // What was before an atomic store goes with it.
    if (buffer.some((entry) => entry.isAtomic)) this.flush(thread);
    if (!buffer.some((entry) => entry.at === at)) return;
    if (this.#name === 'tso') this.flush(thread);
    else this.#flushSome(thread, (entry) => entry.at === at);
  }

  put(thread: number, at: number, value: number, isHot: boolean): void {
    const isLate = this.#name === 'arm' && this.#isLate(thread, isHot);
    const { buffer } = this.#views[thread]!;
    // An atomic store passes nothing: it is late with what was late before it.
    if (isLate || buffer.length > 0) buffer.push({ at, value, isAtomic: true });
    else this.#commit(thread, at, value);
  }

  acquire(thread: number, kind: Kind): void {
    if (kind !== 'store') this.#acquire(this.#views[thread]!);
  }

  #acquire(view: View): void {
    view.acquired = this.#time;
    view.since = 0;
  }

  /** One more than the moment at which the thread last read that value; 0 where nobody asks. */
  dependency(thread: number, value: number): number {
    if (!this.#looksBack) return 0;
    const { loads } = this.#views[thread]!;
    for (let i = loads.length - 1; i >= 0; i--) if (loads[i]!.value === value) return loads[i]!.time + 1;
    return 1;
  }

  isPending(thread: number): boolean {
    return this.#views[thread]!.buffer.length > 0;
  }

  flush(thread: number): void {
    this.#flushSome(thread, () => true);
  }

  #flushSome(thread: number, which: (entry: Entry) => boolean): void {
    const view = this.#views[thread]!;
    if (view.buffer.length === 0) return;
    const now = view.buffer.filter(which);
    if (now.length === 0) return;
    view.buffer = view.buffer.filter((entry) => !which(entry));
    for (const { at, value } of now) this.#commit(thread, at, value);
  }

  #commit(thread: number, at: number, value: number): void {
    if (this.#looksBack) this.#remember(thread, at, this.#machine.words()[at]!);
    this.#machine.commit(thread, at, value);
  }

  /** A word that had `before` is about to be written. */
  #remember(thread: number, at: number, before: number): void {
    this.#time++;
    const changes = this.#history.get(at) ?? [];
    this.#history.set(at, changes);
    changes.push({ time: this.#time, before });
    const change = mixed(at, before);
    for (let other = 0; other < this.#views.length; other++) {
      const view = this.#views[other]!;
      if (other !== thread || view.since !== 0) view.since = mixed(view.since, change) | 1;
    }
    this.#views[thread]!.seen.set(at, this.#time);
  }

  /** Whoever tells another thread of what a call returned does so through memory, in order. */
  edge(thread: number): void {
    this.flush(thread);
    this.#acquire(this.#views[thread]!);
  }

  overlaid<T>(thread: number, look: () => T): T {
    const words = this.#machine.words();
    const olds = this.#views[thread]!.buffer.map(({ at, value }) => {
      const old = words[at]!;
      words[at] = value;
      return { at, old };
    });
    try {
      return look();
    } finally {
      for (const { at, old } of olds.reverse()) words[at] = old;
    }
  }
}
