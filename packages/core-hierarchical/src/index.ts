/**
 * The hierarchical design, which Linux merged in 2007: a pid carries a number for every level of namespaces from the root
 * down to its own.
 *
 * @packageDocumentation
 */
import { type CreatePidAllocator, MAX_PID_NS_LEVEL, RESERVED_PIDS, type Traits } from '@pidlab/contract';
import { bind, createState, type Design, TASK } from '@pidlab/core';
import { allocPid } from './alloc.ts';
import { findGePid, findPid, findPidNs } from './find.ts';
import { freePid } from './free.ts';
import { checkDesign, eachNumber } from './invariants.ts';
import { NUMBERS, UPID } from './layout.ts';
import { admitNs, claimNs, releaseNs } from './pidns.ts';
import { forgetNumbers, pidNr, pidNrNs, pidOwnNr, pidSerial, rememberNumbers, taskNrNs } from './translate.ts';

/** What this design can express. */
export const traits: Traits = Object.freeze({
  strategy: 'hierarchical',
  maxLevel: MAX_PID_NS_LEVEL,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: MAX_PID_NS_LEVEL + 1,
  rootNumbers: 'small',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS }),
  shared: false,
});

const design: Design = {
  traits,
  // One link for each level: sized for pids of the first two, where most live.
  tables: [{ name: 'pid_hash', slotsPerPid: 2 }],
  pidWords: (numbers) => NUMBERS + numbers * UPID.words,
  taskWords: TASK.words,
  ...{ allocPid, freePid, findPidNs, findPid, findGePid },
  ...{ pidNrNs, pidNr, pidOwnNr, pidSerial, taskNrNs, rememberNumbers, forgetNumbers },
  ...{ admitNs, claimNs, releaseNs, eachNumber, checkDesign },
};

/** Makes an allocator. Throws PidBug for options that are unknown or out of range. */
export const createPidAllocator: CreatePidAllocator = (options) => bind(createState(design, options));
