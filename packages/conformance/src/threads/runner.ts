/** Runs clauses about several threads one by one, so that one that fails or never ends leaves nothing to the next. */
import type { Strategy } from '@pidlab/contract';
import { createArena, type Host, type OpenArena } from './arena.ts';
import type { SharedClause } from './clauses.ts';

/** Milliseconds for one clause, unless somebody says otherwise: no clause takes more than seconds, even on a busy machine. */
export const LIMIT_MS = 300_000;

/** What to run clauses with. */
export interface Settings {
  /** Threads beside the main one. */
  readonly workers: number;
  /** Numbers that a worker claims at once. */
  readonly window: number;
  /** Of all random choices. */
  readonly seed: number;
  /** Milliseconds for one clause. */
  readonly limitMs: number;
}

export interface Runner {
  /** Throws when the clause does not hold, or is not over in time. */
  run(clause: SharedClause): Promise<void>;
  /** Ends all threads. */
  end(): Promise<void>;
}

/** Threads start with the first clause. Those of a clause that failed are ended, and the next one gets new ones. */
export function createRunner(
  host: Host,
  strategy: Strategy,
  url: string,
  { workers, window, seed, limitMs }: Settings,
): Runner {
  let arena: OpenArena | undefined;
  const end = async (): Promise<void> => {
    const ending = arena;
    arena = undefined;
    await ending?.end();
  };
  return {
    end,
    async run(clause) {
      arena ??= await createArena(host, strategy, url, { workers, window, seed });
      try {
        await inTime(runOn(arena, clause), limitMs);
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}

async function runOn(arena: OpenArena, clause: SharedClause): Promise<void> {
  await clause.run(arena);
  await arena.clear();
}

/** What `work` comes to. Throws when that takes longer; whatever it comes to then interests nobody. */
async function inTime(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(tooLong(limitMs))), limitMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

/** What is said of a clause that is not over in time. */
export function tooLong(limitMs: number): string {
  return `it was not over after ${limitMs / 1000} s: a call does not return`;
}
