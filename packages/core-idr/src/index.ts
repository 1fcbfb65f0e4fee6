/**
 * The idr design, which Linux has had since 2017 (4.15): a pid carries a number for every level of namespaces from the root
 * down to its own, and each namespace has a radix tree from number to pid, in which the next free number is found too.
 *
 * @packageDocumentation
 */
import type { AttachPidAllocator, CreatePidAllocator, Traits } from '@pidlab/contract';
import { type Strategy, strategyOf } from '@pidlab/core';
import { byLevel as sharedByLevel, variant as shared } from './shared.ts';
import { traits } from './traits.ts';
import { byLevel, variant as plain } from './variant.ts';

export { traits };

const strategy: Strategy = strategyOf(plain, shared);

/** Makes an allocator. Throws PidBug for options that are unknown or out of range. */
export const createPidAllocator: CreatePidAllocator = strategy.createPidAllocator;

/** Joins an allocator that another thread shares. Throws PidBug for a descriptor that does not fit, PidError EAGAIN when all worker slots are taken. */
export const attachPidAllocator: AttachPidAllocator = strategy.attachPidAllocator;

/**
 * The same design as Linux had it until November 2025: whoever makes a pid takes the lock of all trees for each level, and once
 * more to let them lead to the pid. For measurements; what it does is the same.
 */
export const idrLockedByLevel: Strategy & { readonly traits: Traits } = Object.freeze({
  ...strategyOf(byLevel, sharedByLevel),
  traits,
});
