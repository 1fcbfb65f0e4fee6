import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Choices that look random and follow from a seed. */
export interface Choices {
  /** An integer in `[0, end)`. */
  below(end: number): number;
  /** One of them. */
  pick<T>(from: readonly T[]): T;
}

/** The choices that follow from these numbers. */
export function choices(...seeds: readonly number[]): Choices {
  const random = xoroshiro128plus(seeds.reduce((sum, seed) => (Math.imul(sum, 0x0100_0193) + seed) | 0, 0x811c_9dc5));
  // The first values of neighbouring seeds are alike.
  for (let i = 0; i < 4; i++) random.next();
  const below = (end: number): number => uniformInt(random, 0, end - 1);
  return { below, pick: (from) => from[below(from.length)] };
}
