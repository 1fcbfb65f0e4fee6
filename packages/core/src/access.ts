/**
 * The few memory operations whose meaning differs between one thread and many. All else is a plain read or write of
 * `words[at]`, which is aligned and cannot tear.
 *
 * Each read-modify-write returns what was there before. The plain ones compile to a load and a store; they are methods
 * of one class so that V8 sees one shape at every call and inlines them.
 */
export interface Access {
  /** Adds `n`. */
  add(words: Int32Array, at: number, n: number): number;
  /** Sets the bits of `mask`. */
  or(words: Int32Array, at: number, mask: number): number;
  /** Keeps only the bits of `mask`. */
  and(words: Int32Array, at: number, mask: number): number;
  /** Makes everything written before it visible to whoever reads `value` here. */
  publish(words: Int32Array, at: number, value: number): void;
}

/** For a block that one thread uses. */
class PlainAccess implements Access {
  add(words: Int32Array, at: number, n: number): number {
    const old = words[at];
    words[at] = old + n;
    return old;
  }

  or(words: Int32Array, at: number, mask: number): number {
    const old = words[at];
    words[at] = old | mask;
    return old;
  }

  and(words: Int32Array, at: number, mask: number): number {
    const old = words[at];
    words[at] = old & mask;
    return old;
  }

  publish(words: Int32Array, at: number, value: number): void {
    words[at] = value;
  }
}

/** For a block in a `SharedArrayBuffer`. */
class AtomicAccess implements Access {
  add(words: Int32Array, at: number, n: number): number {
    return Atomics.add(words, at, n);
  }

  or(words: Int32Array, at: number, mask: number): number {
    return Atomics.or(words, at, mask);
  }

  and(words: Int32Array, at: number, mask: number): number {
    return Atomics.and(words, at, mask);
  }

  publish(words: Int32Array, at: number, value: number): void {
    Atomics.store(words, at, value);
  }
}

/** The operations for one thread. */
export const plainAccess: Access = new PlainAccess();

/** The operations for many threads. */
export const atomicAccess: Access = new AtomicAccess();
