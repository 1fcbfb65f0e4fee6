/**
 * Chapter SHARED: several real threads on one allocator, in Node or in a browser.
 *
 * @packageDocumentation
 */
import type { Strategy } from '@pidlab/contract';
import type { ClauseResult } from '../suite/run.ts';
import { createArena, type Host, type OpenArena } from './arena.ts';
import { SHARED, type SharedClause, sharedClauses } from './clauses.ts';

export type { Arena, Counts, Host, Part, Stage, Thread } from './arena.ts';
export { SHARED, type SharedClause, sharedClauses } from './clauses.ts';

/** How to run the chapter. */
export interface SharedOptions {
  /** Threads beside the main one. Default: 2. */
  readonly workers?: number;
  /** Of all random choices. Threads still meet as they happen to. Default: drawn. */
  readonly seed?: number;
  /** Only clauses with these ids. */
  readonly clauses?: readonly string[];
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
  { workers = 2, seed = drawSeed(), clauses, bail = false }: SharedOptions = {},
): AsyncGenerator<ClauseResult, void> {
  if (!strategy.traits.shared) return;
  const arena = await createArena(host, strategy, url, { workers, seed });
  try {
    for (const clause of sharedClauses) {
      if (clauses !== undefined && !clauses.includes(clause.id)) continue;
      const result = await runClause(strategy.traits.strategy, clause, arena);
      yield result;
      if (bail && result.status === 'failed') return;
    }
  } finally {
    await arena.end();
  }
}

/** Runs one clause. Never throws. */
async function runClause(strategy: string, clause: SharedClause, arena: OpenArena): Promise<ClauseResult> {
  const about = {
    ...{ strategy, scope: 'workers' as const, chapter: SHARED.id },
    ...{ clause: clause.id, sentence: clause.sentence, source: clause.source },
  };
  const start = performance.now();
  try {
    await clause.run(arena);
    await arena.clear();
    return { ...about, status: 'passed', ms: performance.now() - start };
  } catch (error) {
    const ms = performance.now() - start;
    arena.forget();
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const where = stack === undefined ? {} : { stack };
    return { ...about, status: 'failed', ms, message: `${message} (seed ${arena.seed})`, ...where };
  }
}
