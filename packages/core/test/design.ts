/**
 * The smallest design that uses all of core: a number for each of three levels, the root's in one hash table and the others
 * in a second one. States made here are white boxes: tests read and write their words.
 */
import { type PidAllocator, type PidAllocatorOptions, PidBug } from '@pidlab/contract';
import { bind } from '../src/border/bind.ts';
import { createState } from '../src/border/create.ts';
import { readOptions } from '../src/border/options.ts';
import { HEADER, NS, PID_HEAD, TASK } from '../src/layout.ts';
import { LINE_MASK, LINE_SHIFT } from '../src/memory/handles.ts';
import { findGeInMap, findInChain } from '../src/pids/find.ts';
import { hashAdd, hashDel, slotOf } from '../src/pids/hash.ts';
import { freePidmap, takeNumber } from '../src/pids/numbers.ts';
import { bearPid, giveUp, homeOf, mustBeOpen, newPid, pidLevel } from '../src/pids/pids.ts';
import { taskPid } from '../src/pids/tasks.ts';
import type { Design, State } from '../src/types.ts';
import { hashed } from '../src/whole/hashes.ts';
import { pidmap } from '../src/whole/pidmaps.ts';

/** Words of one number: nr, serial of its namespace, hash link. */
export const NR = 0;
export const SERIAL = 1;
export const NEXT = 2;
const UPID_WORDS = 3;

/** Word offset of the number at that level. */
export function upidAt(pidAt: number, level: number): number {
  return pidAt + PID_HEAD.words + level * UPID_WORDS;
}

function slotAt(s: State, nr: number, serial: number, level: number): number {
  return slotOf(level === 0 ? s.pidHash : s.vnrHash, nr, serial);
}

export const design: Design = {
  traits: {
    strategy: 'test',
    maxLevel: 2,
    maxNamespaces: Number.POSITIVE_INFINITY,
    maxNumbers: 3,
    rootNumbers: 'small',
    floors: { root: 300, child: 300 },
    shared: false,
  },
  map: pidmap,
  index: hashed({ name: 'root_hash', slotsPerPid: 1 }, { name: 'other_hash', slotsPerPid: 1 }),
  pidWords: (numbers) => PID_HEAD.words + numbers * UPID_WORDS,
  taskWords: TASK.words,

  allocPid(s, nsAt, setTid) {
    mustBeOpen(s, nsAt);
    const level = s.words[nsAt + NS.at.level];
    const pidAt = newPid(s, nsAt, level, level + 1);
    let at = nsAt;
    for (let i = level; i >= 0; i--) {
      const nr = takeNumber(s, at, setTid, level - i);
      if (nr < 0) throw giveUp(s, pidAt, level - i, at, nr, setTid);
      s.words[upidAt(pidAt, i) + NR] = nr;
      s.words[upidAt(pidAt, i) + SERIAL] = s.words[at + NS.at.serial];
      at = s.words[at + NS.at.parent];
    }
    design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => hashAdd(s, slot, link));
    bearPid(s, pidAt);
    return pidAt;
  },
  unhash(s, pidAt) {
    design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => hashDel(s, slot, link));
  },
  giveBack(s, pidAt, count) {
    const level = pidLevel(s, pidAt);
    let at = homeOf(s, pidAt);
    for (let i = level; i > level - count; i--) {
      const parent = s.words[at + NS.at.parent];
      freePidmap(s, at, s.words[upidAt(pidAt, i) + NR]);
      at = parent;
    }
  },
  findPidNs(s, nr, nsAt) {
    const { level: LEVEL, serial: NS_SERIAL } = NS.at;
    const serial = s.words[nsAt + NS_SERIAL];
    const level = s.words[nsAt + LEVEL];
    return findInChain(s, slotAt(s, nr, serial, level), nr, NR - NEXT, serial, SERIAL - NEXT, -upidAt(NEXT, level));
  },
  findPid: (s, nr) => design.findPidNs(s, nr, s.words[HEADER.at.rootNs]),
  findGePid: findGeInMap,
  pidSlot: (s, pidAt) => slotAt(s, s.words[upidAt(pidAt, 0) + NR], s.words[upidAt(pidAt, 0) + SERIAL], 0),
  pidNrNs(s, pidAt, nsAt) {
    const level = s.words[nsAt + NS.at.level];
    if (level > pidLevel(s, pidAt)) return 0;
    const upid = upidAt(pidAt, level);
    return s.words[upid + SERIAL] === s.words[nsAt + NS.at.serial] ? s.words[upid + NR] : 0;
  },
  pidNr: (s, pidAt) => s.words[upidAt(pidAt, 0) + NR],
  pidOwnNr: (s, pidAt) => s.words[upidAt(pidAt, pidLevel(s, pidAt)) + NR],
  pidSerial: (s, pidAt) => s.words[upidAt(pidAt, pidLevel(s, pidAt)) + SERIAL],
  taskNrNs(s, taskAt, type, nsAt) {
    const pidAt = taskPid(s, taskAt, type);
    return pidAt === 0 ? 0 : design.pidNrNs(s, pidAt, nsAt);
  },
  rememberNumbers() {},
  forgetNumbers() {},
  admitNs() {},
  claimNs() {},
  releaseNs() {},
  eachNumber(s, pidAt, visit) {
    let at = homeOf(s, pidAt);
    for (let i = pidLevel(s, pidAt); i >= 0; i--) {
      const upid = upidAt(pidAt, i);
      const nr = s.words[upid + NR];
      visit(nr, at, upid + NEXT, slotAt(s, nr, s.words[upid + SERIAL], i));
      at = s.words[at + NS.at.parent];
    }
  },
  checkDesign() {},
};

/** An allocator and the state under it. */
export interface Made {
  readonly s: State;
  readonly a: PidAllocator;
}

/** The smallest block, unless `options` say otherwise, and the same handles in every run. */
export function make(options: PidAllocatorOptions = {}): Made {
  const fresh = options.snapshot === undefined ? { memory: 2 ** 20, capacity: 1, generationBase: 1000 } : {};
  const s = createState(design, readOptions(design, { ...fresh, ...options }));
  return { s, a: bind(s) };
}

/** Word offset of the record that a handle means. */
export function at(handle: number): number {
  return (handle & LINE_MASK) << LINE_SHIFT;
}

/** What `run` throws, which has to be a PidBug. */
export function bug(run: () => unknown): PidBug {
  try {
    run();
  } catch (error) {
    if (error instanceof PidBug) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
