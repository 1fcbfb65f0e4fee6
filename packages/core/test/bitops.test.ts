import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findNextBit, findNextZeroBit, popcount } from '../src/words/bitops.ts';

/** Bit by bit. */
function naive(words: Int32Array, base: number, from: number, to: number, wanted: 0 | 1): number {
  for (let bit = from; bit < to; bit++) if (((words[base + (bit >> 5)] >> (bit & 31)) & 1) === wanted) return bit;
  return to;
}

const word = fc.oneof(fc.constantFrom(0, -1, 1, 2 ** 31, 0x7fff_ffff, -2), fc.integer());
const cases = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 8 }), fc.nat(3), fc.nat(256), fc.nat(256))
  .map(([content, base, x, y]) => {
    const bits = content.length * 32;
    // What lies around the bitmap is the opposite of what would end a search.
    const words = Int32Array.from([...Array(base).fill(0), ...content, 0, 0]);
    return { words, base, from: x % (bits + 1), to: y % (bits + 1) };
  });

describe('bitops', () => {
  test('findNextBit and findNextZeroBit are the bit-by-bit search', () => {
    fc.assert(
      fc.property(cases, ({ words, base, from, to }) => {
        expect(findNextBit(words, base, from, to)).toBe(naive(words, base, from, to, 1));
        expect(findNextZeroBit(words, base, from, to)).toBe(naive(words, base, from, to, 0));
      }),
      { numRuns: 5000 },
    );
  });

  test('every start and end of a bitmap with one odd bit', () => {
    for (let odd = 0; odd < 96; odd++) {
      const ones = new Int32Array(3);
      ones[odd >> 5] = 1 << (odd & 31);
      const zeros = ones.map((bits) => ~bits);
      for (let from = 0; from <= 96; from += 1) {
        for (const to of [from, odd, odd + 1, 95, 96]) {
          const wanted = from <= odd && odd < to ? odd : to;
          if (findNextBit(ones, 0, from, to) !== wanted || findNextZeroBit(zeros, 0, from, to) !== wanted)
            expect.fail(`bit ${odd} in [${from}, ${to})`);
        }
      }
    }
  });

  test('popcount counts', () => {
    for (const bits of [0, -1, 1, -(2 ** 31), 0x7fff_ffff, 0x5555_5555]) expect(popcount(bits)).toBe(slow(bits));
    fc.assert(fc.property(fc.integer(), (bits) => popcount(bits) === slow(bits)));
    function slow(bits: number): number {
      return (bits >>> 0).toString(2).replaceAll('0', '').length;
    }
  });
});
