import type { PidAllocator, Strategy } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { createModel } from '../src/model/index.ts';
import { type Chapter, chapter } from '../src/suite/chapter.ts';
import { type ClauseResult, plan, type RunOptions, runConformance } from '../src/suite/run.ts';
import { TRAITS } from './traits.ts';

const model: Strategy = { traits: TRAITS[0], createPidAllocator: createModel(TRAITS[0]) };

async function run(strategy: Strategy, options: RunOptions): Promise<ClauseResult[]> {
  const results: ClauseResult[] = [];
  for await (const result of runConformance(strategy, options)) results.push(result);
  return results;
}

function one(body: (t: { create(): PidAllocator }) => void): Chapter {
  return chapter('ONE', 'One clause', (t) => t.clause(1, 'a sentence', { source: 'here' }, () => body(t)));
}

describe('runConformance', () => {
  test('runs at the root and one level down', async () => {
    const results = await run(model, { chapters: [one(() => {})] });
    expect(results.map(({ scope, status }) => [scope, status])).toEqual([
      ['root', 'passed'],
      ['child', 'passed'],
    ]);
  });

  test('runs both again on shared allocators where the design can be shared', async () => {
    const asked: unknown[] = [];
    const shareable: Strategy = {
      traits: { ...model.traits, shared: true },
      createPidAllocator: (options) => {
        asked.push(options?.shared);
        return model.createPidAllocator({ ...options, shared: false });
      },
    };
    const chapters = [one((t) => void t.create())];
    const results = await run(shareable, { chapters });
    expect(results.map(({ scope }) => scope)).toEqual(['root', 'child', 'shared root', 'shared child']);
    expect(asked).toEqual([undefined, undefined, true, true]);
    expect(await run(shareable, { chapters, shared: false })).toHaveLength(2);
  });

  test('runs at the root only where the design has nothing below', async () => {
    const flatland = { traits: TRAITS[3], createPidAllocator: createModel(TRAITS[3]) };
    expect((await run(flatland, { chapters: [one(() => {})] })).map(({ scope }) => scope)).toEqual(['root']);
  });

  test('names clause, sentence and source of a failure, whatever is thrown', async () => {
    for (const thrown of [new Error('no'), 'no', undefined, { toString: () => assertNever() }]) {
      const [result] = await run(model, {
        chapters: [
          one(() => {
            throw thrown;
          }),
        ],
      });
      expect(result).toMatchObject({ clause: 'ONE-1', sentence: 'a sentence', source: 'here', status: 'failed' });
      expect(result.message).toBeTruthy();
    }
  });

  test('survives a clause that overflows the stack', async () => {
    const deeper = (): number => deeper() + 1;
    const results = await run(model, { chapters: [one(() => void deeper())] });
    expect(results.map(({ status }) => status)).toEqual(['failed', 'failed']);
  });

  test('fails a clause after which an invariant of any of its allocators does not hold', async () => {
    let made = 0;
    const sick: Strategy = {
      traits: model.traits,
      createPidAllocator: (options) => {
        const a = model.createPidAllocator(options);
        return {
          ...a,
          checkInvariants: () => ({ violations: ++made === 2 ? ['the second is sick'] : [], leaked: [] }),
        };
      },
    };
    const chapters = [
      one((t) => {
        t.create();
        t.create();
      }),
    ];
    const results = await run(sick, { chapters });
    expect(results[0].status).toBe('failed');
    expect(results[0].message).toContain('the second is sick');
    expect(results[1].status).toBe('passed');
  });

  test('stops at the first failure when told to', async () => {
    const chapters = [
      one(() => {
        throw new Error('no');
      }),
      one(() => {}),
    ];
    expect(await run(model, { chapters, bail: true })).toHaveLength(1);
  });

  test('leaves out what was not asked for', () => {
    expect(plan(model, { clauses: ['PIDMAP-1'] }).map((c) => c.clause.id)).toEqual(['PIDMAP-1', 'PIDMAP-1']);
    expect(plan(model, { scale: false }).filter((c) => c.clause.scale)).toEqual([]);
    expect(plan(model).filter((c) => c.clause.scale).length).toBeGreaterThan(0);
  });

  test('clauses do not depend on their order', async () => {
    const cases = plan(model, { scale: false }).reverse();
    for (const c of cases.filter((_, i) => i % 5 === 0)) c.run();
  });
});

function assertNever(): never {
  throw new Error('it cannot be shown');
}
