import type { Strategy } from '@pidlab/contract';
import { describe, test } from 'vitest';
import { plan, type RunOptions } from './run.ts';

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
          test(`${clause.id} ${clause.sentence} [${clause.source}]`, run);
        }
      });
    }
  }
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
