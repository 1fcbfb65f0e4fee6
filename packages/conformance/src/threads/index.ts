/**
 * Chapter SHARED: several real threads on one allocator, in Node or in a browser.
 *
 * @packageDocumentation
 */
import type { Strategy } from '@pidlab/contract';
import type { ClauseResult } from '../suite/run.ts';
import type { Host } from './arena.ts';
import { SHARED, type SharedClause, sharedClauses } from './clauses.ts';
import { createRunner, LIMIT_MS, type Runner } from './runner.ts';

export type { Arena, Counts, Host, Part, Stage, Thread } from './arena.ts';
export { SHARED, type SharedClause, sharedClauses } from './clauses.ts';

/** How to run the chapter. */
export interface SharedOptions {
  /** Threads beside the main one. Default: 2. */
  readonly workers?: number;
  /** Numbers that a worker claims at once. Default: 1. */
  readonly window?: number;
  /** Of all random choices. Threads still meet as they happen to. Default: drawn. */
  readonly seed?: number;
  /** Only clauses with these ids. */
  readonly clauses?: readonly string[];
  /** Milliseconds for one clause; one that takes longer has failed. Default: five minutes. */
  readonly limitMs?: number;
  /** Stop at the first failure. Default: false. */
  readonly bail?: boolean;
}

/** A seed for when nobody said one. */
export function drawSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

/**
 * Runs the chapter on a strategy whose `traits.shared` is true, and reports each clause as it is done; yields nothing for
 * another. `url` is what the workers import it from; `host` says where they come from.
 */
export async function* runShared(
  host: Host,
  strategy: Strategy,
  url: string,
  { workers = 2, window = 1, seed = drawSeed(), clauses, limitMs = LIMIT_MS, bail = false }: SharedOptions = {},
): AsyncGenerator<ClauseResult, void> {
  if (!strategy.traits.shared) return;
  const runner = createRunner(host, strategy, url, { workers, window, seed, limitMs });
  try {
    for (const clause of sharedClauses) {
      if (clauses !== undefined && !clauses.includes(clause.id)) continue;
      const result = await runSharedClause(runner, strategy.traits.strategy, clause, seed);
      yield result;
      if (bail && result.status === 'failed') return;
    }
  } finally {
    await runner.end();
  }
}

/** What a clause is about, as its result says. */
export function aboutOf(strategy: string, { id, sentence, source }: SharedClause): Omit<ClauseResult, 'status' | 'ms'> {
  return { strategy, scope: 'workers', chapter: SHARED.id, clause: id, sentence, source };
}

/** Runs one clause. Never throws. */
export async function runSharedClause(
  runner: Runner,
  strategy: string,
  clause: SharedClause,
  seed: number,
): Promise<ClauseResult> {
  const about = aboutOf(strategy, clause);
  const start = performance.now();
  try {
    await runner.run(clause);
    return { ...about, status: 'passed', ms: performance.now() - start };
  } catch (error) {
    const ms = performance.now() - start;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const where = stack === undefined ? {} : { stack };
    return { ...about, status: 'failed', ms, message: `${message} (seed ${seed})`, ...where };
  }
}
