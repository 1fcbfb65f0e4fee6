import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PidBug } from '../src/errors.ts';
import { holdThread, threadEnd } from '../src/worker-end.ts';

afterEach(() => vi.unstubAllGlobals());

/** A thread that counts without end in the first word, and never listens. */
async function counting(): Promise<{ readonly worker: Worker; readonly words: Int32Array }> {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const source = `const { workerData } = require('node:worker_threads'); for (;;) Atomics.add(workerData, 0, 1);`;
  const worker = new Worker(source, { eval: true, workerData: words });
  while (Atomics.load(words, 0) === 0) await setTimeout(1);
  return { worker, words };
}

describe('in Node', () => {
  test('a thread that was terminated does nothing more once it has ended', async () => {
    const { worker, words } = await counting();
    let hasEnded = false;
    const end = threadEnd(worker).then(() => {
      hasEnded = true;
    });
    await setTimeout(20);
    expect(hasEnded).toBe(false);
    void worker.terminate();
    await end;
    const count = Atomics.load(words, 0);
    await setTimeout(20);
    expect(Atomics.load(words, 0)).toBe(count);
  });

  test('one that ended before is known to have', async () => {
    const { worker } = await counting();
    await worker.terminate();
    await threadEnd(worker);
  });

  test('no lock is needed', async () => expect(await holdThread()).toBeUndefined());
});

/** As in a browser: one holder of each name at a time, in the order of asking. */
class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  request(name: string, whenHeld: () => Promise<void> | undefined): Promise<unknown> {
    const held = (this.#tails.get(name) ?? Promise.resolve()).then(whenHeld);
    this.#tails.set(name, held);
    return held;
  }

  /** What a browser does when a thread is gone. */
  letGo(name: string): void {
    this.#tails.delete(name);
  }
}

describe('in a browser', () => {
  function browser(): Locks {
    const locks = new Locks();
    vi.stubGlobal('process', undefined);
    vi.stubGlobal('navigator', { locks });
    return locks;
  }

  test('a thread has ended when its lock is free', async () => {
    const locks = browser();
    const hold = await holdThread();
    let hasEnded = false;
    void threadEnd({}, hold).then(() => {
      hasEnded = true;
    });
    for (let i = 0; i < 10; i++) await Promise.resolve();
    expect(hasEnded).toBe(false);
    locks.letGo(hold as string);
    await threadEnd({}, hold);
  });

  test('another name than that of a held lock is refused, and so is none', async () => {
    browser();
    await expect(threadEnd({}, 'mine')).rejects.toThrow(/threadEnd: hold has to be what holdThread/);
    await expect(threadEnd({})).rejects.toThrow(PidBug);
  });
});

test.each(['Deno', 'Bun'])('in %s it is said that it cannot be known', async (name) => {
  vi.stubGlobal(name, {});
  vi.stubGlobal('navigator', {});
  expect(await holdThread()).toBeUndefined();
  await expect(threadEnd({ threadId: 1, once() {} })).rejects.toThrow(`it cannot be known in ${name} when`);
});
