/**
 * What the threads of a stress run share beside the allocator: who owns which pid and which namespace, what each thread is
 * in the middle of, and who has which number. Nothing that matters is kept anywhere else, so that whoever looks after a
 * thread was terminated finds all that it owned.
 *
 * A pid or a namespace is owned by one thread at a time, which takes it with an exchange and puts it back. What a thread is
 * about to do is noted before, and what came of it after.
 */

/** Pids that are kept at once, and namespaces, the root included. */
export const PIDS = 384;
export const SPACES = 16;
/** No namespace gives out this number or a larger one. */
export const NR_END = 1024;
/** Namespaces are nested this deep, where the design can. */
export const DEPTH = 3;

/** What is in a place. From BUSY on: the thread that owns it, added. */
export const EMPTY = 0;
export const THERE = 1;
/** A namespace that was put, and lives as long as pids do. */
export const ENDED = 2;
export const BUSY = 3;

/** The words of a thread. */
export const THREAD = {
  /** Its slot in the allocator + 1, as soon as it has attached. */
  slot: 0,
  operations: 1,
  duplicates: 2,
  lost: 3,
  isResting: 4,
  words: 16,
} as const;

/** The words of a pid's place. */
export const PID = { state: 0, space: 1, references: 2, levels: 3, nrs: 4, words: 16 } as const;
/** The words of a namespace's place. */
export const SPACE = { state: 0, parent: 1, level: 2, words: 4 } as const;

/** The handles of a pid's place, of a namespace's, and of what a thread is visiting. */
const PID_HANDLES = { pid: 0, leader: 1, member: 2, next: 3, count: 4 } as const;
const VISIT_HANDLES = { pid: 0, task: 1, count: 2 } as const;

const CLOCK = 0;
const REST = 1;
const STOP = 2;
const HEAD = 16;

/** The books over a buffer that all threads have. */
export class Books {
  readonly #words: Int32Array;
  readonly #handles: BigInt64Array;
  readonly #pids: number;
  readonly #spaces: number;
  readonly #claims: number;

  constructor(buffer: SharedArrayBuffer, threads: number) {
    this.#pids = HEAD + threads * THREAD.words;
    this.#spaces = this.#pids + PIDS * PID.words;
    this.#claims = this.#spaces + SPACES * SPACE.words;
    const words = this.#claims + SPACES * NR_END;
    this.#words = new Int32Array(buffer, 0, words);
    this.#handles = new BigInt64Array(buffer, words * 4);
  }

  /** Bytes that the books of so many threads take. */
  static bytes(threads: number): number {
    const words = HEAD + threads * THREAD.words + PIDS * PID.words + SPACES * SPACE.words + SPACES * NR_END;
    return words * 4 + 8 * (PIDS * PID_HANDLES.count + SPACES + threads * VISIT_HANDLES.count);
  }

  // ── threads ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A word of a thread. */
  thread(thread: number, word: number): number {
    return Atomics.load(this.#words, HEAD + thread * THREAD.words + word);
  }

  setThread(thread: number, word: number, value: number): void {
    Atomics.store(this.#words, HEAD + thread * THREAD.words + word, value);
  }

  count(thread: number, word: number): void {
    Atomics.add(this.#words, HEAD + thread * THREAD.words + word, 1);
  }

  /** Asks all threads to rest between two operations, or to go on. */
  askToRest(rest: boolean): void {
    Atomics.store(this.#words, REST, rest ? 1 : 0);
    Atomics.notify(this.#words, REST);
  }

  /** Rests as long as it was asked to. */
  restIfAsked(thread: number): void {
    while (Atomics.load(this.#words, REST) === 1) {
      this.setThread(thread, THREAD.isResting, 1);
      Atomics.wait(this.#words, REST, 1);
    }
    this.setThread(thread, THREAD.isResting, 0);
  }

  /** Asks all threads to end. */
  askToStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  isStopping(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  // ── places ────────────────────────────────────────────────────────────────────────────────────────────────────────

  pid(place: number, word: number): number {
    return Atomics.load(this.#words, this.#pids + place * PID.words + word);
  }

  setPid(place: number, word: number, value: number): void {
    Atomics.store(this.#words, this.#pids + place * PID.words + word, value);
  }

  space(place: number, word: number): number {
    return Atomics.load(this.#words, this.#spaces + place * SPACE.words + word);
  }

  setSpace(place: number, word: number, value: number): void {
    Atomics.store(this.#words, this.#spaces + place * SPACE.words + word, value);
  }

  /** Takes a pid's place in that state, and says whether it had it. */
  takePid(place: number, state: number, thread: number): boolean {
    const at = this.#pids + place * PID.words + PID.state;
    return Atomics.compareExchange(this.#words, at, state, BUSY + thread) === state;
  }

  takeSpace(place: number, state: number, thread: number): boolean {
    const at = this.#spaces + place * SPACE.words + SPACE.state;
    return Atomics.compareExchange(this.#words, at, state, BUSY + thread) === state;
  }

  /** The handles of a pid's place: 0 where there is none. */
  handle(place: number, which: 'pid' | 'leader' | 'member' | 'next'): number {
    return Number(Atomics.load(this.#handles, place * PID_HANDLES.count + PID_HANDLES[which]));
  }

  setHandle(place: number, which: 'pid' | 'leader' | 'member' | 'next', handle: number): void {
    Atomics.store(this.#handles, place * PID_HANDLES.count + PID_HANDLES[which], BigInt(handle));
  }

  spaceHandle(place: number): number {
    return Number(Atomics.load(this.#handles, PIDS * PID_HANDLES.count + place));
  }

  setSpaceHandle(place: number, handle: number): void {
    Atomics.store(this.#handles, PIDS * PID_HANDLES.count + place, BigInt(handle));
  }

  /** What a thread visits: a pid on which it has a reference, and a task of its own that hangs there. */
  visit(thread: number, which: 'pid' | 'task'): number {
    return Number(Atomics.load(this.#handles, visitAt(thread) + VISIT_HANDLES[which]));
  }

  setVisit(thread: number, which: 'pid' | 'task', handle: number): void {
    Atomics.store(this.#handles, visitAt(thread) + VISIT_HANDLES[which], BigInt(handle));
  }

  // ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────
  //
  // A number has in it the place of the pid that has it (+ 1), or the complement of the moment when its last owner began
  // to free it. A pid is claimed after `allocPid` has returned, and let go of before `freePid` is called, so a number that
  // somebody else has then, or that somebody else began to free only after this `allocPid` had returned, was given twice.
  // And the other way round: two pids that have it at once, each from its return to its free, are always noticed.

  /** The moment. */
  now(): number {
    return Atomics.add(this.#words, CLOCK, 1) + 1;
  }

  /** Who has the number: the place of a pid, or -1. */
  holder(space: number, nr: number): number {
    return Math.max(Atomics.load(this.#words, this.#claims + space * NR_END + nr), 0) - 1;
  }

  /** Claims a number that was given by the moment `since`, and says whether nobody else has it or had it since then. */
  claim(space: number, nr: number, place: number, since: number): boolean {
    const at = this.#claims + space * NR_END + nr;
    for (let seen = Atomics.load(this.#words, at); ; ) {
      if (seen > 0 || -seen > since) return false;
      const found = Atomics.compareExchange(this.#words, at, seen, place + 1);
      if (found === seen) return true;
      seen = found;
    }
  }

  /** Lets go of a number, if that pid has claimed it. */
  unclaim(space: number, nr: number, place: number): void {
    const at = this.#claims + space * NR_END + nr;
    if (Atomics.load(this.#words, at) === place + 1) Atomics.store(this.#words, at, -this.now());
  }
}

function visitAt(thread: number): number {
  return PIDS * PID_HANDLES.count + SPACES + thread * VISIT_HANDLES.count;
}
