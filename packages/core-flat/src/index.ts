/**
 * The flat design, proposed beside the hierarchical one in 2007: a pid carries a global number, by which the root knows
 * it, and where it lives in another namespace a virtual one for there.
 *
 * @packageDocumentation
 */
import { type CreatePidAllocator, RESERVED_PIDS, type Traits } from '@pidlab/contract';
import { bind, createState, type Design } from '@pidlab/core';
import { allocPid } from './alloc.ts';
import { findGePid, findPid, findPidNs } from './find.ts';
import { freePid } from './free.ts';
import { checkDesign, eachNumber } from './invariants.ts';
import { FLAT_TASK, ROOT_PID, VIRTUAL } from './layout.ts';
import { admitNs, claimNs, releaseNs } from './pidns.ts';
import { forgetNumbers, pidNr, pidNrNs, pidOwnNr, pidSerial, rememberNumbers, taskNrNs } from './translate.ts';

/** What this design can express. */
export const traits: Traits = Object.freeze({
  strategy: 'flat',
  maxLevel: 1,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: 2,
  rootNumbers: 'small',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS }),
  shared: false,
});

const design: Design = {
  traits,
  // Every pid is in the first, and with half of it empty most look-ups end at the first link; only some are in the second.
  tables: [
    { name: 'pid_hash', slotsPerPid: 2 },
    { name: 'vpid_hash', slotsPerPid: 1 },
  ],
  pidWords: (numbers) => (numbers === 1 ? ROOT_PID.words : VIRTUAL.words),
  taskWords: FLAT_TASK.words,
  ...{ allocPid, freePid, findPidNs, findPid, findGePid },
  ...{ pidNrNs, pidNr, pidOwnNr, pidSerial, taskNrNs, rememberNumbers, forgetNumbers },
  ...{ admitNs, claimNs, releaseNs, eachNumber, checkDesign },
};

/** Makes an allocator. Throws PidBug for options that are unknown or out of range. */
export const createPidAllocator: CreatePidAllocator = (options) => bind(createState(design, options));
