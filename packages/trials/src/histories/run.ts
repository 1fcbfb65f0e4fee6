/** Plays histories on real threads and looks for one that nothing explains. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import {
  type Call,
  type Event,
  explain,
  type Initial,
  type Lanes,
  pidSpecification,
  type Result,
  type Space,
  type Verdict,
} from '@pidlab/conformance/histories';
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PID,
  type PidAllocator,
  type PidAllocatorDescriptor,
  type Strategy,
  type Traits,
} from '@pidlab/contract';
import { boardBytes, MEETING_BYTES, type Notes } from './player.ts';
import type { Start } from './worker.ts';

/** What to play. */
export interface Options {
  /** The strategy, and the module that workers load it from. */
  readonly strategy: Strategy;
  readonly module: string;
  readonly workers: number;
  /** Numbers that a worker claims at once. Default: 1. */
  readonly window?: number;
  readonly seed: number;
  /** Numbers of the histories, played one after the other; the same number is the same program each time. */
  readonly histories: Iterable<number>;
  /** Calls of each worker in a history, from and to. */
  readonly calls?: readonly [number, number];
  /** Milliseconds after which a batch of histories counts as never to come back. */
  readonly timeoutMs?: number;
}

/** A history, and how far it can be explained. */
export interface Played {
  readonly number: number;
  readonly initial: readonly Initial[];
  readonly lanes: Lanes<Call, Result>;
  readonly spaces: readonly Space[];
  readonly verdict: Verdict<Call, Result>;
}

/** How it went: what was played, how much of it at once, and the first history that nothing explains. */
export interface Report {
  readonly histories: number;
  readonly calls: number;
  /** Calls that were under way while a call of another worker was. */
  readonly overlapping: number;
  /** How often each call returned what. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly failure?: Played;
  /** What `checkInvariants` said between two batches. */
  readonly violations: readonly string[];
}

/** Histories between which workers do not meet the main thread, and those that they prepare together. */
const BATCH = 512;
const ROUND = 16;
const END = 301;
const FLOORS = { root: 297, child: 298 };

/** Plays histories until one cannot be explained, or all have been played. */
export async function playHistories(options: Options): Promise<Report> {
  const { strategy, module, workers, window = 1, seed, histories, calls = [4, 6], timeoutMs = 60_000 } = options;
  const worlds = Array.from({ length: ROUND }, () => createWorld(strategy, workers, window));
  const spaces = spacesOf(strategy.traits);
  const meeting = new SharedArrayBuffer(MEETING_BYTES);
  const shared = { module, worlds: worlds.map(({ a: _, ...world }) => world), meeting, spaces, workers, seed, calls };
  const threads = Array.from({ length: workers }, (_, worker) => startWorker({ ...shared, worker }));
  const tally = { histories: 0, calls: 0, overlapping: 0, outcomes: new Map<string, number>() };
  try {
    for (const batch of batchesOf(histories)) {
      const notes = await Promise.all(threads.map((thread) => ask(thread, batch, timeoutMs)));
      for (const [i, number] of batch.entries()) {
        const initial = notes[0][i].initial;
        const lanes = notes.map((of) => of[i].events);
        count(tally, lanes);
        const verdict = explain(pidSpecification(spaces, initial, lanes), lanes);
        if (!verdict.explained)
          return { ...tally, violations: [], failure: { number, initial, lanes, spaces, verdict } };
      }
      const violations = worlds.flatMap(({ a }) => a.checkInvariants().violations);
      if (violations.length > 0) return { ...tally, violations };
    }
    return { ...tally, violations: [] };
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

interface World {
  readonly a: PidAllocator;
  readonly descriptor: PidAllocatorDescriptor;
  readonly namespaces: readonly NsRef[];
  readonly board: SharedArrayBuffer;
}

/** A root and a child, where the design can, with an init each, so that numbers can be chosen, and a few numbers that are free. */
function createWorld(strategy: Strategy, workers: number, window: number): World {
  const size = { workers: workers + 1, capacity: 512, namespaces: 8 };
  const options = { shared: true, ...size, pidMax: END, floors: FLOORS, window };
  const a = strategy.createPidAllocator(options);
  const namespaces = [a.initPidNs];
  if (a.traits.maxLevel > 0) namespaces.push(a.copyPidNs(CLONE_NEWPID, a.initPidNs));
  for (const ns of namespaces) {
    a.setPidMax(ns, END);
    a.attachPid(a.allocTask(), PIDTYPE_PID, a.allocPid(ns));
  }
  return { a, descriptor: a.share(), namespaces, board: new SharedArrayBuffer(boardBytes(workers)) };
}

function spacesOf({ maxLevel, maxNumbers, rootNumbers, rules }: Traits): Space[] {
  const isMainline = rules === 'mainline';
  const root = { isMainline, floor: FLOORS.root, end: END, maps: [0], isSmall: rootNumbers === 'small' };
  const child = { isMainline, floor: FLOORS.child, end: END, maps: [1, 0].slice(0, maxNumbers), isSmall: true };
  return maxLevel > 0 ? [root, child] : [root];
}

function startWorker(start: Start): Worker {
  // Tests load this file as it is, and a thread only what has been built.
  const built = import.meta.url.endsWith('.ts') ? '../../dist/histories/worker.js' : './worker.js';
  return new Worker(new URL(built, import.meta.url), { workerData: start });
}

async function ask(thread: Worker, batch: readonly number[], timeoutMs: number): Promise<Notes[]> {
  const rounds = Array.from({ length: Math.ceil(batch.length / ROUND) }, (_, i) =>
    batch.slice(i * ROUND, (i + 1) * ROUND),
  );
  thread.postMessage(rounds);
  try {
    const [notes] = (await once(thread, 'message', { signal: AbortSignal.timeout(timeoutMs) })) as [Notes[]];
    return notes;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
    throw new Error(`histories ${batch[0]} to ${batch.at(-1)}: a call does not return`);
  }
}

function* batchesOf(histories: Iterable<number>): Generator<number[]> {
  let batch: number[] = [];
  for (const history of histories) {
    batch.push(history);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function count(
  tally: { histories: number; calls: number; overlapping: number; outcomes: Map<string, number> },
  lanes: Lanes<Call, Result>,
): void {
  const events = lanes.flat();
  tally.histories++;
  tally.calls += events.length;
  for (const event of events) {
    if (events.some((other) => isAtOnce(event, other))) tally.overlapping++;
    const outcome = `${event.call.op} ${event.result.error ?? (event.result.value === undefined ? 'nothing' : 'done')}`;
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
  }
}

function isAtOnce(a: Event<Call, Result>, b: Event<Call, Result>): boolean {
  return a.worker !== b.worker && a.from < b.to && b.from < a.to;
}
