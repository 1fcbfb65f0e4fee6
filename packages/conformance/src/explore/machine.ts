/**
 * Runs several threads of a transformed strategy in one, in the order that a list of decisions says.
 *
 * A thread is a list of calls. It is stopped before an access by throwing; what it had read in the call so far is in its log.
 * When it goes on, the call is run once more from its beginning: up to the access each read returns what the log says and no
 * write is made, and from there on it is live. So the strategy's functions stay plain functions, which engines compile well,
 * and what they keep in variables needs no care. A call has some hundred accesses: running half of it twice costs less than a
 * generator in each function.
 *
 * ```
 *   thread 0   alloc ── 17 accesses ──┤ stop                            replays 17, goes on ── 80 ──► done
 *   thread 1                          └─► free ── 60 accesses ──► done ─┘
 * ```
 *
 * Everything that is written is noted with what was there, so afterwards the block is as it was before.
 */

/** Thrown through a call to stop its thread. */
class Stop extends Error {}
const STOP = new Stop('a thread of an exploration is stopped; let this pass');

/** Whether that was thrown to stop a thread: whoever catches it lets it pass. */
export function isStop(error: unknown): boolean {
  return error === STOP;
}

/** Why a thread stands still. */
const REASON = { running: 0, before: 1, waiting: 2, killed: 3, overrun: 4, known: 5 } as const;
type Reason = (typeof REASON)[keyof typeof REASON];

/** Which operation an access is, for those who look on. */
export type Kind = 'read' | 'write' | 'add' | 'or' | 'and' | 'cas' | 'load' | 'store';

/** Sees every access with its number: what was there, and what the call gave, as far as it gave something. */
export type Onlooker = (
  thread: number,
  access: number,
  kind: Kind,
  at: number,
  found: number,
  given?: number,
  second?: number,
) => void;

/** One thing that is decided: where a thread is preempted, who goes on where one cannot, or what memory does. */
export type Decision =
  /** Before that step: the n-th access to a word that counts, all threads' together. */
  | { readonly step: number; readonly to: number; readonly free: number; readonly segment: number }
  /** The same by the number of the access, whichever word it is to. */
  | { readonly access: number; readonly to: number }
  /** At the free choice of that number; `step` is where that was. */
  | { readonly choice: number; readonly to: number; readonly step: number; readonly segment: number };

/** As target of a decision: not another thread goes on, but what that thread has written and nobody has seen goes to memory. */
export const FLUSH = 100;

/** A place where somebody else could have gone on, before the stretch of that number. */
interface Choice {
  readonly choice: number;
  readonly step: number;
  readonly options: readonly number[];
  readonly segment: number;
}

/** Which thread ran from which step on, and who could have run instead: a bit each, and from bit 8 on whose stores wait. */
interface Segment {
  readonly thread: number;
  readonly from: number;
  readonly able: number;
}

/** How an execution went. */
export interface Execution {
  /** `KNOWN` when it was ended because it had come to a state from which all is known. */
  readonly verdict: '' | 'DEADLOCK' | 'LIVELOCK' | 'KNOWN';
  readonly steps: number;
  readonly accesses: number;
  readonly choices: readonly Choice[];
  readonly segments: readonly Segment[];
  /** The decisions that were taken, by the numbers of accesses: what a schedule is printed as. */
  readonly taken: readonly string[];
  /** Decisions whose place never came. */
  readonly unused: number;
  readonly killed: readonly boolean[];
}

/** What one execution is run with. */
export interface Run {
  readonly decisions: readonly Decision[];
  /** For each thread, before which of the stores that change something it is stopped for good; 0 for never. */
  readonly kill?: readonly number[];
  /** Threads that begin when one has been stopped for good. */
  readonly held?: readonly boolean[];
  readonly onlooker?: Onlooker | undefined;
  /**
   * Once all is decided: whether all that can follow from the state with this hash is known, before an access that counts. Then
   * the execution is over.
   */
  readonly isKnown?: ((a: number, b: number) => boolean) | undefined;
  /** What the calls so far have returned, and which were over when others began: a part of the state. */
  readonly past?: Hash;
}

/** Two hashes of 32 bits that are kept together. */
export interface Hash {
  a: number;
  b: number;
}

/** The calls of a thread: runs the one of that number and takes note of how it went; false when there is none. */
export interface Body {
  readonly calls: number;
  /** Runs a call. What it throws but a stop is its own affair. */
  run(call: number): void;
  begun(call: number): void;
  ended(call: number): void;
}

/** What weak memory does instead of reading and writing at once: weak.ts. */
export interface Memory {
  begin(threads: number): void;
  read(thread: number, at: number, dependency: number, isHot: boolean): number;
  write(thread: number, at: number, value: number, isHot: boolean): void;
  /** Before an atomic access … */
  fence(thread: number, kind: Kind, at: number): void;
  /** … what it writes … */
  put(thread: number, at: number, value: number, isHot: boolean): void;
  /** … and after it. */
  acquire(thread: number, kind: Kind): void;
  dependency(thread: number, value: number): number;
  isPending(thread: number): boolean;
  flush(thread: number): void;
  /** Between two calls. */
  edge(thread: number): void;
  /** A hash of what is not in memory yet, and of what can still be read of the past. */
  state(): number;
  /** Whether an access that was chosen to be late or early is still to come. */
  isAwaited(): boolean;
  /** Runs `look` with what that thread has written in memory. */
  overlaid<T>(thread: number, look: () => T): T;
}

interface Thread {
  readonly id: number;
  readonly body: Body;
  /** The call that it is in, and what it has read there. */
  call: number;
  hasBegun: boolean;
  log: Float64Array;
  logged: number;
  /** Of what it has read in the call so far. */
  hashA: number;
  hashB: number;
  stopped: Reason;
  /** Whether it has been past its stop, and only goes on. */
  pass: boolean;
  isDone: boolean;
  isBlocked: boolean;
  /** How often others had written when it last waited. */
  waitMark: number;
  own: number;
  stores: number;
  killAt: number;
  isKilled: boolean;
  isHeld: boolean;
}

/** Bits of `touched`, for each thread. */
const READ = 1;
const WRITE = 2;
const ALL = 0xff;
const WRITES = 0xaa;
/** A dependency rides on the offset that it goes into. */
const TAG = 0x400_0000;

/** The machine over one block. */
export interface Machine {
  /** What a transformed module calls. */
  readonly calls: Readonly<Record<string, unknown>>;
  /** Takes that block, of which nothing is known yet. */
  over(words: Int32Array): void;
  /** Runs the threads. What they have written stays until `undo`. */
  execute(bodies: readonly Body[], run: Run): Execution;
  /** What `look` reads while the threads stand still; nothing that it writes stays. */
  peek<T>(look: () => T): T;
  /** Sets the block back to what it was when so much had been written; to before the execution without a number. */
  undo(to?: number): void;
  /** A number for what the execution has changed: two that end with the same memory have the same. */
  fingerprint(): number;
  /** Makes words count that two threads touch and one of them writes, as far as that is known. How many are new. */
  heat(): number;
  /** Forgets who touches what: no word counts, or every one does. */
  cool(value?: 0 | 1): void;
  isHot(at: number): boolean;
  /** How many accesses to words that count there were, and which stretch of a thread this is. */
  steps(): number;
  segment(): number;
  /** How many words count. */
  hotWords(): number;
  words(): Int32Array;
  /** Accesses after which an execution counts as one that never ends. */
  setLimit(most: number): void;
  setMemory(model: Memory | undefined): void;
  /** Writes to memory what a thread had written before. */
  commit(thread: number, at: number, value: number): void;
}

export function createMachine(): Machine {
  let mem: Int32Array = new Int32Array(0);
  let length = -1;
  /** For each thread, in the bits of `touched`: whether a read of the word, or a write, is one before which it is stopped. */
  let hot: Uint8Array = new Uint8Array(0);
  let touched: Uint8Array = new Uint8Array(0);
  let fresh: number[] = [];
  let warm = 0;
  let memory: Memory | undefined;

  // The thread that runs, and where it is in its log.
  let isLive = false;
  let threads: Thread[] = [];
  let cur: Thread = undefined as unknown as Thread;
  let log: Float64Array = new Float64Array(0);
  let pos = 0;
  let replayed = 0;
  let isUnwinding = false;
  /** That the thread has read a word, in `touched`. */
  let readBit = 0;

  // The execution.
  let accesses = 0;
  let limit = 20_000;
  let steps = 0;
  let stopStep = 0;
  let stopAccess = 0;
  let writes = 0;
  let segments: Segment[] = [];
  let isKnown: Run['isKnown'];
  let isDecided = false;
  let isAlone = false;
  let past: Hash = { a: 0, b: 0 };
  let onlooker: Onlooker | undefined;
  let fields: [object: Record<string, unknown>, key: string, old: unknown][] = [];

  // What was written, and what was there.
  let undoAt: Int32Array = new Int32Array(1 << 12);
  let undoOld: Int32Array = new Int32Array(1 << 12);
  let undone = 0;
  // Of all words that were written, with what they have now and had before.
  let memA = 0;
  let memB = 0;

  /** The copy that was last taken of some words, for as long as nothing is written. */
  let copied: { readonly from: number; readonly to: number | undefined; readonly words: Int32Array } | undefined;

  // Accesses of those who look at the block while nobody runs.
  let idle = 0;

  // Offsets that a dependency rode on, in this execution.
  const ridden = new Set<number>();

  function over(words: Int32Array): void {
    mem = words;
    length = words.length;
    hot = new Uint8Array(length);
    warm = 0;
    touched = new Uint8Array(length);
    fresh = [];
    undone = 0;
    copied = undefined;
    memA = 0;
    memB = 0;
  }

  // ── accesses ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  function note(value: number): number {
    if (pos === log.length) cur.log = log = grown(log);
    log[pos++] = value;
    return value;
  }

  /** The same for what was read. */
  function noteRead(value: number): number {
    cur.hashA = mixed(cur.hashA, value);
    cur.hashB = mixed(value, cur.hashB);
    return note(value);
  }

  function stop(reason: Reason): never {
    cur.stopped = reason;
    cur.logged = pos;
    isUnwinding = true;
    throw STOP;
  }

  /** Whether the thread goes on, before an access. Being stopped for good before one that changes nothing is no other case than before the next. */
  function gate(at: number, isStore: boolean, mask: number): void {
    if (isUnwinding) throw STOP;
    if (cur.pass) {
      cur.pass = false;
      return;
    }
    if (++accesses > limit) stop(REASON.overrun);
    // No store stays in a buffer for ever.
    if (memory !== undefined && accesses === limit >> 1) for (const t of threads) memory.flush(t.id);
    if (isStore && ++cur.stores === cur.killAt) stop(REASON.killed);
    if (accesses === stopAccess) stop(REASON.before);
    if ((hot[at]! & (mask << (2 * cur.id))) !== 0) step();
  }

  function step(): void {
    if (++steps === stopStep) stop(REASON.before);
    if (isDecided && memory?.isAwaited() !== true && isKnownHere()) stop(REASON.known);
  }

  /** A state is the block, where each thread is in its call, by what it has read there, and what the calls so far came to. */
  function isKnownHere(): boolean {
    cur.logged = pos;
    let a = mixed(memA ^ past.a, cur.id);
    let b = mixed(cur.id, memB ^ past.b);
    if (memory !== undefined) {
      const more = memory.state();
      a = mixed(a, more);
      b = mixed(more, b);
    }
    for (const t of threads) {
      const place = placeOf(t);
      a = mixed(mixed(a, place), t.isDone ? 0 : t.hashA);
      b = mixed(t.isDone ? 0 : t.hashB, mixed(place, b));
    }
    return isKnown!(a, b);
  }

  function placeOf(t: Thread): number {
    if (t.isDone) return t.isKilled ? -2 : -1;
    const flags =
      (t.hasBegun ? 1 : 0) |
      (t.pass ? 2 : 0) |
      (t.isHeld ? 4 : 0) |
      (t.isBlocked ? 8 : 0) |
      (t.waitMark === writes - t.own ? 16 : 0);
    const left = t.killAt === 0 ? 0 : t.killAt - t.stores;
    return (((t.logged * 8 + t.call) * 32 + flags) ^ Math.imul(left, 0x2545_f491)) | 0;
  }

  /** What is in the thread's buffer goes to memory with the access: before that is a place to stop at, whichever word it is. */
  function gateBeforeFence(model: Memory, at: number, isStore: boolean, mask: number): void {
    const was = hot[at]!;
    if (model.isPending(cur.id)) hot[at] = ALL;
    try {
      gate(at, isStore, mask);
    } finally {
      hot[at] = was;
    }
  }

  function touch(at: number, mask: number): void {
    // While others are held, nobody comes in between.
    if (isAlone) return;
    const bits = mask << (2 * cur.id);
    const was = touched[at]!;
    if ((was & bits) === bits) return;
    touched[at] = was | bits;
    fresh.push(at);
  }

  /** Writes to memory, for the thread of that number. */
  function commit(thread: Thread | undefined, at: number, value: number): void {
    if (undone === undoAt.length) {
      undoAt = twice(undoAt);
      undoOld = twice(undoOld);
    }
    copied = undefined;
    const old = mem[at]!;
    undoAt[undone] = at;
    undoOld[undone++] = old;
    if (old !== (value | 0)) {
      memA = (memA + mixed(at, value) - mixed(at, old)) | 0;
      memB = (memB + mixed(value, at) - mixed(old, at)) | 0;
    }
    if (old !== (value | 0) && thread !== undefined) {
      writes++;
      thread.own++;
    }
    mem[at] = value;
  }

  function look(): void {
    if (++idle > 2_000_000) throw new Error('whoever looks at the block goes round in circles');
  }

  function $r(w: Int32Array, where: number): number {
    if (w.length !== length) return w[where]!;
    if (pos < replayed) return log[pos++]!;
    if (!isLive) {
      look();
      return mem[where]!;
    }
    if (memory !== undefined) return readWeakly(memory, where);
    gate(where, false, READ);
    if ((touched[where]! & readBit) === 0) touch(where, READ);
    const value = mem[where]!;
    if (onlooker !== undefined) onlooker(cur.id, accesses, 'read', where, value);
    return noteRead(value);
  }

  /** The offset without what rides on it. */
  function offsetOf(where: number): number {
    if (where < TAG) return where;
    ridden.add(where);
    return where % TAG;
  }

  /** An offset that is itself written down, as that of a locked slot is, leaves what rides on it behind. */
  function withoutRider(value: number): number {
    return value >= TAG && ridden.has(value) ? value % TAG : value;
  }

  function readWeakly(model: Memory, where: number): number {
    const at = offsetOf(where);
    gate(at, false, READ);
    touch(at, READ);
    const value = model.read(cur.id, at, Math.floor(where / TAG), hot[at] !== 0);
    if (onlooker !== undefined) onlooker(cur.id, accesses, 'read', at, value);
    return noteRead(value);
  }

  function $w(w: Int32Array, where: number, given: number): number {
    if (w.length !== length) {
      w[where] = given;
      return given;
    }
    if (pos < replayed) {
      pos++;
      return given;
    }
    if (!isLive) {
      look();
      commit(undefined, where, given);
      return given;
    }
    const at = offsetOf(where);
    const value = withoutRider(given);
    gate(at, mem[at] !== (value | 0), WRITE);
    touch(at, WRITE);
    if (onlooker !== undefined) onlooker(cur.id, accesses, 'write', at, mem[at]!, value | 0);
    if (memory === undefined) commit(cur, at, value);
    else memory.write(cur.id, at, value | 0, hot[at] !== 0);
    note(0);
    return given;
  }

  function atomic(kind: Kind, w: Int32Array, where: number, given: number, second: number): number {
    if (w.length !== length) return plainly(kind, w, where, given, second);
    if (pos < replayed) return log[pos++]!;
    if (!isLive) {
      look();
      const found = mem[where]!;
      const value = changed(kind, found, given, second);
      if (value !== undefined) commit(undefined, where, value);
      return kind === 'store' ? given : found;
    }
    const at = offsetOf(where);
    const isStore = (changed(kind, mem[at]!, given, second) ?? mem[at]) !== mem[at];
    // What changes nothing only reads.
    const mask = kind === 'store' ? WRITE : isStore ? READ | WRITE : READ;
    if (memory === undefined) gate(at, isStore, mask);
    else gateBeforeFence(memory, at, isStore, mask);
    touch(at, mask);
    memory?.fence(cur.id, kind, at);
    const found = mem[at]!;
    const value = changed(kind, found, given, second);
    if (value !== undefined) {
      if (memory === undefined) commit(cur, at, value);
      else memory.put(cur.id, at, value | 0, hot[at] !== 0);
    }
    memory?.acquire(cur.id, kind);
    if (onlooker !== undefined) onlooker(cur.id, accesses, kind, at, found, given, second);
    return kind === 'store' ? note(given) : noteRead(found);
  }

  function $wait(): void {
    if (pos < replayed) {
      pos++;
      return;
    }
    if (!isLive) throw new Error('a lock is held while nobody is in a call');
    if (isUnwinding) throw STOP;
    note(0);
    stop(REASON.waiting);
  }

  const $after = (id: number): number => zero(id, id >>> 31);
  const $afterSerial = (serial: number): number => zero(serial, (~serial >>> 31) & (serial >>> 29));

  /** What is 0 anyway; where reads can be early, the moment at which `id` was read rides on it. */
  function zero(id: number, plainly: number): number {
    if (memory === undefined) return plainly;
    if (pos < replayed) return log[pos++]!;
    return isLive ? note(TAG * memory.dependency(cur.id, id)) : 0;
  }

  function $fill(w: Int32Array, value: number, from = 0, to: number = w.length): void {
    for (let at = from; at < to; at++) $w(w, at, value);
  }

  /**
   * A look at several words at once, which is no step: only `declareGone` takes some, to refuse a worker that it sees move, and
   * nobody moves between them here. A schedule that stops a worker for good is told so by its order. It looks a hundred times, and
   * gets the same copy.
   */
  function $slice(w: Int32Array, from?: number, to?: number): Int32Array {
    if (from === undefined) return $whole(w).slice();
    if (w.length !== length) return w.slice(from, to);
    if (copied?.from !== from || copied.to !== to) copied = { from, to, words: w.slice(from, to) };
    return copied.words;
  }

  function $whole(w: Int32Array): Int32Array {
    if (w.length === length && isLive)
      throw new Error('the block is used as a whole within a call, which is not explored');
    return w;
  }

  function $set<T>(object: Record<string, unknown>, key: string, value: T): T {
    if (isLive) fields.push([object, key, object[key]]);
    object[key] = value;
    return value;
  }

  const calls = {
    ...{ $r, $w, $fill, $slice, $whole, $set, $wait, $after, $afterSerial },
    $add: (w: Int32Array, at: number, n: number): number => atomic('add', w, at, n, 0),
    $or: (w: Int32Array, at: number, mask: number): number => atomic('or', w, at, mask, 0),
    $and: (w: Int32Array, at: number, mask: number): number => atomic('and', w, at, mask, 0),
    $cas: (w: Int32Array, at: number, expected: number, value: number): number => atomic('cas', w, at, expected, value),
    $load: (w: Int32Array, at: number): number => atomic('load', w, at, 0, 0),
    $store: (w: Int32Array, at: number, value: number): number => atomic('store', w, at, value, 0),
  };

  // ── executions ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs the thread until it stops or is done. */
  function resume(thread: Thread): void {
    cur = thread;
    readBit = READ << (2 * thread.id);
    const { body } = thread;
    for (; thread.call < body.calls; thread.call++) {
      if (!runCall(thread)) return;
      thread.logged = 0;
      thread.hashA = 0;
      thread.hashB = 0;
      thread.pass = false;
      thread.hasBegun = false;
    }
    thread.isDone = true;
    memory?.flush(thread.id);
  }

  /** The call that the thread is in, from its beginning; whether it came to its end. */
  function runCall(thread: Thread): boolean {
    log = thread.log;
    pos = 0;
    replayed = thread.logged;
    thread.stopped = REASON.running;
    isUnwinding = false;
    try {
      if (!thread.hasBegun) {
        replayed = 0;
        memory?.edge(thread.id);
        boundary();
        memory?.edge(thread.id);
        thread.hasBegun = true;
        thread.body.begun(thread.call);
      }
      thread.body.run(thread.call);
      if ((thread.stopped as Reason) !== REASON.running) throw STOP;
      if (memory?.isPending(thread.id) === true) boundary();
    } catch (error) {
      if (error !== STOP) throw error;
    }
    replayed = 0;
    pos = 0;
    isUnwinding = false;
    if ((thread.stopped as Reason) !== REASON.running) {
      revert();
      return false;
    }
    // What a call has set of its own state stays until the execution is over.
    kept.push(...fields);
    fields = [];
    thread.body.ended(thread.call);
    memory?.edge(thread.id);
    return true;
  }
  let kept: typeof fields = [];

  /** Sets the fields back that a call has set before it was stopped: it sets them again. */
  function revert(): void {
    for (const [object, key, old] of fields.reverse()) object[key] = old;
    fields = [];
  }

  /** Between two calls is a place to stop at, too. */
  function boundary(): void {
    if (cur.pass) {
      cur.pass = false;
      return;
    }
    accesses++;
    if (accesses === stopAccess) stop(REASON.before);
    step();
  }

  function execute(bodies: readonly Body[], run: Run): Execution {
    const { decisions, kill, held } = run;
    const logs = threads.map((thread) => thread.log);
    threads = bodies.map((body, id) => newThread(id, body, kill?.[id] ?? 0, held?.[id] ?? false, logs[id]));
    memory?.begin(threads.length);
    accesses = 0;
    steps = 0;
    writes = 0;
    undone = 0;
    ridden.clear();
    onlooker = run.onlooker;
    const choices: Choice[] = [];
    segments = [];
    isKnown = run.isKnown;
    past = run.past ?? { a: 0, b: 0 };
    const taken: string[] = [];
    let next = 0;
    let choice = 0;
    let verdict: Execution['verdict'] = '';
    const able = (t: Thread): boolean => !t.isDone && !t.isHeld && (!t.isBlocked || writes - t.own > t.waitMark);
    const aim = (): void => {
      const decision = decisions[next];
      isDecided = decision === undefined && isKnown !== undefined;
      stopStep = decision !== undefined && !('choice' in decision) && 'step' in decision ? decision.step : 0;
      stopAccess = decision !== undefined && 'access' in decision ? decision.access : 0;
    };
    const choose = (): Thread | undefined => {
      let options = threads.filter(able);
      if (options.length === 0 && memory !== undefined) {
        for (const t of threads) memory.flush(t.id);
        options = threads.filter(able);
      }
      if (options.length <= 1) return options[0];
      const ids = options.map(({ id }) => id);
      const decision = decisions[next];
      let pick = options[0]!;
      if (decision !== undefined && 'choice' in decision && decision.choice === choice) {
        pick = threads[decision.to]!;
        taken.push(`f${choice}→${pick.id}`);
        next++;
      } else {
        choices.push({ choice, step: steps, options: ids, segment: segments.length });
      }
      choice++;
      return pick;
    };
    isAlone = held !== undefined;
    const release = (): void => {
      isAlone = false;
      for (const t of threads) t.isHeld = false;
    };
    isLive = true;
    try {
      let t = choose();
      while (t !== undefined) {
        aim();
        let mask = 0;
        for (const x of threads) if (!x.isDone && !x.isHeld) mask |= 1 << x.id;
        if (memory !== undefined)
          for (const x of threads) if (x !== t && memory.isPending(x.id)) mask |= 1 << (x.id + 8);
        segments.push({ thread: t.id, from: steps, able: mask });
        t.isBlocked = false;
        resume(t);
        if (t.isDone) {
          t = choose();
        } else if (t.stopped === REASON.overrun) {
          verdict = 'LIVELOCK';
          break;
        } else if (t.stopped === REASON.known) {
          verdict = 'KNOWN';
          // That step is not this execution's.
          steps--;
          break;
        } else if (t.stopped === REASON.killed) {
          t.isDone = true;
          t.isKilled = true;
          release();
          t = choose();
        } else if (t.stopped === REASON.waiting) {
          const mark = writes - t.own;
          const isStill = t.waitMark === mark;
          t.isBlocked = isStill;
          t.waitMark = mark;
          const waiting: Thread = t;
          if (threads.some((x) => x !== waiting && able(x))) {
            // Somebody else has to move before it looks again.
            t.isBlocked = true;
            t.waitMark = Number.POSITIVE_INFINITY;
            const other = choose();
            waiting.waitMark = mark;
            waiting.isBlocked = isStill;
            t = other;
          } else if (t.isBlocked) {
            verdict = 'DEADLOCK';
            break;
          }
        } else {
          // Preempted.
          t.pass = true;
          const { to } = decisions[next++]!;
          taken.push(to >= FLUSH ? `a${accesses}!${to - FLUSH}` : `a${accesses}→${to}`);
          if (to >= FLUSH) memory?.flush(to - FLUSH);
          else if (able(threads[to]!)) t = threads[to];
        }
      }
      if (verdict === '' && threads.some((x) => !x.isDone && !x.isHeld)) verdict = 'DEADLOCK';
      if (memory !== undefined) for (const x of threads) memory.flush(x.id);
    } finally {
      isLive = false;
      onlooker = undefined;
      fields = kept;
      kept = [];
      revert();
    }
    const unused = decisions.length - next;
    return {
      ...{ verdict, steps, accesses, choices, segments, taken, unused },
      killed: threads.map((t) => t.isKilled),
    };
  }

  function peek<T>(look: () => T): T {
    const was = { isLive, pos, replayed, undone, isUnwinding, memA, memB };
    isLive = false;
    pos = 0;
    replayed = 0;
    idle = 0;
    try {
      return look();
    } finally {
      undo(was.undone);
      ({ isLive, pos, replayed, isUnwinding, memA, memB } = was);
    }
  }

  function undo(to = 0): void {
    copied = undefined;
    while (undone > to) mem[undoAt[--undone]!] = undoOld[undone]!;
    if (to === 0) memA = memB = 0;
  }

  function heat(): number {
    let grown = 0;
    for (const at of fresh) {
      const conflicts = conflictsOf(touched[at]!);
      if (conflicts === hot[at]) continue;
      if (hot[at] === 0) warm++;
      hot[at] = conflicts;
      grown++;
    }
    fresh = [];
    return grown;
  }

  function cool(value: 0 | 1 = 0): void {
    hot.fill(value * ALL);
    warm = value * length;
    touched.fill(0);
    fresh = [];
  }

  return {
    ...{ calls, over, execute, peek, undo, heat, cool },
    fingerprint: (): number => joined(memA, memB),
    isHot: (at: number): boolean => hot[at] !== 0,
    steps: (): number => steps,
    segment: (): number => segments.length - 1,
    hotWords: (): number => warm,
    words: (): Int32Array => mem,
    setLimit: (most: number): void => {
      limit = most;
    },
    setMemory: (model: Memory | undefined): void => {
      memory = model;
    },
    commit: (id: number, at: number, value: number): void => {
      const thread = cur?.id === id ? cur : undefined;
      if (thread === undefined && mem[at] !== value) writes++;
      commit(thread, at, value);
    },
  };
}

function newThread(
  id: number,
  body: Body,
  killAt: number,
  isHeld: boolean,
  log: Float64Array = new Float64Array(1024),
): Thread {
  // Written out, since it is made for every execution.
  return {
    id,
    body,
    call: 0,
    hasBegun: false,
    log,
    logged: 0,
    hashA: 0,
    hashB: 0,
    stopped: REASON.running,
    pass: false,
    isDone: false,
    isBlocked: false,
    waitMark: -1,
    own: 0,
    stores: 0,
    killAt,
    isKilled: false,
    isHeld,
  };
}

/** Which accesses do not come to the same in either order with one of another thread: reads of what it writes, and writes of what it touches. */
function conflictsOf(touched: number): number {
  let found = 0;
  for (let t = 0; t < 4; t++) {
    const others = touched & ~((READ | WRITE) << (2 * t));
    const conflicts = (others & WRITES) !== 0 ? READ | WRITE : others !== 0 ? WRITE : 0;
    found |= touched & (conflicts << (2 * t));
  }
  return found;
}

/** What an atomic operation puts in the place of what was there; undefined when it leaves it. */
function changed(kind: Kind, found: number, given: number, second: number): number | undefined {
  switch (kind) {
    case 'add':
      return (found + given) | 0;
    case 'or':
      return found | given;
    case 'and':
      return found & given;
    case 'store':
      return given | 0;
    case 'cas':
      return found === (given | 0) ? second | 0 : undefined;
    default:
      return undefined;
  }
}

/** On an array that is not the block. */
function plainly(kind: Kind, w: Int32Array, at: number, given: number, second: number): number {
  const found = w[at]!;
  const value = changed(kind, found, given, second);
  if (value !== undefined) w[at] = value;
  return kind === 'store' ? given : found;
}

export function mixed(x: number, y: number): number {
  let h = Math.imul(x, 0x9e37_79b1) ^ Math.imul(y, 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b_3c6d);
  return h ^ (h >>> 12);
}

/** 53 bits of two hashes, as one number. */
function joined(a: number, b: number): number {
  return (a >>> 0) * 0x20_0000 + (b & 0x1f_ffff);
}

function grown(log: Float64Array): Float64Array {
  const longer = new Float64Array(2 * log.length);
  longer.set(log);
  return longer;
}

function twice(list: Int32Array): Int32Array {
  const longer = new Int32Array(2 * list.length);
  longer.set(list);
  return longer;
}
