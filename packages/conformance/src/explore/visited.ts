/**
 * States that were seen, by hashes of 64 bits, and how many preemptions were left there. Whoever comes to one of them again with no
 * more left finds nothing that was not found from there before.
 *
 * A table with open addressing: two words of hash for each state, and a byte that is 0 where there is none.
 */
export class Visited {
  #mask = (1 << 12) - 1;
  #hashes = new Int32Array(2 << 12);
  #left = new Uint8Array(1 << 12);
  #size = 0;

  /** How many states there are. */
  get size(): number {
    return this.#size;
  }

  clear(): void {
    if (this.#size > 0) this.#left.fill(0);
    this.#size = 0;
  }

  /** Whether the state was seen with as many preemptions left, or more; if not, it is from now on. */
  has(a: number, b: number, left: number): boolean {
    const at = this.#find(a, b);
    const was = this.#left[at]!;
    if (was > left) return true;
    this.#left[at] = left + 1;
    if (was > 0) return false;
    this.#hashes[2 * at] = a;
    this.#hashes[2 * at + 1] = b;
    if (2 * ++this.#size > this.#mask) this.#grow();
    return false;
  }

  /** Where it is, or has its place. */
  #find(a: number, b: number): number {
    let at = a & this.#mask;
    while (this.#left[at] !== 0 && (this.#hashes[2 * at] !== a || this.#hashes[2 * at + 1] !== b))
      at = (at + 1) & this.#mask;
    return at;
  }

  #grow(): void {
    const [hashes, left] = [this.#hashes, this.#left];
    const slots = 2 * left.length;
    this.#mask = slots - 1;
    this.#hashes = new Int32Array(2 * slots);
    this.#left = new Uint8Array(slots);
    for (let i = 0; i < left.length; i++) {
      if (left[i] === 0) continue;
      const at = this.#find(hashes[2 * i]!, hashes[2 * i + 1]!);
      this.#hashes[2 * at] = hashes[2 * i]!;
      this.#hashes[2 * at + 1] = hashes[2 * i + 1]!;
      this.#left[at] = left[i]!;
    }
  }
}
