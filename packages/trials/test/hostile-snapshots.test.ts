import { choices } from '@pidlab/conformance/random';
import { BUILTINS } from '@pidlab/conformance/strategies';
import { PidBug } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { busy, type Change, refusedOrWorks, rewritten, wordsOf } from '../src/fuzz/snapshots.ts';

/** All values for every word, and not one of six, which the seed draws (`npm test -- --long`). */
const isLong = process.env.PIDLAB_LONG === '1';
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const strategies = await Promise.all(Object.values(BUILTINS).map(({ load }) => load()));

describe.each(strategies)('a snapshot of $traits.strategy with a checksum that fits', (strategy) => {
  const snapshot = busy(strategy).snapshot();
  const { body, used } = wordsOf(snapshot);

  function tried(...changes: Change[]): 'refused' | 'works' {
    try {
      return refusedOrWorks(strategy, rewritten(snapshot, changes), false) ? 'works' : 'refused';
    } catch (error) {
      const what = changes.map(([at, value]) => `word ${at}: ${body[at]} became ${value}`).join(', ');
      throw new Error(`${what}, and then: ${error}`, { cause: error });
    }
  }

  test('works as it was', () => expect(tried()).toBe('works'));

  test(`is refused or works, whichever word of it is another (seed ${SEED})`, { timeout: 300_000 }, () => {
    const { below } = choices(5);
    const counts = { refused: 0, works: 0 };
    for (const at of used) {
      const all = [0, -1, body[at] + 1, body[at] - 1, body[at] ^ (1 << below(32)), body[used[below(used.length)]]];
      // In turn, so that neighbouring fields get different ones.
      const values = isLong ? all : [all[(at + SEED) % all.length]];
      for (const value of values) if (value !== body[at]) counts[tried([at, value])]++;
    }
    for (let i = 0; i < (isLong ? 600 : 100); i++) {
      const at = below(body.length);
      if (body[at] === 0) counts[tried([at, body[used[below(used.length)]]])]++;
    }
    expect(counts.refused).toBeGreaterThan(used.length / (isLong ? 1 : 2));
  });

  test('is refused, or its invariants hold, when several words are others', { timeout: 300_000 }, () => {
    const { below } = choices(6);
    const word = () => used[below(used.length)];
    for (let i = 0; i < (isLong ? 1500 : 250); i++) {
      const changes = Array.from({ length: 2 + below(5) }, () => [word(), body[word()] + below(3) - 1] as const);
      try {
        expect(
          strategy.createPidAllocator({ snapshot: rewritten(snapshot, changes) }).checkInvariants().violations,
        ).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(PidBug);
      }
    }
  });
});

test.each(strategies)('no lock in a pid of a shared block of $traits.strategy is believed', (strategy) => {
  const a = busy(strategy, true);
  const [live, dead, free] = [a.allocPid(a.initPidNs), a.allocPid(a.initPidNs), a.allocPid(a.initPidNs)];
  a.getPid(dead);
  a.freePid(dead);
  a.freePid(free);
  const snapshot = a.snapshot();
  const { body } = wordsOf(snapshot);
  for (const pid of [live, dead, free]) {
    // The lower half of a handle is the record's line.
    const start = (pid % 2 ** 24) * 16;
    for (let at = start; at < start + 16; at++)
      for (const lock of [-(2 ** 31), -(2 ** 31) + 11, 3]) {
        const changed: Change = [at, lock];
        try {
          refusedOrWorks(strategy, rewritten(snapshot, [changed]), true);
        } catch (error) {
          throw new Error(`word ${at - start}: ${body[at]} became ${lock}, and then: ${error}`, { cause: error });
        }
      }
  }
});
