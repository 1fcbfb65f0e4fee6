import type { Strategy } from '@pidlab/contract';
import { afterAll, describe, test } from 'vitest';
import { plan, type RunOptions } from './suite/run.ts';
import { drawSeed, SHARED, type SharedOptions, sharedClauses } from './threads/index.ts';
import { nodeHost } from './threads/node.ts';
import { createRunner, LIMIT_MS } from './threads/runner.ts';

/**
 * States every clause as a test of its own, in the test file that calls this:
 *
 * ```ts
 * import { describeConformance } from '@pidlab/conformance/vitest';
 * import * as strategy from '../src/index.ts';
 *
 * describeConformance(strategy);
 * ```
 */
export function describeConformance(strategy: Strategy, options: RunOptions = {}): void {
  const name = strategy.traits.strategy;
  for (const [scope, ofScope] of grouped(plan(strategy, options), (c) => c.scope.name)) {
    for (const [chapter, cases] of grouped(ofScope, (c) => `${c.chapter.id}: ${c.chapter.title}`)) {
      describe(`${name}, ${scope}: ${chapter}`, () => {
        for (const { clause, run } of cases) {
          test(`${clause.id} ${clause.sentence} [${clause.source}]`, { timeout: LIMIT_MS }, run);
        }
      });
    }
  }
}

/**
 * States every clause of chapter SHARED as a test of its own; none for a strategy that cannot be shared. `url` is the same
 * module, from which the worker threads import it: plain JavaScript, since Node loads it there.
 */
export function describeShared(strategy: Strategy, url: string, options: SharedOptions = {}): void {
  const { workers = 2, window = 1, seed = drawSeed(), clauses, limitMs = LIMIT_MS } = options;
  if (!strategy.traits.shared) return;
  const who = `${strategy.traits.strategy}, ${workers + 1} threads${window === 1 ? '' : `, window ${window}`}, seed ${seed}`;
  describe(`${who}: ${SHARED.id}: ${SHARED.title}`, () => {
    const runner = createRunner(nodeHost, strategy, url, { workers, window, seed, limitMs });
    afterAll(() => runner.end());
    for (const clause of sharedClauses) {
      const { id, sentence, source } = clause;
      if (clauses !== undefined && !clauses.includes(id)) continue;
      test(`${id} ${sentence} [${source}]`, { timeout: 2 * limitMs }, () => runner.run(clause));
    }
  });
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
