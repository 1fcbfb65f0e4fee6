/** Several threads on one allocator: what clauses about them are written with. */
import type {
  AttachPidAllocator,
  Findings,
  PidAllocator,
  PidAllocatorOptions,
  Stats,
  Strategy,
  Traits,
} from '@pidlab/contract';
import { comeRound, createCommons, stop } from './crew.ts';
import type * as programs from './programs.ts';
import {
  type Answer,
  answerOf,
  joiningOf,
  type Performance,
  type ProgramName,
  perform,
  type Question,
} from './worker.ts';

type ArgsOf<P extends ProgramName> = Parameters<(typeof programs)[P]>[1];
type ResultOf<P extends ProgramName> = ReturnType<(typeof programs)[P]>;

/** A worker thread, as the main thread has it. */
export interface Thread {
  ask(question: Question): Promise<Answer>;
  /** Ends it, wherever it is. Resolves when it runs no more. */
  terminate(): Promise<void>;
}

/** Where the threads come from: Node, a browser, or another place that has some. */
export interface Host {
  start(): Promise<Thread>;
}

/** What is counted at the end of a clause. */
export type Counts = Pick<Stats, 'pids' | 'tasks' | 'namespaces'>;

/** One allocator, and all threads attached to it: the main thread is number 0. */
export interface Stage {
  /** The main thread's view. */
  readonly a: PidAllocator;
  /** All threads perform the same, from the same instant on. Results are in the order of the threads. */
  all<P extends ProgramName>(program: P, args: ArgsOf<P>): Promise<ResultOf<P>[]>;
  /** Each thread has a part of its own, the main thread the first. Those for whom there is none rest. */
  cast<Parts extends readonly Part[]>(...parts: Parts): Promise<ResultsOf<Parts>>;
  /**
   * Lets all workers perform a program that has no end. When each has come round so many times, the first is terminated, wherever
   * it then is, and declared gone. `then` is called, the others come round as often again, and they are told to stop. A new
   * worker takes the place.
   */
  lose<P extends ProgramName>(program: P, args: ArgsOf<P>, rounds: number, then: () => void): Promise<void>;
  /** All are at rest: wherever one looks from, exactly that is in use and all invariants hold. */
  rest(counts: Counts): Promise<void>;
  /** The same after a worker was lost: nothing but leaks is said. */
  restAfterLoss(): Promise<void>;
}

/** A program and what it is told. */
export type Part = { readonly [P in ProgramName]: readonly [program: P, args: ArgsOf<P>] }[ProgramName];

type ResultsOf<Parts extends readonly Part[]> = { [I in keyof Parts]: ResultOf<Parts[I][0]> };

/** What a clause is given. */
export interface Arena {
  readonly traits: Traits;
  /** Threads that take part, the main one included. */
  readonly size: number;
  /** Numbers that a worker claims at once. */
  readonly window: number;
  /** Of all random choices. */
  readonly seed: number;
  /** A new shared allocator with all threads attached. It is closed after the clause. */
  open(options?: PidAllocatorOptions): Promise<Stage>;
  /** Lets all workers detach from what is open, and checks that this changes nothing. */
  clear(): Promise<void>;
}

/** An arena that can be ended. */
export interface OpenArena extends Arena {
  /** Ends all threads, wherever they are. */
  end(): Promise<void>;
}

const SMALL: PidAllocatorOptions = { capacity: 4096, namespaces: 64, shared: true };

/** `workers` threads beside this one, which import the strategy from `url`. */
export async function createArena(
  host: Host,
  strategy: Strategy,
  url: string,
  { workers, window, seed }: { readonly workers: number; readonly window: number; readonly seed: number },
): Promise<OpenArena> {
  const threads = await Promise.all(Array.from({ length: workers }, () => host.start()));
  const open = new Set<{ close(): Promise<void> }>();
  const attach = joiningOf(strategy);
  // A strategy that knows of no windows has that of one number.
  const ofWindow = window === 1 ? {} : { window };
  let runs = 0;
  let stages = 0;

  async function openStage(options: PidAllocatorOptions = {}): Promise<Stage> {
    const a = strategy.createPidAllocator(
      'snapshot' in options
        ? { ...options, shared: true }
        : { ...SMALL, workers: workers + 1, ...ofWindow, ...options },
    );
    const descriptor = a.share();
    const stage = stages++;
    const slots = await Promise.all(threads.map((thread) => join(thread)));
    function join(thread: Thread): Promise<number> {
      return asked(thread, { ask: 'attach', stage, url, descriptor }) as Promise<number>;
    }
    const cast = async (...of: readonly Part[]): Promise<never> => {
      const [mine, ...others] = partsOf(of);
      const answers = others.map((part, i) => threads[i].ask({ ask: 'perform', stage, ...part }));
      const own = performed(a, mine, attach);
      return valuesOf([own, ...(await Promise.all(answers))]) as never;
    };
    const all = (...part: Part): Promise<never> => cast(...Array<Part>(threads.length + 1).fill(part));
    const lookAround = async (): Promise<ResultOf<'look'>[]> => await all('look', {});
    open.add({
      async close() {
        const before = JSON.stringify(countsOf(a));
        await Promise.all(threads.map((thread) => asked(thread, { ask: 'detach', stage })));
        const after = JSON.stringify(countsOf(a));
        if (after !== before)
          throw new Error(`with all workers attached there were ${before}, and after they left ${after}`);
        mustHold(a.checkInvariants(), lost);
      },
    });
    let lost = false;
    return {
      a,
      cast,
      all: (program, args) => all(...([program, args] as unknown as Part)),
      async lose(program, args, rounds, then) {
        const commons = createCommons();
        const part = [program, args] as unknown as Part;
        const parts = partsOf(Array<Part>(threads.length).fill(part), commons);
        const answers = threads.map((thread, i) => thread.ask({ ask: 'perform', stage, ...parts[i] }));
        const all = [...threads.keys()];
        await comeRound(commons, all, rounds);
        await threads[0].terminate();
        a.declareGone(slots[0]);
        lost = true;
        then();
        await comeRound(commons, all.slice(1), rounds);
        stop(commons);
        valuesOf(await Promise.all(answers.slice(1)));
        threads[0] = await host.start();
        slots[0] = await join(threads[0]);
      },
      async rest(counts) {
        for (const { counts: found, findings } of await lookAround()) {
          mustHold(findings, false);
          if (JSON.stringify(found) !== JSON.stringify(counts))
            throw new Error(`at rest there are ${JSON.stringify(found)}, not ${JSON.stringify(counts)}`);
        }
      },
      async restAfterLoss() {
        for (const { findings } of await lookAround()) mustHold(findings, true);
      },
    };
  }

  function partsOf(of: readonly Part[], commons: SharedArrayBuffer = createCommons()): Performance[] {
    const run = seed + 104_729 * runs++;
    return of.map(([program, args], me) => ({ program, args, commons, me, size: of.length, seed: run }));
  }

  return {
    traits: strategy.traits,
    size: workers + 1,
    window,
    seed,
    open: openStage,
    async clear() {
      for (const stage of open) await stage.close();
      open.clear();
    },
    async end() {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}

function performed(a: PidAllocator, part: Performance, attach: AttachPidAllocator): Answer {
  try {
    return { value: perform(a, part, attach) };
  } catch (error) {
    return answerOf(error);
  }
}

function countsOf(a: PidAllocator): Counts {
  const { pids, tasks, namespaces } = a.stats();
  return { pids, tasks, namespaces };
}

/** Nothing is violated, nor leaked unless something was lost. */
function mustHold({ violations, leaked }: Findings, lost: boolean): void {
  const broken = lost ? violations : [...violations, ...leaked];
  if (broken.length > 0) throw new Error(`checkInvariants(): ${broken.slice(0, 5).join('; ')}`);
}

async function asked(thread: Thread, question: Question): Promise<unknown> {
  return valuesOf([await thread.ask(question)])[0];
}

/** Throws what the first thread threw that was not merely left alone by another. */
function valuesOf(answers: readonly Answer[]): unknown[] {
  const errors = answers.flatMap((answer, thread) => ('error' in answer ? [{ ...answer, thread }] : []));
  const first = errors.find(({ name }) => name !== 'Abandoned') ?? errors[0];
  if (first !== undefined) throw new Error(`thread ${first.thread}: ${first.error}`);
  return answers.map((answer) => ('value' in answer ? answer.value : undefined));
}
