import { PID_MAX_LIMIT, PidError } from '@pidlab/contract';
import { describe, expect, test } from 'vitest';
import { BUILTINS } from '../src/strategies/builtins.ts';
import { plan } from '../src/suite/run.ts';

const strategies = await Promise.all(Object.values(BUILTINS).map(({ load }) => load()));
/** The millions are for when there is time: `npm test -- --long`. */
const isLong = process.env.PIDLAB_LONG === '1';

describe.each(strategies)('$traits.strategy at full size', (strategy) => {
  test('the clauses about sheer size are among those that run: a full namespace, all spaces, 100,000 namespaces', () => {
    const ofScale = (scale: boolean) => plan(strategy, { scale }).filter(({ clause }) => clause.scale);
    expect(ofScale(true).map(({ clause }) => clause.id)).toEqual(
      expect.arrayContaining(['PIDMAP-42', 'NS-29', 'NS-30']),
    );
    expect(ofScale(false)).toEqual([]);
  });

  if (!isLong) return;

  test('each of 4,194,303 pids is found by its number, they end in any order, and nothing is left of them', () => {
    const a = strategy.createPidAllocator({ capacity: PID_MAX_LIMIT, pidMax: PID_MAX_LIMIT });
    const root = a.initPidNs;
    const pids = new Float64Array(PID_MAX_LIMIT);
    for (let nr = 1; nr < PID_MAX_LIMIT; nr++) pids[nr] = a.allocPid(root);
    expect(() => a.allocPid(root)).toThrow(PidError);
    let wrong = 0;
    for (let nr = 1; nr < PID_MAX_LIMIT; nr++) if (a.findPidNs(nr, root) !== pids[nr]) wrong++;
    for (let nr = 1; nr < PID_MAX_LIMIT; nr += 1009)
      if (a.pidNrNs(pids[nr] as ReturnType<typeof a.allocPid>, root) !== nr) wrong++;
    expect(wrong).toBe(0);
    expect(a.checkInvariants().violations).toEqual([]);

    const { usedBytes } = a.stats();
    // An odd step through a power of two comes by every number once, far from the one before.
    for (let i = 1; i <= PID_MAX_LIMIT; i++) {
      const nr = Math.imul(i, 1_234_567) & (PID_MAX_LIMIT - 1);
      if (nr !== 0) a.freePid(pids[nr] as ReturnType<typeof a.allocPid>);
    }
    expect(a.stats()).toMatchObject({ pids: 0, usedBytes });
    expect(a.nextPidmap(root, 0)).toBeUndefined();
    expect(a.findGePid(0, root)).toBeUndefined();
    expect(a.checkInvariants().violations).toEqual([]);
  });
});
