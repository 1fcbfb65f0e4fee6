/**
 * What every pid allocation strategy promises: types, traits, errors and constants, and no code that allocates.
 *
 * @packageDocumentation
 */
export type { AttachPidAllocator, CreatePidAllocator, PidAllocator, Strategy } from './allocator.ts';
export * from './constants.ts';
export { ERRNO, type ErrnoCode, PidBug, PidError } from './errors.ts';
export type { Nr, NsRef, PidRef, PidType, RootNr, TaskRef, Vnr } from './handles.ts';
export type { PidAllocatorOptions } from './options.ts';
export type { Findings, SlabInfo, Stats } from './reports.ts';
export type { PidAllocatorDescriptor } from './descriptor.ts';
export type { Floors, Traits } from './traits.ts';
