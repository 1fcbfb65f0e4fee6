/**
 * The few memory operations whose meaning differs between one thread and many. All else is a plain read or write of
 * `words[at]`, which is aligned and cannot tear. Which reads may be plain, and why: docs/adr/0009.
 *
 * Each read-modify-write returns what was there before. For one thread they compile to a load and a store.
 */
import { SHARED } from './mode.ts';

/** Adds `n`. */
export function add(words: Int32Array, at: number, n: number): number {
  if (SHARED) return Atomics.add(words, at, n);
  const old = words[at];
  words[at] = old + n;
  return old;
}

/** Sets the bits of `mask`. */
export function or(words: Int32Array, at: number, mask: number): number {
  if (SHARED) return Atomics.or(words, at, mask);
  const old = words[at];
  words[at] = old | mask;
  return old;
}

/** Keeps only the bits of `mask`. */
export function and(words: Int32Array, at: number, mask: number): number {
  if (SHARED) return Atomics.and(words, at, mask);
  const old = words[at];
  words[at] = old & mask;
  return old;
}

/** Puts `value` where `expected` is, and nowhere else. */
export function compareExchange(words: Int32Array, at: number, expected: number, value: number): number {
  if (SHARED) return Atomics.compareExchange(words, at, expected, value);
  const old = words[at];
  if (old === expected) words[at] = value;
  return old;
}

/** Reads a word that says whether others may be trusted: what is read after it is no older. */
export function load(words: Int32Array, at: number): number {
  return SHARED ? Atomics.load(words, at) : words[at];
}

/** Makes everything written before it visible to whoever reads `value` here. */
export function publish(words: Int32Array, at: number, value: number): void {
  if (SHARED) Atomics.store(words, at, value);
  else words[at] = value;
}
