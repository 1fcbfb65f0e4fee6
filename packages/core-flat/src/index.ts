/**
 * The flat design, proposed beside the hierarchical one in 2007: a pid carries a global number, by which the root knows
 * it, and where it lives in another namespace a virtual one for there.
 *
 * @packageDocumentation
 */
import type { AttachPidAllocator, CreatePidAllocator } from '@pidlab/contract';
import { type Strategy, strategyOf } from '@pidlab/core';
import { variant as shared } from './shared.ts';
import { variant as plain } from './variant.ts';

export { traits } from './traits.ts';

const strategy: Strategy = strategyOf(plain, shared);

/** Makes an allocator. Throws PidBug for options that are unknown or out of range. */
export const createPidAllocator: CreatePidAllocator = strategy.createPidAllocator;

/** Joins an allocator that another thread shares. Throws PidBug for a descriptor that does not fit, PidError EAGAIN when all worker slots are taken. */
export const attachPidAllocator: AttachPidAllocator = strategy.attachPidAllocator;
