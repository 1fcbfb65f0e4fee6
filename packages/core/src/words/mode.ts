/**
 * Whether this copy of the code is for blocks that several threads share. The bundle of a strategy has the code twice, once
 * with `false` here and once with `true` (scripts/bundle.js), and in each copy nothing of the other mode is left: a block of
 * one thread does not pay for threads, and neither mode's types and counts are mixed into what V8 knows of the other's.
 * Why: docs/adr/0008.
 */
export const SHARED: boolean = false;
