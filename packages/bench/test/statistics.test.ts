import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { summed } from '../src/measure.ts';
import {
  digamma,
  estimateValues,
  halfWidth,
  logMean,
  logRatios,
  moderate,
  type Prior,
  priorOf,
  ratio,
  type Spread,
  spreadOf,
  sumOf,
  trigamma,
} from '../src/statistics.ts';

/** Normal deviates, the same every time. */
function normal(seed: number): () => number {
  const random = xoroshiro128plus(seed);
  const uniform = () => (uniformInt(random, 0, 0x7ffffffe) + 1) / 0x80000000;
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const ALONE: Prior = { variance: 0, df: 0, known: Number.POSITIVE_INFINITY };

describe('the derivatives of the gamma function', () => {
  it('are those of the tables', () => {
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 10);
    expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 10);
    expect(digamma(10)).toBeCloseTo(2.251752589066721, 10);
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 10);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 10);
    expect(trigamma(10)).toBeCloseTo(0.10516633568168575, 10);
  });
});

describe('the spread that comparisons have in common', () => {
  const draws = (count: number, df: number, sigmaOf: (i: number) => number, seed = 1): Spread[] => {
    const next = normal(seed);
    return Array.from({ length: count }, (_, i) => spreadOf(Array.from({ length: df + 1 }, () => sigmaOf(i) * next())));
  };

  it('is found where there is one, with all degrees of freedom that there are', () => {
    const prior = priorOf(draws(400, 3, () => 0.1));
    expect(Math.sqrt(prior.variance)).toBeCloseTo(0.1, 2);
    expect(prior.df).toBeGreaterThan(20);
    expect(prior.known).toBe(1_200);
  });

  it('counts for less, the more they differ', () => {
    const alike = priorOf(draws(300, 4, (i) => (i % 2 === 0 ? 0.1 : 0.18)));
    const unlike = priorOf(draws(300, 4, (i) => (i % 2 === 0 ? 0.02 : 0.5)));
    expect(alike.df).toBeGreaterThan(unlike.df);
    expect(unlike.df).toBeLessThan(2);
  });

  it('recovers the degrees of freedom that the variances were drawn with', () => {
    // Variances of mean 0.01 that differ as inverse chi-squares of 8 degrees of freedom do, seen through 4.
    const next = normal(7);
    const chiSquare = (df: number) =>
      Array.from({ length: df }, () => next() ** 2).reduce((total, each) => total + each, 0);
    const prior = priorOf(
      Array.from({ length: 3_000 }, () => ({ variance: ((0.01 * 8) / chiSquare(8)) * (chiSquare(4) / 4), df: 4 })),
    );
    expect(prior.df).toBeGreaterThan(6);
    expect(prior.df).toBeLessThan(11);
    expect(prior.variance).toBeGreaterThan(0.009);
    expect(prior.variance).toBeLessThan(0.011);
  });

  it('says nothing for less than three, and nothing where nothing varies', () => {
    for (const spreads of [[], draws(2, 3, () => 1), [1, 2, 3].map(() => ({ variance: 0, df: 1 }))])
      expect(priorOf(spreads).df).toBe(0);
  });

  it('draws each towards it, by as much as it is worth', () => {
    const own = { variance: 4, df: 2 };
    expect(moderate(own, ALONE)).toEqual(own);
    expect(moderate(own, { variance: 1, df: 4, known: 100 })).toEqual({ variance: 2, df: 6 });
    expect(moderate(own, { variance: 1, df: 4, known: 5 }).df).toBe(5);
    expect(moderate(own, { variance: 1, df: Number.POSITIVE_INFINITY, known: 50 })).toEqual({ variance: 1, df: 50 });
  });
});

describe('an estimate', () => {
  it('is the geometric mean, with Student’s t on the logarithms where it stands alone', () => {
    const { value, ci, range, rounds } = estimateValues([Math.E, Math.E ** 1.1, Math.E ** 1.2], ALONE, 0.05);
    const half = (4.302652729911275 * 0.1) / Math.sqrt(3);
    expect(value).toBeCloseTo(Math.E ** 1.1, 9);
    expect(ci?.[0]).toBeCloseTo(Math.exp(1.1 - half), 6);
    expect(ci?.[1]).toBeCloseTo(Math.exp(1.1 + half), 6);
    expect(range).toEqual([Math.E, expect.closeTo(Math.E ** 1.2, 9)]);
    expect(rounds).toBe(3);
  });

  it('has no interval whose ends differ more than fourfold, and says how many rounds one would need', () => {
    const two = estimateValues([10, 20], ALONE, 0.05);
    expect(two.ci).toBeUndefined();
    expect(two.missing).toBeGreaterThan(0);
    expect(two.range).toEqual([expect.closeTo(10, 9), expect.closeTo(20, 9)]);
    expect(estimateValues([10], ALONE, 0.05)).toMatchObject({ value: 10, missing: 1, rounds: 1 });
    const next = normal(3);
    for (let i = 0; i < 2_000; i++) {
      const { ci, missing } = estimateValues(
        [1, 2, 3].map(() => Math.exp(next())),
        ALONE,
        0.05,
      );
      expect(ci === undefined).toBe(missing !== undefined);
      if (ci) expect(ci[1] / ci[0]).toBeLessThanOrEqual(4.000001);
    }
  });

  it('has neither interval nor logarithm where a round is 0', () => {
    expect(estimateValues([0, 12, 4], ALONE, 0.05)).toEqual({ value: 4, range: [0, 12], rounds: 3 });
  });

  it('refuses what is no value', () => {
    expect(() => estimateValues([], ALONE, 0.05)).toThrow(RangeError);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => estimateValues([1, value], ALONE, 0.05)).toThrow(/needs numbers, not 1, /);
  });

  it('has no interval where something was given back, as of what is 0', () => {
    expect(estimateValues([786, -90, 655], ALONE, 0.05)).toEqual({ value: 655, range: [-90, 786], rounds: 3 });
  });
});

/** How often an interval holds the truth, in scenarios of 20 comparisons whose spreads differ up to `unlike` times. */
function coverage(seed: number, rounds: number, unlike: number, error: number, moderated = true): number {
  const next = normal(seed);
  let [held, all] = [0, 0];
  for (let scenario = 0; scenario < 400; scenario++) {
    const rows = Array.from({ length: 20 }, (_, i) => {
      const sigma = 0.1 * unlike ** (i / 19 - 0.5);
      return Array.from({ length: rounds }, () => sigma * next());
    });
    const prior = moderated ? priorOf(rows.map(spreadOf)) : ALONE;
    for (const row of rows) {
      const found = logMean(row, prior);
      if (found && Math.abs(found.mean) <= halfWidth(found, error)) held++;
      all++;
    }
  }
  return held / all;
}

describe('an interval holds the truth as often as it says', () => {
  it.each([
    [2, 1],
    [2, 1.8],
    [3, 1.8],
    [5, 1.8],
    [8, 3],
  ])('95 times in 100 with %i rounds where spreads differ %d-fold', (rounds, unlike) => {
    const held = coverage(rounds, rounds, unlike, 0.05);
    expect(held).toBeGreaterThan(0.93);
    expect(held).toBeLessThan(0.975);
  });

  it('99 times in 100, as each of five looks has to', () => {
    for (const rounds of [2, 3, 5]) expect(coverage(40 + rounds, rounds, 1.8, 0.01)).toBeGreaterThan(0.98);
  });

  it('and is far narrower than one that stands alone', () => {
    const rows = Array.from({ length: 20 }, () => {
      const next = normal(5);
      return [0.1 * next(), 0.1 * next()];
    });
    const [own, common] = [ALONE, priorOf(rows.map(spreadOf))].map((prior) => logMean(rows[0], prior));
    expect(halfWidth(own as never, 0.05)).toBeGreaterThan(3 * halfWidth(common as never, 0.05));
  });

  it('for a product of two ratios too', () => {
    const next = normal(9);
    let held = 0;
    const trials = 4_000;
    for (let i = 0; i < trials; i++) {
      const parts = [0.05, 0.15].map((sigma) =>
        logMean(
          [1, 2, 3, 4].map(() => sigma * next()),
          ALONE,
        ),
      );
      const found = sumOf(parts as never);
      if (Math.abs(found.mean) <= halfWidth(found, 0.05)) held++;
    }
    expect(held / trials).toBeGreaterThan(0.935);
    expect(held / trials).toBeLessThan(0.975);
  });
});

describe('a ratio', () => {
  it('is taken within rounds, so that drift that hits both cancels out', () => {
    const drift = [1, 4, 2, 8, 3];
    const slow = new Map(drift.map((factor, round) => [round, 30 * factor]));
    const fast = new Map(drift.map((factor, round) => [round, 10 * factor]));
    expect(ratio(slow, fast)?.value).toBeCloseTo(3);
    expect(ratio(slow, fast)?.ci?.[0]).toBeCloseTo(3);
  });

  it('leaves out rounds that miss one of the two, and those that have no logarithm', () => {
    const [a, b] = [
      [10, 99, 10, 0],
      [5, undefined, 5, 1],
    ].map((values) => new Map(values.flatMap((value, round) => (value === undefined ? [] : [[round, value]]))));
    expect(logRatios(a, b)).toHaveLength(2);
    expect(ratio(a, b)?.value).toBeCloseTo(2);
    expect(ratio(new Map([[0, 1]]), new Map([[1, 1]]))).toBeUndefined();
  });
});

describe('what the turns of a process give', () => {
  const rest = { ops: 1, steady: true, gcShare: 0 };
  const turn = (ns: number): number[] => [ns, ns + 2, ns + 1];

  it('is the median of the quicker half, and the p99 of all', () => {
    expect(summed([turn(50), turn(10), turn(90), turn(12)], rest)).toMatchObject({ median: 12, samples: 12 });
    expect(summed([turn(50), turn(10), turn(90), turn(12)], rest).p99).toBeCloseTo(91.9, 0);
    expect(summed([turn(9), turn(1), turn(5)], rest).median).toBe(4);
    expect(summed([[3]], rest)).toEqual({ median: 3, p99: 3, samples: 1, ...rest });
  });

  it('does not change when something slows down fewer than half of them', () => {
    const quiet = [100, 101, 99, 100, 101, 99].map(turn);
    const disturbed = quiet.map((each, i) => (i === 0 || i === 3 ? each.map((ns) => 3 * ns) : each));
    expect(summed(disturbed, rest).median).toBeCloseTo(summed(quiet, rest).median, -1);
  });
});
