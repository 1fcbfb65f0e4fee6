import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { sameWithin } from '../src/noise.ts';
import { type LogMean, logMean, type Prior, priorOf, spreadOf } from '../src/statistics.ts';
import {
  type Bounds,
  chanceOf,
  comparisonOf,
  errorOf,
  judge,
  judgePlain,
  MARGIN,
  type Verdict,
} from '../src/verdict.ts';

const LOOKS = [2, 3, 5, 8, 12];

function normal(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  const uniform = () => (uniformInt(random, 0, 0x7ffffffe) + 1) / 0x80000000;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function found(value: number, half: number): LogMean {
  // With very many degrees of freedom a 5 % interval is 1.96 deviations wide.
  return { mean: Math.log(value), variance: (Math.log(1 + half) / 1.96) ** 2, df: 1e6, rounds: 9 };
}

describe('a goal', () => {
  it.each<[value: number, half: number, bounds: Bounds, verdict: Verdict]>([
    [3.5, 0.1, { atLeast: 3 }, 'met'],
    [2.5, 0.1, { atLeast: 3 }, 'missed'],
    [3.2, 0.1, { atLeast: 3 }, 'too few rounds'],
    [3.06, 0.01, { atLeast: 3 }, 'at the limit'],
    [2.94, 0.01, { atLeast: 3 }, 'at the limit'],
    [3.06, 0.06, { atLeast: 3 }, 'too few rounds'],
    [3.3, 0.01, { atLeast: 3 }, 'met'],
    [0.9, 0.05, { atMost: 1 }, 'met'],
    [1.2, 0.05, { atMost: 1 }, 'missed'],
    [1.001, 0.01, { atMost: 1 }, 'at the limit'],
  ])('%d ± %d against %j is %s', (value, half, bounds, verdict) => {
    expect(judge(found(value, half), bounds, 0.05)).toBe(verdict);
  });

  it('has too few rounds where there is no mean, and the words of a comparison', () => {
    expect(judge(undefined, { atMost: 1 }, 0.05)).toBe('too few rounds');
    expect((['met', 'missed', 'at the limit', 'too few rounds'] as const).map(comparisonOf)).toEqual([
      'faster',
      'slower',
      'same',
      'too few rounds',
    ]);
  });

  it('is met or missed by exact values as they are, and by values without logarithm where all agree', () => {
    const exact = (value: number) =>
      judgePlain({ value, range: [value, value], rounds: 1, exact: true }, { atMost: 80 });
    expect([exact(80), exact(80.1)]).toEqual(['met', 'missed']);
    const plain = (low: number, high: number, rounds: number) =>
      judgePlain({ value: low, range: [low, high], rounds }, { atMost: 10 });
    expect([plain(0, 4, 2), plain(0, 12, 9), plain(0, 4, 1)]).toEqual(['met', 'too few rounds', 'too few rounds']);
  });
});

describe('what counts as the same', () => {
  it.each([
    [0, 1.05],
    [0.02, 1.05],
    [0.03, Math.exp(1.96 * 0.03)],
    [0.04, Math.exp(1.96 * 0.04)],
    [0.05, 1.1],
    [0.3, 1.1],
  ])('where rounds spread by %d is within %d', (sigma, within) => {
    expect(sameWithin({ variance: sigma ** 2 })).toBeCloseTo(within, 12);
  });
});

describe('the chance of a look', () => {
  const look = { rounds: 5, error: errorOf(LOOKS), margin: MARGIN };

  it('is as high as such looks decide often, wherever the truth lies', () => {
    const next = normal(11);
    const random = xoroshiro128plus(12);
    const sigma = 0.05;
    const prior: Prior = { variance: sigma ** 2, df: Number.POSITIVE_INFINITY, known: 100 };
    const tries = [0, 1, 2, 3].map(() => ({ said: 0, decided: 0, count: 0 }));
    for (let i = 0; i < 20_000; i++) {
      const truth = Math.log(3) + (uniformInt(random, 0, 600) - 300) / 1_000;
      const logs = Array.from({ length: 3 }, () => truth + sigma * next());
      const before = logMean(logs, prior) as LogMean;
      if (judge(before, { atLeast: 3 }, look.error) !== 'too few rounds') continue;
      const said = chanceOf(before, { atLeast: 3 }, look);
      const after = logMean([...logs, truth + sigma * next(), truth + sigma * next()], prior);
      const each = tries[Math.min(3, Math.floor(4 * said))];
      each.count++;
      each.said += said;
      if (judge(after, { atLeast: 3 }, look.error) !== 'too few rounds') each.decided++;
    }
    for (const { said, decided, count } of tries) {
      expect(count).toBeGreaterThan(100);
      expect(Math.abs(said - decided) / count).toBeLessThan(0.03);
    }
  });

  it('is higher the further off the limit, and at the limit itself where the spread is small', () => {
    const chances = [1, 1.1, 1.2, 1.4].map((value) =>
      chanceOf(found(value, 0.2), { atMost: 1 }, { ...look, rounds: 12 }),
    );
    expect(chances).toEqual([...chances].sort((a, b) => a - b));
    expect(chances[0]).toBeLessThan(0.05);
    expect(chanceOf(found(1, 0.01), { atMost: 1 }, { ...look, rounds: 12 })).toBeGreaterThan(0.99);
  });
});

/** What becomes of comparisons whose true ratio is `truth`, looked at as the runner does; each scenario has 12 of them. */
function verdicts(
  seed: number,
  truth: number,
  bounds: Bounds,
  sigma: number,
  looks: readonly number[] = LOOKS,
  error = errorOf(looks),
) {
  const next = normal(seed);
  const counts: Record<string, number> = { met: 0, missed: 0, 'at the limit': 0, 'too few rounds': 0 };
  const scenarios = 250;
  for (let i = 0; i < scenarios; i++) {
    const rows = Array.from({ length: 12 }, (_, at) => {
      const own = sigma * 1.8 ** (at / 11 - 0.5);
      return {
        rounds: [] as number[],
        draw: () => Math.log(truth) + own * next(),
        verdict: 'too few rounds' as Verdict,
      };
    });
    for (const look of looks) {
      const open = rows.filter(({ verdict }) => verdict === 'too few rounds');
      for (const row of open) while (row.rounds.length < look) row.rounds.push(row.draw());
      // What is decided still lends its spread, as in a run.
      const prior: Prior = priorOf(rows.map(({ rounds }) => spreadOf(rounds)));
      for (const row of open) row.verdict = judge(logMean(row.rounds, prior), bounds, error);
    }
    for (const { verdict } of rows) counts[verdict]++;
  }
  return Object.fromEntries(Object.entries(counts).map(([verdict, count]) => [verdict, count / (12 * scenarios)]));
}

describe('looking again and again', () => {
  const atLeast3 = { atLeast: 3 };

  it.each([0.03, 0.1, 0.3])('errs 5 times in 100 at most where the truth is the limit itself (spread %d)', (sigma) => {
    const { met, missed } = verdicts(1, 3, atLeast3, sigma);
    expect(met + missed).toBeLessThan(0.05);
  });

  it('would err three times as often if each look took all of it', () => {
    const { met, missed } = verdicts(2, 3, atLeast3, 0.3, LOOKS, 0.05);
    expect(met + missed).toBeGreaterThan(0.1);
  });

  it.each([MARGIN, 1 / MARGIN])('says "at the limit" 5 times in 100 at most where it is just not (%d)', (off) => {
    expect(verdicts(3, 3 * off, atLeast3, 0.04)['at the limit']).toBeLessThan(0.05);
  });

  it('hardly ever says "missed" of what is met, or "met" of what is missed, by the margin', () => {
    expect(verdicts(4, 3 * MARGIN, atLeast3, 0.05).missed).toBeLessThan(0.005);
    expect(verdicts(5, 3 / MARGIN, atLeast3, 0.05).met).toBeLessThan(0.005);
  });

  it('decides what is not close, mostly at the first looks', () => {
    expect(verdicts(6, 6, atLeast3, 0.1).met).toBeGreaterThan(0.99);
    expect(verdicts(7, 6, atLeast3, 0.1, [2, 3]).met).toBeGreaterThan(0.95);
    expect(verdicts(8, 2, atLeast3, 0.1).missed).toBeGreaterThan(0.99);
    expect(verdicts(9, 3, atLeast3, 0.02)['at the limit']).toBeGreaterThan(0.9);
  });

  it('calls a subject and its twin faster or slower 5 times in 100 at most', () => {
    const { met, missed } = verdicts(10, 1, { atMost: 1 }, 0.08);
    expect(met + missed).toBeLessThan(0.05);
  });
});
