import { type Design, TASK } from '@pidlab/core';
import { allocPid } from './alloc.ts';
import { findGePid, findPid, findPidNs, pidSlot } from './find.ts';
import { giveBack, unhash } from './free.ts';
import { checkDesign, eachNumber } from './invariants.ts';
import { NUMBERS, UPID } from './layout.ts';
import { leaves, trees } from './map/trees.ts';
import { admitNs, claimNs, releaseNs } from './pidns.ts';
import { traits } from './traits.ts';
import { forgetNumbers, pidNr, pidNrNs, pidOwnNr, pidSerial, rememberNumbers, taskNrNs } from './translate.ts';

/** This design, for core to make allocators of. */
export const design: Design = {
  traits,
  map: trees,
  // The same trees lead from a number to its pid.
  index: leaves,
  pidWords: (numbers) => NUMBERS + numbers * UPID.words,
  pidNumbers: NUMBERS,
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
