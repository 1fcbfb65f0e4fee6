/**
 * Whether this copy of the code is for blocks that several threads share. The bundle of a strategy has the code twice, once
 * with `false` here and once with `true` (scripts/bundle.js), and in each copy nothing of the other mode is left: a block of
 * one thread does not pay for threads, and neither mode's types and counts are mixed into what V8 knows of the other's.
 * Why: docs/adr/0008.
 */
export const SHARED: boolean = false;

/**
 * Whether a function that relies on something of its caller, a lock most of all, makes sure of it, and whoever takes memory can be
 * told that there is none (memory/faults.ts). In the sources, that is in tests, it is so. In what is published this is `false`, and
 * nothing of it is left.
 */
export const CHECKED: boolean = true;
