/**
 * A set of small integers that knows its smallest, and the next above any. A word has a bit for each of 32 places; a word of
 * the level above has a bit for each word below that is not 0, and the top level is one word:
 *
 * ```
 *   levels[1]   [ 0b101 ]
 *   levels[0]   [ places 0–31 │ nothing │ places 64–95 ]
 * ```
 *
 * So each call looks at one or two words a level, of which a million places need four.
 */
export class PlaceSet {
  private readonly levels: number[][] = [[0]];

  /** `place` is not in it yet. */
  add(place: number): void {
    let at = place;
    for (let level = 0; ; level++) {
      if (level === this.levels.length) this.grow();
      const words = this.levels[level];
      const index = at >> 5;
      while (words.length <= index) words.push(0);
      const before = words[index];
      words[index] = before | (1 << (at & 31));
      if (before !== 0 || (index === 0 && words.length === 1)) return;
      at = index;
    }
  }

  /** The top level has more than one word now: it gets one above it. */
  private grow(): void {
    const below = this.levels[this.levels.length - 1];
    this.levels.push([below[0] === 0 ? 0 : 1]);
  }

  /** `place` is in it. */
  remove(place: number): void {
    let at = place;
    for (const words of this.levels) {
      const index = at >> 5;
      words[index] &= ~(1 << (at & 31));
      if (words[index] !== 0) return;
      at = index;
    }
  }

  /** The smallest above `place`, or -1. */
  next(place: number): number {
    let at = place + 1;
    for (let level = 0; level < this.levels.length; level++) {
      const words = this.levels[level];
      const index = at >> 5;
      const rest = index < words.length ? words[index] & (-1 << (at & 31)) : 0;
      if (rest !== 0) return this.down(level, (index << 5) + lowest(rest));
      at = index + 1;
    }
    return -1;
  }

  private down(level: number, place: number): number {
    let at = place;
    for (let below = level - 1; below >= 0; below--) at = (at << 5) + lowest(this.levels[below][at]);
    return at;
  }

  clear(): void {
    this.levels.length = 1;
    this.levels[0] = [0];
  }
}

/** The place of the lowest bit that is set. */
function lowest(word: number): number {
  return 31 - Math.clz32(word & -word);
}
