/**
 * A stress run: threads that do random things to one allocator, rests at which all of it is looked at, and the reckoning.
 *
 * @packageDocumentation
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type NsRef, PIDTYPE_PID, type PidAllocator, type PidRef, type Strategy } from '@pidlab/contract';
import { type Choices, choices } from '../random.ts';
import { Books, NR_END, SPACE, SPACES, THERE, THREAD } from './books.ts';
import { endAll, endOrphans, recover } from './recover.ts';
import type { Start } from './thread.ts';

/** What to run. */
export interface Options {
  readonly strategy: Strategy;
  /** What threads load it by. */
  readonly name: string;
  readonly workers: number;
  /** Numbers of a namespace that a thread claims at once. Default: 1. */
  readonly window?: number;
  readonly seconds: number;
  readonly seed: number;
  /** Terminate and replace threads at random. */
  readonly kill: boolean;
  /** Is told how it goes. */
  readonly progress?: (line: string) => void;
}

/** What came of it. */
export interface Reckoning {
  readonly strategy: string;
  readonly workers: number;
  readonly window: number;
  readonly seconds: number;
  readonly seed: number;
  /** What threads did, each one to a dozen calls. */
  readonly operations: number;
  /** Numbers that two pids of one namespace had at once. */
  readonly duplicates: number;
  /** Times that something was not found, or not as it has to be, by the thread that owned it or held a reference. */
  readonly lost: number;
  /** What did not hold: invariants, calls that threw what they must not, more leaks than terminated threads explain. */
  readonly violations: number;
  /** Pids, tasks and namespaces that are left when all has been ended that somebody knew of. */
  readonly leaked: number;
  /** Threads that were terminated. */
  readonly kills: number;
}

/** A thread that was declared gone may have lost one pid, task or namespace, and with it the namespaces that it lives in. */
const LEAKS_OF_ONE = 8;
/** Milliseconds between two rests, and between two looks whether all threads rest. */
const REST_EVERY = 1000;
const PATIENCE = 20_000;

/** Below the floor there are no windows. */
const LOW = { root: 1, child: 1 };

interface Run {
  readonly options: Options;
  readonly a: PidAllocator;
  readonly books: Books;
  readonly buffer: SharedArrayBuffer;
  readonly init: PidRef;
  readonly threads: Worker[];
  readonly random: Choices;
  readonly violations: string[];
  kills: number;
}

/** Runs for so many seconds, and reckons up. */
export async function stress(options: Options): Promise<Reckoning> {
  const run = begin(options);
  const { books, threads, violations } = run;
  try {
    for (let thread = 0; thread < options.workers; thread++) await startThread(run, thread);
    const end = performance.now() + options.seconds * 1000;
    let rest = performance.now() + REST_EVERY;
    while (performance.now() < end && violations.length === 0) {
      await sleep(options.kill ? 1 + run.random.below(20) : 50);
      if (options.kill) await replace(run, run.random.below(options.workers));
      if (performance.now() < rest) continue;
      await lookAtRest(run);
      rest = performance.now() + REST_EVERY;
    }
    books.askToStop();
    await Promise.all(threads.map((thread, i) => exited(thread, i, violations)));
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return reckon(run);
}

function begin(options: Options): Run {
  const { strategy, workers, window = 1, seed } = options;
  const a = strategy.createPidAllocator({
    shared: true,
    workers: workers + 1,
    ...(window === 1 ? {} : { window, floors: LOW }),
    capacity: 8192,
    namespaces: 64,
    pidMax: NR_END,
  });
  const init = a.allocPid(a.initPidNs);
  a.attachPid(a.allocTask(), PIDTYPE_PID, init);
  const buffer = new SharedArrayBuffer(Books.bytes(workers));
  const books = new Books(buffer, workers);
  books.setSpaceHandle(0, a.initPidNs);
  books.setSpace(0, SPACE.state, THERE);
  return { options, a, books, buffer, init, threads: [], random: choices(seed), violations: [], kills: 0 };
}

/** Starts the thread of that number, and waits until it has attached. */
async function startThread(run: Run, thread: number): Promise<void> {
  const { a, books, buffer, options, violations } = run;
  books.setThread(thread, THREAD.slot, 0);
  const start: Start = {
    strategy: options.name,
    descriptor: a.share(),
    books: buffer,
    thread,
    threads: options.workers,
    seed: run.random.below(0x7fff_ffff),
  };
  const worker = new Worker(new URL('./thread.js', import.meta.url), { workerData: start });
  worker.on('message', (message) => violations.push(`thread ${thread} threw ${message}`));
  worker.on('error', (error) => violations.push(`thread ${thread} ended: ${error.message}`));
  run.threads[thread] = worker;
  while (books.thread(thread, THREAD.slot) === 0 && violations.length === 0) await sleep(1);
}

/** Waits until the thread has come to its end, unless something is wrong already. */
async function exited(thread: Worker, number: number, violations: string[]): Promise<void> {
  const until = performance.now() + PATIENCE;
  while (thread.threadId !== -1 && violations.length === 0) {
    if (performance.now() > until) violations.push(`thread ${number} does not end: a call does not return`);
    await sleep(5);
  }
}

/** Terminates a thread wherever it is, mends what it left, and starts another in its place. */
async function replace(run: Run, thread: number): Promise<void> {
  const { a, books, violations } = run;
  await run.threads[thread].terminate();
  run.kills++;
  if (violations.length > 0) return;
  a.declareGone(books.thread(thread, THREAD.slot) - 1);
  recover(a, books, thread);
  await startThread(run, thread);
}

/** Lets all threads rest, looks at everything, and lets them go on. */
async function lookAtRest(run: Run): Promise<void> {
  const { a, books, options, threads, violations } = run;
  books.askToRest(true);
  const until = performance.now() + PATIENCE;
  const isResting = (_: Worker, thread: number) => books.thread(thread, THREAD.isResting) === 1;
  while (!threads.every(isResting) && violations.length === 0) {
    if (performance.now() > until) violations.push('a thread did not come to rest: one of its calls does not return');
    await sleep(1);
  }
  if (violations.length === 0) violations.push(...invariantsOf(a));
  const { pids, tasks, namespaces } = a.stats();
  const line = `${total(run, THREAD.operations)} operations, ${run.kills} kills, ${pids} pids, ${tasks} tasks, ${namespaces} namespaces`;
  options.progress?.(`${options.strategy.traits.strategy}: ${line}`);
  books.askToRest(false);
}

/** What does not hold, without what threads leaked that were terminated. */
function invariantsOf(a: PidAllocator): readonly string[] {
  return a.checkInvariants().violations;
}

function total({ books, options }: Run, word: number): number {
  let sum = 0;
  for (let thread = 0; thread < options.workers; thread++) sum += books.thread(thread, word);
  return sum;
}

/** Ends all that is left, and says what does not add up. */
function reckon(run: Run): Reckoning {
  const { a, books, init, kills, options, violations } = run;
  let leaked = 0;
  if (violations.length === 0) {
    endAll(a, books);
    for (let space = SPACES - 1; space >= 0; space--) leaked += orphansIn(a, books.spaceHandle(space) as NsRef, init);
    const { pids, tasks, namespaces } = a.stats();
    leaked += pids - 1 + (tasks - 1) + (namespaces - 1);
    violations.push(...invariantsOf(a));
    if (leaked > kills * LEAKS_OF_ONE) violations.push(`${leaked} leaked, and ${kills} threads were terminated`);
  }
  for (const violation of violations) options.progress?.(violation);
  return {
    strategy: options.strategy.traits.strategy,
    workers: options.workers,
    window: options.window ?? 1,
    seconds: options.seconds,
    seed: options.seed,
    operations: total(run, THREAD.operations),
    duplicates: total(run, THREAD.duplicates),
    lost: total(run, THREAD.lost),
    violations: violations.length,
    leaked,
    kills,
  };
}

function orphansIn(a: PidAllocator, ns: NsRef, init: PidRef): number {
  if (ns === 0) return 0;
  try {
    return endOrphans(a, ns, init);
  } catch {
    return 0; // it has ended
  }
}
