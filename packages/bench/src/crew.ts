/**
 * Threads that work on one shared allocator, started at one instant.
 *
 * The measuring thread and the crew meet in a few words of shared memory. A turn: the measuring thread names a duty and
 * wakes all; each says that it is there and spins until all are, so that nobody works alone for as long as another takes
 * to wake up; does its duty; and says that it is done. Between turns everybody sleeps, and so does the measuring thread
 * during one: it needs no core.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { PidAllocatorDescriptor } from '@pidlab/contract';
import type { SubjectSpec } from './subjects.ts';
import type { Handle } from './workload.ts';

/** Words of the control block, each in a cache line of its own. */
export const CONTROL = { turn: 0, duty: 16, met: 32, done: 48, operations: 64, handOver: 80, words: 96 } as const;

/** What a turn is for. */
export const DUTY = { work: 0, verify: 1, leave: 2, handOver: 3 } as const;

/** What each of the threads gets. */
export interface Assignment {
  readonly subject: SubjectSpec;
  /** What it attaches with: the allocator's descriptor, or the floor's map. */
  readonly shared: PidAllocatorDescriptor | Int32Array;
  readonly ns: Handle;
  /** Pids that it keeps alive. */
  readonly live: number;
  readonly seed: number;
  /** A word that each of its pids adds to and takes from, if its namespace's references are to be counted so. */
  readonly references?: Int32Array;
}

/** The same with what the crew adds. */
export interface ThreadData extends Assignment {
  readonly control: Int32Array;
  /** Which of the crew it is, from 0. */
  readonly seat: number;
  /**
   * Its last turn of work, in nanoseconds: when it began and ended, by the clock that all threads share, and how long it waited for a core.
   * Then what a hand-over took, if it is the first.
   */
  readonly times: Float64Array;
  readonly crewSize: number;
  /** Where it says what went wrong. */
  readonly complaints: MessagePort;
}

/** The threads, and what the measuring thread knows of them. */
export interface Crew {
  readonly control: Int32Array;
  readonly times: readonly Float64Array[];
  readonly threads: readonly Worker[];
  readonly complaints: readonly MessagePort[];
}

/** Milliseconds without an answer after which a thread counts as lost; filling an allocator takes seconds. */
const PATIENCE = 60_000;
// From `src` and from `dist` alike: a thread can only be started from what was built.
const THREAD = new URL('../dist/measuring-thread.js', import.meta.url);

/** Starts a thread for each assignment, and returns when all have made their pids. */
export function startCrew(assignments: readonly Assignment[]): Crew {
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL.words));
  const times = assignments.map(() => new Float64Array(new SharedArrayBuffer(32)));
  const channels = assignments.map(() => new MessageChannel());
  const threads = assignments.map((assignment, seat) => {
    const complaints = channels[seat].port2;
    const crewSize = assignments.length;
    const data: ThreadData = { ...assignment, seat, control, times: times[seat], crewSize, complaints };
    const thread = new Worker(THREAD, { workerData: data, transferList: [complaints] });
    thread.unref();
    return thread;
  });
  const crew = { control, times, threads, complaints: channels.map(({ port1 }) => port1) };
  waitForAll(crew);
  return crew;
}

/** One turn of all. Throws what a thread complains of. */
export function takeTurn(crew: Crew, duty: number): void {
  const { control } = crew;
  Atomics.store(control, CONTROL.done, 0);
  Atomics.store(control, CONTROL.met, 0);
  Atomics.store(control, CONTROL.handOver, 0);
  Atomics.store(control, CONTROL.duty, duty);
  Atomics.add(control, CONTROL.turn, 1);
  Atomics.notify(control, CONTROL.turn);
  waitForAll(crew);
}

/** The part of a turn that a thread may wait for a core before the turn says nothing about threads side by side. */
const DISTURBED = 0.01;

/**
 * Whether a thread waited for a core in the last turn. Linux puts two threads that were woken together on one core now and then, and leaves
 * them there for some milliseconds, while another core has nothing to do. With fewer cores than threads no turn is disturbed: that is how it
 * is there.
 */
export function isDisturbed(crew: Pick<Crew, 'times'>, cores: number = availableParallelism()): boolean {
  const waited = Math.max(...crew.times.map((times) => times[2]));
  return cores >= crew.times.length && waited > DISTURBED * turnMs(crew) * 1e6;
}

/**
 * Nanoseconds in which the first of the threads hands a word over to the second, or the second to the first; the others sleep meanwhile.
 * Undefined for one thread alone; with fewer cores than threads, which would wait for each other's core; and where something else
 * kept them from it for 50 ms.
 */
export function handOverNs(crew: Crew, cores: number = availableParallelism()): number | undefined {
  const { length } = crew.threads;
  if (length < 2 || cores < length) return undefined;
  takeTurn(crew, DUTY.handOver);
  const ns = crew.times[0][3];
  return Number.isNaN(ns) ? undefined : ns;
}

/**
 * Nanoseconds that this thread has waited for a core while it had something to do, since it began. 0 where the operating system
 * does not say, and then no turn is disturbed.
 */
export function waitedNs(file = '/proc/thread-self/schedstat'): number {
  try {
    return Number(readFileSync(file, 'latin1').split(' ')[1]) || 0;
  } catch {
    return 0;
  }
}

function waitForAll({ control, threads, complaints }: Crew): void {
  for (let done = 0; done < threads.length; done = Atomics.load(control, CONTROL.done)) {
    if (Atomics.wait(control, CONTROL.done, done, PATIENCE) === 'timed-out')
      throw new Error('a thread does not answer');
  }
  for (const port of complaints) {
    const complaint = receiveMessageOnPort(port);
    if (complaint) throw new Error(`in a thread: ${complaint.message}`);
  }
}

/** Milliseconds from the first thread's beginning to the last one's end, in the last turn. */
export function turnMs({ times }: Pick<Crew, 'times'>): number {
  return (Math.max(...times.map(([, end]) => end)) - Math.min(...times.map(([begin]) => begin))) / 1e6;
}

/** Operations of all threads in all turns. */
export function operationsOf({ control }: Crew): number {
  return Atomics.load(control, CONTROL.operations);
}

/** Ends the threads; what they allocated stays. */
export function dismiss(crew: Crew): void {
  takeTurn(crew, DUTY.leave);
  for (const port of crew.complaints) port.close();
}
