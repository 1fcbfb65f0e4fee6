/** A worker that is declared gone, and goes on. */
import { CLONE_NEWPID, PidBug } from '@pidlab/contract';
import { expect, test, vi } from 'vitest';

vi.mock('../src/words/mode.ts', async (original) => ({ ...(await original<object>()), SHARED: true }));

import { bind } from '../src/border/bind.ts';
import { attachState, createState } from '../src/border/create.ts';
import { describeBlock } from '../src/border/descriptor.ts';
import { readOptions } from '../src/border/options.ts';
import { design } from './design.ts';

function scene() {
  const s = createState(design, readOptions(design, { memory: 2 ** 21, capacity: 64, shared: true, workers: 2 }));
  const b = bind(attachState(design, describeBlock(s)));
  return { s, a: bind(s), b };
}

test('it is not declared gone where it takes something while it is looked at, and nothing has changed', () => {
  const { s, a, b } = scene();
  for (const act of [
    () => b.allocTask(),
    () => b.allocPid(b.initPidNs),
    () => b.copyPidNs(CLONE_NEWPID, b.initPidNs),
  ]) {
    let looks = 0;
    Object.defineProperty(s.words, 'slice', {
      configurable: true,
      value(...args: [number, number]) {
        if (++looks === 50) act();
        return Int32Array.prototype.slice.apply(this, args);
      },
    });
    expect(() => a.declareGone(b.workerSlot)).toThrow(PidBug);
    expect(looks).toBeLessThan(60);
    expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
  }
  Reflect.deleteProperty(s.words, 'slice');
  b.freeTask(b.allocTask());
  a.declareGone(b.workerSlot);
  expect(a.checkInvariants()).toEqual({ violations: [], leaked: [] });
});
