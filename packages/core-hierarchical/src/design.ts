import { type Design, hashed, pidmap, TASK } from '@pidlab/core';
import { allocPid } from './alloc.ts';
import { findGePid, findPid, findPidNs, pidSlot } from './find.ts';
import { giveBack, unhash } from './free.ts';
import { checkDesign, eachNumber } from './invariants.ts';
import { NUMBERS, UPID } from './layout.ts';
import { admitNs, claimNs, releaseNs } from './pidns.ts';
import { traits } from './traits.ts';
import { forgetNumbers, pidNr, pidNrNs, pidOwnNr, pidSerial, rememberNumbers, taskNrNs } from './translate.ts';

/** This design, for core to make allocators of. */
export const design: Design = {
  traits,
  map: pidmap,
  // One link for each level: sized for pids of the first two, where most live.
  index: hashed({ name: 'pid_hash', slotsPerPid: 2 }),
  pidWords: (numbers) => NUMBERS + numbers * UPID.words,
  taskWords: TASK.words,
  allocPid,
  unhash,
  giveBack,
  findPidNs,
  findPid,
  findGePid,
  pidSlot,
  pidNrNs,
  pidNr,
  pidOwnNr,
  pidSerial,
  taskNrNs,
  rememberNumbers,
  forgetNumbers,
  admitNs,
  claimNs,
  releaseNs,
  eachNumber,
  checkDesign,
};
