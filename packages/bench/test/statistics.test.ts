import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { estimate, quantiles, ratio } from '../src/statistics.ts';

/** Values whose logarithms are normal with mean `log(middle)` and the given spread. */
function lognormal(seed: number, middle: number, spread: number): () => number {
  const random = xoroshiro128plus(seed);
  const uniform = () => (uniformInt(random, 0, 0x7ffffffe) + 1) / 0x80000000;
  return () => middle * Math.exp(spread * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

describe('estimate', () => {
  it('is the geometric mean, with Student’s t on the logarithms', () => {
    const { value, ci } = estimate([Math.E, Math.E ** 2, Math.E ** 3]);
    // Logarithms 1, 2, 3: mean 2, standard deviation 1; t for 95 % and 2 degrees of freedom is 4.3027.
    const half = 4.302652729911275 / Math.sqrt(3);
    expect(value).toBeCloseTo(Math.E ** 2, 9);
    expect(ci?.[0]).toBeCloseTo(Math.exp(2 - half), 6);
    expect(ci?.[1]).toBeCloseTo(Math.exp(2 + half), 3);
  });

  it('has no interval for one round, and one of no width for equal rounds', () => {
    expect(estimate([7]).ci).toBeUndefined();
    expect(estimate([7]).value).toBeCloseTo(7);
    const { ci } = estimate([7, 7, 7]);
    expect(ci?.[0]).toBeCloseTo(7);
    expect(ci?.[1]).toBeCloseTo(7);
  });

  it.each([3, 5, 10])('holds the true value about 95 times in 100 with %i rounds', (rounds) => {
    const draw = lognormal(rounds, 50, 0.2);
    const trials = 4_000;
    let held = 0;
    for (let i = 0; i < trials; i++) {
      const { ci } = estimate(Array.from({ length: rounds }, draw));
      if (ci && ci[0] <= 50 && 50 <= ci[1]) held++;
    }
    expect(held / trials).toBeGreaterThan(0.935);
    expect(held / trials).toBeLessThan(0.965);
  });

  it('refuses what has no logarithm', () => {
    expect(() => estimate([])).toThrow(RangeError);
    expect(() => estimate([1, 0])).toThrow(/positive/);
    expect(() => estimate([1, Number.NaN])).toThrow(/positive/);
  });
});

describe('ratio', () => {
  it('is taken within rounds, so that drift that hits both cancels out', () => {
    const drift = [1, 4, 2, 8, 3];
    const slow = new Map(drift.map((factor, round) => [round, 30 * factor]));
    const fast = new Map(drift.map((factor, round) => [round, 10 * factor]));
    const found = ratio(slow, fast);
    expect(found?.value).toBeCloseTo(3);
    expect(found?.ci?.[0]).toBeCloseTo(3);
    expect(found?.significant).toBe(true);
  });

  it('leaves out rounds that miss one of the two', () => {
    const found = ratio(
      new Map([
        [0, 10],
        [1, 99],
        [2, 10],
      ]),
      new Map([
        [0, 5],
        [2, 5],
        [3, 1],
      ]),
    );
    expect(found?.value).toBeCloseTo(2);
    expect(ratio(new Map([[0, 1]]), new Map([[1, 1]]))).toBeUndefined();
  });

  it('says that a difference is significant only when the interval leaves out 1', () => {
    const ones = new Map([1, 1, 1, 1].map((value, round) => [round, value]));
    const noisy = new Map([0.8, 1.3, 0.9, 1.2].map((value, round) => [round, value]));
    expect(ratio(noisy, ones)?.significant).toBe(false);
    expect(ratio(new Map([[0, 9]]), ones)?.significant).toBe(false);
    const faster = new Map([0.5, 0.52, 0.49, 0.51].map((value, round) => [round, value]));
    expect(ratio(faster, ones)?.significant).toBe(true);
  });

  it('calls equal subjects different about 5 times in 100', () => {
    const draw = lognormal(11, 50, 0.1);
    const trials = 4_000;
    let wrong = 0;
    for (let i = 0; i < trials; i++) {
      const rounds = () => new Map(Array.from({ length: 5 }, (_, round) => [round, draw()]));
      if (ratio(rounds(), rounds())?.significant) wrong++;
    }
    expect(wrong / trials).toBeGreaterThan(0.035);
    expect(wrong / trials).toBeLessThan(0.065);
  });
});

describe('quantiles', () => {
  it('gives the median and the 99th percentile of ascending samples', () => {
    expect(quantiles(Float64Array.from({ length: 1_000 }, (_, i) => i + 1))).toEqual({ median: 500.5, p99: 990.01 });
    expect(quantiles(Float64Array.of(3))).toEqual({ median: 3, p99: 3 });
  });
});
