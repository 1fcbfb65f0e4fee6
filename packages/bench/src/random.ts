import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

// Random choices are made before the clock starts and read from a table, one element after the other, so that they cost
// every subject the same and next to nothing: a sequential read that the processor prefetches.

/** `count` independent indices in `[0, below)`. */
export function indices(seed: number, count: number, below: number): Int32Array {
  const random = xoroshiro128plus(seed);
  const table = new Int32Array(count);
  for (let i = 0; i < count; i++) table[i] = uniformInt(random, 0, below - 1);
  return table;
}

/** The integers in `[0, count)` in order: the choice that is none. */
export function counting(count: number): Int32Array {
  const table = new Int32Array(count);
  for (let i = 0; i < count; i++) table[i] = i;
  return table;
}

/** The integers in `[0, count)` in random order. */
export function permutation(seed: number, count: number): Int32Array {
  const random = xoroshiro128plus(seed);
  const table = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const j = uniformInt(random, 0, i);
    table[i] = table[j];
    table[j] = i;
  }
  return table;
}

/**
 * How long a table of choices among `live` records must be: long enough that the clock does not see a choice twice while
 * it is still cached because of the first time, and a power of two so that going round is one mask.
 */
export function tableLength(live: number): number {
  return Math.max(2 ** 16, 2 ** Math.ceil(Math.log2(live)));
}
