/**
 * The pidspace design of 2006: a pid carries one number, `space id << 22 | vpid`, and needs no translation table.
 *
 * @packageDocumentation
 */
import {
  MAX_NR_PIDSPACES,
  type NsRef,
  PID_MAX_LIMIT,
  type PidAllocator,
  type PidAllocatorOptions,
  RESERVED_PIDS,
  RESERVED_PIDS_NON_DFLT,
  type Traits,
} from '@pidlab/contract';
import { bind, createState, type Design, handleOf, integerArg, type State, TASK } from '@pidlab/core';
import { allocPid } from './alloc.ts';
import { findGePid, findPid, findPidNs } from './find.ts';
import { freePid } from './free.ts';
import { checkDesign, eachNumber } from './invariants.ts';
import { globalNr, PID, spaceOf, vpidOf } from './layout.ts';
import { admitNs, claimNs, pidspaceFree, pidspaceInit, releaseNs } from './pidns.ts';
import { forgetNumbers, pidNr, pidNrNs, pidOwnNr, pidSerial, rememberNumbers, taskNrNs } from './translate.ts';

/** What this design can express. */
export const traits: Traits = Object.freeze({
  strategy: 'pidspace',
  maxLevel: 1,
  maxNamespaces: MAX_NR_PIDSPACES - 1,
  maxNumbers: 1,
  rootNumbers: 'encoded',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS_NON_DFLT }),
  shared: false,
});

const design: Design = {
  traits,
  // With half of the table empty most look-ups end at the first link.
  tables: [{ name: 'pid_hash', slotsPerPid: 2 }],
  pidWords: () => PID.words,
  taskWords: TASK.words,
  ...{ allocPid, freePid, findPidNs, findPid, findGePid },
  ...{ pidNrNs, pidNr, pidOwnNr, pidSerial, taskNrNs, rememberNumbers, forgetNumbers },
  ...{ admitNs, claimNs, releaseNs, eachNumber, checkDesign },
};

/** An allocator whose namespaces can also be made and ended by the id of their space. */
export interface PidspaceAllocator extends PidAllocator {
  /**
   * Makes the space with that id as a namespace below the root with one reference.
   * EINVAL: an id outside `[0, 511]`. EBUSY: it exists, as space 0 always does. ENOMEM. The historic EAGAIN, for the loser
   * of a race, cannot happen while one thread has the allocator. Source: `pidspace_init()`, January 2006.
   */
  pidspaceInit(space: number): NsRef;

  /**
   * Gives back a reference of a caller on the space. It lives on until the last number in it is freed, and its id is free
   * only then. EINVAL: an id outside `[0, 511]`. PidBug for a space that does not exist, that no caller holds, or space 0. Source: `pidspace_free()`.
   */
  pidspaceFree(space: number): void;
}

/** Makes an allocator. Throws PidBug for options that are unknown or out of range. */
export function createPidAllocator(options?: PidAllocatorOptions): PidspaceAllocator {
  const s = createState(design, options);
  return Object.freeze({ ...bind(s), ...bindSpaces(s) });
}

function bindSpaces(s: State): Pick<PidspaceAllocator, 'pidspaceInit' | 'pidspaceFree'> {
  const spaceArg = (space: number, op: string) => integerArg(space, op, 'space', 0, MAX_NR_PIDSPACES - 1);
  return {
    pidspaceInit: (space) => handleOf(s.words, pidspaceInit(s, spaceArg(space, 'pidspaceInit'))) as NsRef,
    pidspaceFree: (space) => pidspaceFree(s, spaceArg(space, 'pidspaceFree')),
  };
}

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
