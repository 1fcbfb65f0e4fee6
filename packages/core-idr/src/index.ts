/**
 * The idr design, which Linux has had since 2017 (4.15): a pid carries a number for every level of namespaces from the root
 * down to its own, and each namespace has a radix tree from number to pid, in which the next free number is found too.
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
