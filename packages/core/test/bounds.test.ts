/** Limits: chains that are far too long are checked in proportion to their pids, and records that are used up are said to be. */
import { expect, test } from 'vitest';
import { bind } from '../src/border/bind.ts';
import { createState } from '../src/border/create.ts';
import { readOptions } from '../src/border/options.ts';
import { CACHE } from '../src/layout.ts';
import { TASK_CACHE } from '../src/memory/slab.ts';
import type { Design } from '../src/types.ts';
import { design, make } from './design.ts';

test('no number is looked up in a long chain', () => {
  let looked = 0;
  const counting: Design = {
    ...design,
    findPidNs: (...args) => {
      looked++;
      return design.findPidNs(...args);
    },
  };
  const s = createState(counting, readOptions(design, { memory: 2 ** 22, hash: 'kernel', pidMax: 30_000 }));
  const a = bind(s);
  for (let i = 0; i < 8_000; i++) a.allocPid(a.initPidNs);
  expect(a.checkInvariants().violations).toEqual([]);
  expect(looked).toBe(0);
});

test('that all records are used up is said, and what is left to do', () => {
  const { a, s } = make({ generationBase: 2 ** 29 - 1 });
  const message = (): string => {
    for (;;) {
      try {
        a.freeTask(a.allocTask());
      } catch (error) {
        return (error as Error).message;
      }
    }
  };
  expect(message()).toMatch(
    /all \d+ records of task have had all their lives .*free what is of another kind, or create a new allocator/,
  );
  expect(s.words[TASK_CACHE + CACHE.at.active]).toBe(0);
});
