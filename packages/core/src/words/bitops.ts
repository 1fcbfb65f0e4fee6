/** Searching bitmaps, 32 bits a step. Positions are bits counted from the start of a bitmap of 32-bit words. */

/** The first zero bit in `[from, to)` of the bitmap that starts at `base`, or `to`. Source: `find_next_zero_bit()`. */
export function findNextZeroBit(words: Int32Array, base: number, from: number, to: number): number {
  return findNext(words, base, from, to, -1);
}

/** The first one bit in `[from, to)` of the bitmap that starts at `base`, or `to`. Source: `find_next_bit()`. */
export function findNextBit(words: Int32Array, base: number, from: number, to: number): number {
  return findNext(words, base, from, to, 0);
}

/** The first bit in `[from, to)` that differs from those of `uniform` (0 or -1), or `to`. */
function findNext(words: Int32Array, base: number, from: number, to: number, uniform: 0 | -1): number {
  if (from >= to) return to;
  let at = from >>> 5;
  let wanted = (words[base + at] ^ uniform) & (-1 << (from & 31));
  const last = (to - 1) >>> 5;
  while (wanted === 0) {
    if (at === last) return to;
    at++;
    wanted = words[base + at] ^ uniform;
  }
  return Math.min(to, (at << 5) + lowestBit(wanted));
}

/** Position of the lowest one bit of a word that is not 0. */
function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** How many bits of a word are one. */
export function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
