/**
 * "One line": a strategy of one's own, in one file.
 *
 * Like the hierarchical design it gives a pid a number at every level. It makes two other choices:
 *
 * 1. A pid is exactly one cache line. Its head takes 7 of the 16 words and each number 3, so there is room for three
 *    levels: a host, a container, and a container in that. Deeper is ENOSPC. Whatever is asked of a pid costs one miss.
 * 2. The hash table is a direct map: number n of a namespace belongs n slots after the place where that namespace starts.
 *    Numbers are given out in a row, so pids fill the table in a row, and neighbours in number are neighbours in memory.
 *
 * ```
 *   slots   …│  41  │  42  │  43  │…  of a namespace that starts 41 slots earlier
 *               ▼      ▼      ▼
 *   pid      head (7 words) │ nr ns next │ nr ns next │ nr ns next        64 bytes
 *                             level 0      level 1      level 2
 * ```
 *
 * Core has all the rest: memory, slab caches, pidmaps, namespaces, tasks, the checks of arguments, snapshots. A strategy
 * describes itself as a `Design`, whose functions get word offsets that core has checked and return 0 for "none".
 */
import { RESERVED_PIDS } from '@pidlab/contract';
import {
  bearPid,
  bind,
  eachLivePid,
  findGeInMap,
  freePidmap,
  giveUp,
  HEADER,
  hashAdd,
  hashDel,
  hashed,
  homeOf,
  mustBeOpen,
  NS,
  newPid,
  PID_HEAD,
  pidLevel,
  pidmap,
  strategyOf,
  struct,
  TASK,
  takeNumber,
  taskPid,
  variantOf,
} from '@pidlab/core';

/** @import { CreatePidAllocator, Traits } from '@pidlab/contract' */
/** @import { Design, State } from '@pidlab/core' */

const MAX_LEVEL = 2;
const UPID = struct('upid (one line)', {
  nr: ['once', 'the number at this level'],
  ns: ['once', 'serial of the namespace that gave it'],
  next: ['slotLock', 'hash link: the next link of the chain, or the marker of its slot'],
});
const { nr: NR, ns: UPID_NS, next: NEXT } = UPID.at;
const { parent: PARENT, level: LEVEL, serial: SERIAL } = NS.at;
const ROOT_NS = HEADER.at.rootNs;

/** @type {Traits} */
export const traits = Object.freeze({
  strategy: 'one-line',
  maxLevel: MAX_LEVEL,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: MAX_LEVEL + 1,
  rootNumbers: 'small',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS }),
  shared: false,
});

/**
 * Where the pid has its number of that level: root first, behind the head.
 *
 * @param {number} pidAt
 * @param {number} level
 */
const upidAt = (pidAt, level) => pidAt + PID_HEAD.words + level * UPID.words;

/**
 * The slot of a number. The serial is where its namespace starts; shifting up and down again keeps as many bits as the
 * table has slots.
 *
 * @param {State} s
 * @param {number} nr
 * @param {number} serial
 */
const slotOf = ({ pidHash: { base, shift } }, nr, serial) => base + (((nr + serial) << shift) >>> shift);

/** @type {Design} */
const design = {
  traits,
  map: pidmap,
  index: hashed({ name: 'direct_map', slotsPerPid: 2 }),
  pidWords: (numbers) => PID_HEAD.words + numbers * UPID.words,
  taskWords: TASK.words,

  allocPid(s, nsAt, setTid) {
    const w = s.words;
    const level = w[nsAt + LEVEL];
    mustBeOpen(s, nsAt);
    const pidAt = newPid(s, nsAt, level, level + 1);
    let at = nsAt;
    for (let i = level; i >= 0; i--) {
      const nr = takeNumber(s, at, setTid, level - i);
      if (nr < 0) throw giveUp(s, pidAt, level - i, at, nr, setTid);
      w[upidAt(pidAt, i) + NR] = nr;
      w[upidAt(pidAt, i) + UPID_NS] = w[at + SERIAL];
      at = w[at + PARENT];
    }
    // Nothing below can fail, and nobody finds the pid before it has all its numbers.
    design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => hashAdd(s, slot, link));
    bearPid(s, pidAt);
    return pidAt;
  },

  // Core ends a pid: first it has the pid leave the table at every level, then it has the numbers given back.
  unhash(s, pidAt) {
    design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => hashDel(s, slot, link));
  },
  giveBack(s, pidAt, count) {
    const level = pidLevel(s, pidAt);
    let at = homeOf(s, pidAt);
    for (let i = level; i > level - count; i--) {
      // The last number of a namespace may end it, so its parent is read first.
      const parent = s.words[at + PARENT];
      freePidmap(s, at, s.words[upidAt(pidAt, i) + NR]);
      at = parent;
    }
  },

  findPidNs(s, nr, nsAt) {
    const w = s.words;
    const serial = w[nsAt + SERIAL];
    for (let link = w[slotOf(s, nr, serial)]; link > 0; link = w[link]) {
      const upid = link - NEXT;
      if (w[upid + NR] === nr && w[upid + UPID_NS] === serial) return upid - upidAt(0, w[nsAt + LEVEL]);
    }
    return 0;
  },
  findPid: (s, nr) => design.findPidNs(s, nr, s.words[ROOT_NS]),
  findGePid: findGeInMap,
  // Its lock would be the pid's, if threads shared the table; this design is for one.
  pidSlot: (s, pidAt) => slotOf(s, s.words[upidAt(pidAt, 0) + NR], s.words[upidAt(pidAt, 0) + UPID_NS]),

  pidNrNs(s, pidAt, nsAt) {
    const level = s.words[nsAt + LEVEL];
    if (level > pidLevel(s, pidAt)) return 0;
    const upid = upidAt(pidAt, level);
    return s.words[upid + UPID_NS] === s.words[nsAt + SERIAL] ? s.words[upid + NR] : 0;
  },
  pidNr: (s, pidAt) => s.words[upidAt(pidAt, 0) + NR],
  pidOwnNr: (s, pidAt) => s.words[upidAt(pidAt, pidLevel(s, pidAt)) + NR],
  pidSerial: (s, pidAt) => s.words[upidAt(pidAt, pidLevel(s, pidAt)) + UPID_NS],
  taskNrNs(s, taskAt, type, nsAt) {
    const pidAt = taskPid(s, taskAt, type);
    return pidAt === 0 ? 0 : design.pidNrNs(s, pidAt, nsAt);
  },

  // A task could keep numbers of its pids, and a namespace could own something, as in flat and in pidspace. Not here.
  rememberNumbers() {},
  forgetNumbers() {},
  admitNs() {},
  claimNs() {},
  releaseNs() {},

  eachNumber(s, pidAt, visit) {
    const w = s.words;
    let at = homeOf(s, pidAt);
    for (let i = pidLevel(s, pidAt); i >= 0; i--) {
      const upid = upidAt(pidAt, i);
      visit(w[upid + NR], at, upid + NEXT, slotOf(s, w[upid + NR], w[upid + UPID_NS]));
      at = w[at + PARENT];
    }
  },

  checkDesign(s, say) {
    eachLivePid(s, (pidAt) =>
      design.eachNumber(s, pidAt, (nr, nsAt) => {
        if (design.pidNrNs(s, pidAt, nsAt) !== nr) say(`pid ${pidAt} has a number that namespace ${nsAt} did not give`);
      }),
    );
  },
};

/** @type {CreatePidAllocator} */
export const createPidAllocator = strategyOf(variantOf(design, bind)).createPidAllocator;
