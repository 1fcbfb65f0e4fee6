/**
 * The idr design for one thread, without the code for blocks that several share: half the size.
 *
 * @packageDocumentation
 */
import type { CreatePidAllocator, Traits } from '@pidlab/contract';
import { type Single, singleOf } from '@pidlab/core';
import { variant } from './variant.ts';

const single: Single = singleOf(variant);

/** What this design can express; `shared` is false here. */
export const traits: Traits = single.traits;

/** Makes an allocator. Throws PidBug for options that are unknown or out of range, and for `shared: true`. */
export const createPidAllocator: CreatePidAllocator = single.createPidAllocator;
