import type { PidAllocator, Strategy } from '@pidlab/contract';
import { bind, type Chapter, type Clause, SCOPES, type Scope } from './chapter.ts';
import { chapters as allChapters } from './chapters/index.ts';

/** Which part of the suite to run; everything when nothing is said. */
export interface RunOptions {
  /** The chapters. */
  readonly chapters?: readonly Chapter[];
  /** Only clauses with these ids. */
  readonly clauses?: readonly string[];
  /** Only in these scopes. */
  readonly scopes?: readonly Scope['name'][];
  /** Whether the clauses about sheer size run too. Default: true. */
  readonly scale?: boolean;
  /** Whether, where the design can be shared, everything runs a second time on shared allocators. Default: true. */
  readonly shared?: boolean;
  /** What shared allocators are made with: numbers that a worker claims at once. Default: 1. */
  readonly window?: number;
  /** Stop at the first failure. Default: false. */
  readonly bail?: boolean;
}

/** How a clause went. */
export interface ClauseResult {
  readonly strategy: string;
  /** Where the clause was at home; `'workers'` for those of chapter SHARED. */
  readonly scope: Scope['name'] | 'workers';
  readonly chapter: string;
  /** The clause's id. */
  readonly clause: string;
  readonly sentence: string;
  readonly source: string;
  readonly status: 'passed' | 'failed';
  /** How long it took, in milliseconds, the walk over all invariants included. */
  readonly ms: number;
  /** What did not hold; only when it failed. */
  readonly message?: string;
  /** Where; only when it failed with an error. */
  readonly stack?: string;
}

/** One clause, bound to a strategy and a scope. */
export interface Case {
  readonly strategy: string;
  readonly scope: Scope;
  readonly chapter: Chapter;
  readonly clause: Clause;
  /** Throws when the clause does not hold, or when it leaves an allocator behind whose invariants do not. */
  readonly run: () => void;
}

/** Everything that is to run for a strategy, in order. Nothing has been created yet. */
export function plan(strategy: Strategy, options: RunOptions = {}): Case[] {
  const { chapters = allChapters, clauses, scopes, scale = true, shared = true, window } = options;
  const cases: Case[] = [];
  for (const scope of SCOPES) {
    if (scopes !== undefined && !scopes.includes(scope.name)) continue;
    if (scope.level > strategy.traits.maxLevel) continue;
    if (scope.shared && !(shared && strategy.traits.shared)) continue;
    for (const chapter of chapters) {
      let made: PidAllocator[] = [];
      for (const clause of bind(chapter, strategy, scope, (a) => made.push(a), window)) {
        if (clause.once && scope.level > 0) continue;
        if (clause.scale && !scale) continue;
        if (clauses !== undefined && !clauses.includes(clause.id)) continue;
        const run = (): void => {
          made = [];
          try {
            clause.body();
            for (const a of made) mustHold(a, clause.leaks);
          } finally {
            made = []; // blocks may be large; let go of them before the next clause
          }
        };
        cases.push({ strategy: strategy.traits.strategy, scope, chapter, clause, run });
      }
    }
  }
  return cases;
}

function mustHold(a: PidAllocator, leaks: boolean): void {
  const { violations, leaked } = a.checkInvariants();
  const broken = leaks ? violations : [...violations, ...leaked];
  if (broken.length > 0) throw new Error(`checkInvariants() after the clause: ${broken.slice(0, 5).join('; ')}`);
}

/** What a case is about, as its result says. */
export function aboutOf({ strategy, scope, chapter, clause }: Case): Omit<ClauseResult, 'status' | 'ms'> {
  const { id, sentence, source } = clause;
  return { strategy, scope: scope.name, chapter: chapter.id, clause: id, sentence, source };
}

/** Runs one case. Never throws. */
export function runCase(c: Case): ClauseResult {
  const about = aboutOf(c);
  const start = performance.now();
  try {
    c.run();
    return { ...about, status: 'passed', ms: performance.now() - start };
  } catch (error) {
    const ms = performance.now() - start;
    if (!(error instanceof Error)) return { ...about, status: 'failed', ms, message: `threw ${describe(error)}` };
    const message = error.message === '' ? error.name : error.message;
    return { ...about, status: 'failed', ms, message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
  }
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that cannot be shown';
  }
}

/**
 * Runs the suite on a strategy and reports each clause as it is done. Lets the event loop turn between clauses, so that a
 * page or a progress line stays alive.
 */
export async function* runConformance(
  strategy: Strategy,
  options: RunOptions = {},
): AsyncGenerator<ClauseResult, void> {
  for (const c of plan(strategy, options)) {
    const result = runCase(c);
    yield result;
    if (options.bail === true && result.status === 'failed') return;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
