/**
 * The pidspace design of 2006: a pid carries one number, `space id << 22 | vpid`, and needs no translation table.
 *
 * @packageDocumentation
 */
import {
  MAX_NR_PIDSPACES,
  type PidAllocatorDescriptor,
  type PidAllocatorOptions,
  PID_MAX_LIMIT,
} from '@pidlab/contract';
import { integerArg, type Strategy, strategyOf } from '@pidlab/core';
import { globalNr, spaceOf, vpidOf } from './layout.ts';
import { variant as shared } from './shared.ts';
import { type PidspaceAllocator, variant as plain } from './variant.ts';

export { traits } from './traits.ts';
export type { PidspaceAllocator };

const strategy: Strategy<PidspaceAllocator> = strategyOf(plain, shared);

/** Makes an allocator. Throws PidBug for options that are unknown or out of range. */
export const createPidAllocator: (options?: PidAllocatorOptions) => PidspaceAllocator = strategy.createPidAllocator;

/** Joins an allocator that another thread shares. Throws PidBug for a descriptor that does not fit, PidError EAGAIN when all worker slots are taken. */
export const attachPidAllocator: (descriptor: PidAllocatorDescriptor) => PidspaceAllocator =
  strategy.attachPidAllocator;

const NR_MAX = 0x7fff_ffff;

/** The id of the space that a global number is from. EINVAL outside `[0, 2^31 - 1]`. Source: `pid_to_pidspace()`. */
export function pidToPidspace(nr: number): number {
  return spaceOf(integerArg(nr, 'pidToPidspace', 'nr', 0, NR_MAX));
}

/** The global number of a number within a space; its sign bit is never set. EINVAL for an id past 511 or a number past 2^22 - 1. Source: `pidspace_vpid_to_pid()`. */
export function pidspaceVpidToPid(space: number, vpid: number): number {
  integerArg(space, 'pidspaceVpidToPid', 'space', 0, MAX_NR_PIDSPACES - 1);
  return globalNr(space, integerArg(vpid, 'pidspaceVpidToPid', 'vpid', 0, PID_MAX_LIMIT - 1));
}

/** The number within its space of a global number. EINVAL outside `[0, 2^31 - 1]`. Source: `pidspace_pid_to_vpid()`. */
export function pidspacePidToVpid(nr: number): number {
  return vpidOf(integerArg(nr, 'pidspacePidToVpid', 'nr', 0, NR_MAX));
}
