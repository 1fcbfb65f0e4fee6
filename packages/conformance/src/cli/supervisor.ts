/** Runs the suite in a thread of its own, and goes on with a new one when a clause does not return. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Strategy } from '@pidlab/contract';
import { type Loaded, UsageError } from '../strategies/index.ts';
import { aboutOf as aboutCase, type ClauseResult, plan, type RunOptions } from '../suite/run.ts';
import { type SharedClause, sharedClauses } from '../threads/clauses.ts';
import { aboutOf as aboutShared } from '../threads/index.ts';
import { type Settings, tooLong } from '../threads/runner.ts';

/** What the thread is started with. All of it can be posted, so clauses are named and not handed over. */
export interface Start {
  readonly url: string;
  readonly options: Omit<RunOptions, 'chapters'>;
  /** For the clauses about several threads with these ids. */
  readonly ofThreads: Settings & { readonly clauses: readonly string[] };
}

/** Those of the clauses about several threads that are to run for a strategy. */
export function sharedOf(strategy: Strategy, { clauses }: Start['ofThreads']): SharedClause[] {
  return strategy.traits.shared ? sharedClauses.filter(({ id }) => clauses.includes(id)) : [];
}

/** What each result is going to be about, in their order. */
export function aboutAll({ strategy }: Loaded, { options, ofThreads }: Omit<Start, 'url'>): About[] {
  return [
    ...plan(strategy, options).map(aboutCase),
    ...sharedOf(strategy, ofThreads).map((clause) => aboutShared(strategy.traits.strategy, clause)),
  ];
}

type About = Omit<ClauseResult, 'status' | 'ms'>;

/**
 * All results, as they come. A clause that is not over after `limitMs` has failed, and so has one that ends its thread. What a
 * module prints goes to the standard error output, so that reports stay whole.
 */
export async function* runSupervised(
  loaded: Loaded,
  what: Omit<Start, 'url'>,
  limitMs: number,
): AsyncGenerator<ClauseResult> {
  let thread: Worker | undefined;
  try {
    for (const [index, about] of aboutAll(loaded, what).entries()) {
      thread ??= await startThread({ url: loaded.url, ...what });
      const start = performance.now();
      try {
        // Several threads are looked after in there, as long as that thread itself comes back.
        yield await answer(thread, index, about.scope === 'workers' ? 2 * limitMs : limitMs);
      } catch (error) {
        await thread.terminate();
        thread = undefined;
        const { message } = error as Error;
        yield { ...about, status: 'failed', ms: performance.now() - start, message };
      }
    }
  } finally {
    await thread?.terminate();
  }
}

/** Resolves when the thread has loaded the strategy, which is nobody's clause. */
async function startThread(start: Start): Promise<Worker> {
  const thread = new Worker(new URL('./suite-thread.js', import.meta.url), { workerData: start, stdout: true });
  thread.stdout.pipe(process.stderr);
  try {
    await once(thread, 'message');
  } catch (error) {
    throw new UsageError(`${start.url} cannot be loaded by a worker thread: ${(error as Error).message}`);
  }
  return thread;
}

/** What the thread answers. Throws when it does not in time, or ends before. */
async function answer(thread: Worker, index: number, limitMs: number): Promise<ClauseResult> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(tooLong(limitMs)), limitMs);
  const ended = (): void => over.abort('it ended the thread that it ran in');
  thread.once('exit', ended);
  try {
    thread.postMessage(index);
    const [result] = (await once(thread, 'message', { signal: over.signal })) as [ClauseResult];
    return result;
  } catch (error) {
    throw over.signal.aborted ? new Error(String(over.signal.reason)) : error;
  } finally {
    clearTimeout(timer);
    thread.off('exit', ended);
  }
}
