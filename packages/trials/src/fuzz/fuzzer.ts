/** What all fuzzers have in common. */
import type { Choices } from '@pidlab/conformance/random';
import type { Strategy } from '@pidlab/contract';

/** How often each of several things happened. */
export type Counts = Map<string, number>;

/** A way to try what hostile hands could. An item of it is plain data, so that a run can be printed, shrink and be played again. */
export interface Fuzzer<Item = unknown> {
  readonly name: string;
  /** What it tries, and what must come of it. */
  readonly what: string;
  /** What a case is, in the plural. */
  readonly unit: string;
  /** In which ways. */
  readonly variants: readonly string[];
  open(strategy: Required<Strategy>, variant: string): Subject<Item>;
}

/** What a fuzzer tries it on: one strategy, in one way. */
export interface Subject<Item = unknown> {
  /** What one run does. */
  draw(random: Choices): readonly Item[];
  /** Does it, and says how many cases that were. Throws when something came of it that must not. */
  play(items: readonly Item[], counts: Counts): number;
}

export function count(counts: Counts, what: string, by = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + by);
}
