/**
 * Plain reads that race: another thread writes the word, and nothing says which of the two comes first.
 *
 * One access happens before another where both are of one thread, or where an atomic write comes after the one, and whoever does
 * the other has read that write atomically before. Each thread keeps a clock for that: how much of every thread it knows to be over. An atomic write
 * leaves the clock at the word, and an atomic read takes it from there.
 *
 * ```
 *   thread 0   w[5] = 1     store(w, 9, 1) ─────┐
 *   thread 1   w[5] races                       └─► load(w, 9) is 1     w[5] does not race any more
 * ```
 *
 * Lamport, "Time, Clocks, and the Ordering of Events" (1978), has the order, and Flanagan and Freund, "FastTrack" (2009), the
 * clocks at words. Addresses make no order here: a record that is found through a plain link races in all that is read of it.
 */
import type { Kind, Machine, Onlooker } from './machine.ts';
import { type Namer, namerOf } from './names.ts';
import type { Op } from './scenario.ts';
import { showSchedule } from './schedule.ts';
import type { World } from './world.ts';

/** A field that is read plainly while another thread may write it. */
export interface Race {
  /** Record and field as the structs name them: `pid.count`. */
  readonly field: string;
  /** How it is written meanwhile. */
  readonly writes: ReadonlySet<Kind>;
  /** Executions that show it. */
  readonly executions: number;
  /** The first of them. */
  readonly example: Example;
}

interface Example {
  readonly scenario: string;
  /** For people: `pid a · count`. */
  readonly word: string;
  readonly reader: Op;
  readonly writer: Op;
  /** Runs it again. */
  readonly schedule: string;
}

interface Entry extends Race {
  readonly writes: Set<Kind>;
  executions: number;
  /** The last execution that was counted. */
  last: number;
}

/** Threads that a scenario has at most. */
const THREADS = 4;
const KINDS: readonly Kind[] = ['write', 'store', 'add', 'or', 'and', 'cas'];

/** Collects them over any number of scenarios and designs. */
export class Races {
  readonly #entries = new Map<string, Entry>();
  #execution = 0;
  #world: World | undefined;
  #machine: Machine | undefined;
  #skipsCold = false;
  #name: Namer | undefined;
  #first: { -readonly [K in keyof Example]: Example[K] }[] = [];

  /** What each thread knows to be over: of thread u the row of t has the latest moment, and of t itself the present one. */
  readonly #clocks = new Int32Array(THREADS * THREADS);
  /** Moments that lie before the execution. Since moments only go on, nothing that words keep has to be cleared for the next one. */
  #before = 0;
  /** For each word and thread when it last wrote, when it last read plainly, and the clock that an atomic write has left. */
  #written = new Int32Array(0);
  #read = new Int32Array(0);
  #left = new Int32Array(0);
  /** How each thread wrote last, and in which of its calls; and in which one it read. */
  #how = new Uint8Array(0);
  #writing = new Uint8Array(0);
  #reading = new Uint8Array(0);
  /** In which execution a word was last found to race, and with which kinds of write: one time is enough. */
  #racedIn = new Int32Array(0);
  #racedBy = new Uint8Array(0);
  /** The call that each thread is in. */
  readonly #calls = new Int32Array(THREADS);

  /** What was found, by the names of the fields. */
  list(): readonly Race[] {
    return [...this.#entries.values()].sort((a, b) => (a.field < b.field ? -1 : 1));
  }

  /** The executions from here on are of that world. */
  over(world: World, strategy: string): void {
    const words = world.machine.words();
    this.#world = world;
    this.#machine = world.machine;
    this.#name = namerOf(words, strategy, world.names);
    this.#before = 0;
    if (this.#racedIn.length !== words.length) {
      const each = words.length * THREADS;
      [this.#written, this.#read, this.#left] = [new Int32Array(each), new Int32Array(each), new Int32Array(each)];
      [this.#how, this.#writing, this.#reading] = [new Uint8Array(each), new Uint8Array(each), new Uint8Array(each)];
      this.#racedIn = new Int32Array(words.length);
      this.#racedBy = new Uint8Array(words.length);
    } else for (const moments of [this.#written, this.#read, this.#left]) moments.fill(0);
  }

  /** An execution begins. */
  begin(): void {
    this.#execution++;
    // A plain read of a word that only one thread is known to touch: if another does, the search begins anew, and it is seen then.
    // What a thread has touched that was stopped for good is not known there.
    this.#skipsCold = this.#machine!.hotWords() > 0 && this.#world!.scenario.gone === undefined;
    this.#clocks.fill(this.#before);
    for (let t = 0; t < THREADS; t++) this.#clocks[t * THREADS + t] = this.#before + 1;
    this.#calls.fill(-1);
  }

  /** It is over; these decisions were taken, by the numbers of accesses, and these stores were the last of their threads. */
  end(taken: readonly string[], kill: readonly number[] | undefined): void {
    for (const example of this.#first)
      example.schedule = showSchedule({ stops: taken, kill: kill ?? [], whim: undefined });
    this.#first = [];
    for (const moment of this.#clocks) this.#before = Math.max(this.#before, moment);
  }

  /** Sees each of its accesses. */
  readonly onlooker: Onlooker = (thread, _, kind, at, found, given = 0) => {
    const isPlain = kind === 'read' || kind === 'write';
    if (isPlain && this.#skipsCold && !this.#machine!.isHot(at)) return;
    const call = this.#world!.notes()[thread]!.length - 1;
    if (call !== this.#calls[thread]) this.#beginCall(thread, call);
    if (kind === 'read') this.#readPlainly(thread, at);
    else if (kind === 'write') this.#write(thread, at, kind);
    else this.#doAtomically(thread, at, kind, kind === 'load' || (kind === 'cas' && found !== (given | 0)));
  };

  /** Whoever declares a thread gone knows that it has ended, so all that it did is over. */
  #beginCall(thread: number, call: number): void {
    this.#calls[thread] = call;
    const { planned, args } = this.#world!.notes()[thread]![call]!;
    const gone = planned.op === 'declareGone' ? this.#world!.slots.indexOf(args[0] as number) : -1;
    if (gone >= 0) this.#join(this.#clocks, thread, this.#clocks, gone);
  }

  #readPlainly(thread: number, at: number): void {
    const here = at * THREADS;
    for (let other = 0; other < THREADS; other++) {
      if (other === thread || this.#written[here + other]! <= this.#clocks[thread * THREADS + other]!) continue;
      this.#found(at, this.#how[here + other]!, thread, this.#calls[thread]!, other, this.#writing[here + other]!);
    }
    this.#read[here + thread] = this.#clocks[thread * THREADS + thread]!;
    this.#reading[here + thread] = this.#calls[thread]!;
  }

  #write(thread: number, at: number, kind: Kind): void {
    const here = at * THREADS;
    const how = KINDS.indexOf(kind);
    for (let other = 0; other < THREADS; other++) {
      if (other === thread || this.#read[here + other]! <= this.#clocks[thread * THREADS + other]!) continue;
      this.#found(at, how, other, this.#reading[here + other]!, thread, this.#calls[thread]!);
    }
    this.#written[here + thread] = this.#clocks[thread * THREADS + thread]!;
    this.#how[here + thread] = how;
    this.#writing[here + thread] = this.#calls[thread]!;
    // Who reads a plain write learns nothing by it.
    if (kind === 'write') this.#left.fill(0, here, here + THREADS);
  }

  #doAtomically(thread: number, at: number, kind: Kind, isRead: boolean): void {
    if (kind !== 'store') this.#join(this.#clocks, thread, this.#left, at);
    if (isRead) return;
    this.#write(thread, at, kind);
    for (let t = 0; t < THREADS; t++) this.#left[at * THREADS + t] = this.#clocks[thread * THREADS + t]!;
    this.#clocks[thread * THREADS + thread]!++;
  }

  #join(into: Int32Array, row: number, from: Int32Array, other: number): void {
    for (let t = 0; t < THREADS; t++) {
      const moment = from[other * THREADS + t]!;
      if (moment > into[row * THREADS + t]!) into[row * THREADS + t] = moment;
    }
  }

  #found(at: number, how: number, reader: number, readCall: number, writer: number, writeCall: number): void {
    if (this.#racedIn[at] !== this.#execution) {
      this.#racedIn[at] = this.#execution;
      this.#racedBy[at] = 0;
    }
    if ((this.#racedBy[at]! & (1 << how)) !== 0) return;
    this.#racedBy[at] = this.#racedBy[at]! | (1 << how);
    const { field, text } = this.#name!(at);
    const entry = this.#entries.get(field) ?? this.#newEntry(field, text, [reader, readCall], [writer, writeCall]);
    entry.writes.add(KINDS[how]!);
    if (entry.last !== this.#execution) entry.executions++;
    entry.last = this.#execution;
  }

  #newEntry(
    field: string,
    word: string,
    [reader, read]: readonly number[],
    [writer, written]: readonly number[],
  ): Entry {
    const opOf = (thread: number, call: number): Op => this.#world!.notes()[thread]![call]!.planned.op;
    const ops = { reader: opOf(reader!, read!), writer: opOf(writer!, written!) };
    const example = { scenario: this.#world!.scenario.name, word, ...ops, schedule: '' };
    this.#first.push(example);
    const entry: Entry = { field, writes: new Set(), executions: 0, example, last: 0 };
    this.#entries.set(field, entry);
    return entry;
  }
}
