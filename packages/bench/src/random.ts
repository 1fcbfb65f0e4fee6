import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

// Random choices are made before the clock starts and read from a table, one element after the other, so that they cost
// every subject the same and next to nothing: a sequential read that the processor prefetches.

/**
 * `count` independent indices in `[0, below)`. Of 2^32 equally likely values each index gets as many as any other, or one
 * more: at four million, one in a thousand. A table takes every process of a benchmark some time, and this takes the least.
 */
export function indices(seed: number, count: number, below: number): Int32Array {
  const random = xoroshiro128plus(seed);
  const table = new Int32Array(count);
  for (let at = 0; at < count; at += PIECE) draw(random, below, table.subarray(at, at + PIECE));
  return table;
}

/** Draws in one call: where threads are timed V8 compiles what is called often, and no loop by itself (`FLAGS_FOR_THREADS`). */
const PIECE = 4_096;

function draw(random: RandomGenerator, below: number, into: Int32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (((random.next() >>> 0) * below) / 2 ** 32) | 0;
}

/** Puts in the place of each index what `from` has there, and gives the same table. */
export function take(table: Int32Array, from: Int32Array): Int32Array {
  for (let i = 0; i < table.length; i++) table[i] = from[table[i]];
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

/** Draws in a table of choices, whatever it chooses among: see `choices`. */
export const DRAWS: number = 2 ** 20;

/**
 * A table of choices among `[0, below)`, made before the clock starts and read in order, round and round: `DRAWS`
 * independent draws, or as many as there are things to choose from, if those are more.
 *
 * A short table would be learnt by heart. A processor predicts branches by what happened after the same branches before,
 * over hundreds of branches and some ten thousand places: when the same 1,000 numbers are asked for in the same order
 * again and again, it foresees every one, and a `Map.get` takes a quarter of the time that it takes in a program. Of a
 * million draws it can keep nothing that helps. The scenario `order` shows the difference; a test lets a predictor that is
 * larger than any processor's try.
 */
export function choices(seed: number, below: number): Int32Array {
  return indices(seed, Math.max(DRAWS, below), below);
}

/** What differs between two processes of the same row, so that a lucky place in memory is no result. */
export interface Layout {
  /** Size of an environment variable: it moves the stack. */
  readonly environmentBytes: number;
  /** Size of a buffer that is kept while the process measures: it moves what is mapped after it. */
  readonly ballastBytes: number;
  /** Small objects that are kept while the process measures: they move what lies in the heap after them. */
  readonly ballastObjects: number;
}

/** The layout of a process, by the seed of its round and by whose it is. */
export function layoutOf(seed: number, whose: string): Layout {
  let hash = seed | 0;
  for (let i = 0; i < whose.length; i++) hash = (Math.imul(hash, 31) + whose.charCodeAt(i)) | 0;
  const random = xoroshiro128plus(hash);
  return {
    environmentBytes: uniformInt(random, 0, 4_095),
    // An odd number of words, so that no two layouts agree in the low bits of addresses by design.
    ballastBytes: 8 * uniformInt(random, 0, 65_535),
    ballastObjects: uniformInt(random, 0, 2_047),
  };
}
