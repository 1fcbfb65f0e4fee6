import { type Design, hashed, pidmap } from '@pidlab/core';
import { allocPid } from './alloc.ts';
import { findGePid, findPid, findPidNs, pidSlot } from './find.ts';
import { giveBack, unhash } from './free.ts';
import { checkDesign, eachNumber } from './invariants.ts';
import { FLAT_TASK, ROOT_PID, VIRTUAL } from './layout.ts';
import { admitNs, claimNs, releaseNs } from './pidns.ts';
import { traits } from './traits.ts';
import { forgetNumbers, pidNr, pidNrNs, pidOwnNr, pidSerial, rememberNumbers, taskNrNs } from './translate.ts';

/** This design, for core to make allocators of. */
export const design: Design = {
  traits,
  map: pidmap,
  // Every pid is in the first, and with half of it empty most look-ups end at the first link; only some are in the second.
  index: hashed({ name: 'pid_hash', slotsPerPid: 2 }, { name: 'vpid_hash', slotsPerPid: 1 }),
  pidWords: (numbers) => (numbers === 1 ? ROOT_PID.words : VIRTUAL.words),
  taskWords: FLAT_TASK.words,
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
