/**
 * What is done for a worker that runs no more.
 *
 * A worker may have been terminated between any two of its instructions. Its record says what it was at: which slot it had
 * locked, which pid, tasks and namespace it had in hand. What is shared is whole at every instant, since each change of a
 * chain, a list or a map is one store; so all that is left to do is to let go of what it held, and to take what it had in
 * hand out of use.
 */
import { PIDTYPE_MAX, PIDTYPE_PID, PidBug, type PidType } from '@pidlab/contract';
import {
  CACHE,
  HEADER,
  HOME_DEAD,
  HOME_ENDING,
  MAGAZINE,
  NS,
  PAGE_TABLE,
  PAGE_WORDS,
  PID_HEAD,
  TASK,
  TASK_LINK,
  WORKER,
} from '../layout.ts';
import { workerAt } from '../memory/block.ts';
import { GENERATION_MASK, KIND_NS, KIND_PID, KIND_RETIRED, KIND_SHIFT } from '../memory/handles.ts';
import { NS_LOCK } from '../memory/locks.ts';
import { ALL_CACHES, cacheOfRecord, emptyMagazine, endMove, magazineAt, NS_CACHE, retire } from '../memory/slab.ts';
import { ATTACHED, isSeenMoving, LEAVING, NO_WORKER } from '../memory/workers.ts';
import { isLockedBy, lockSlot } from '../pids/hash.ts';
import { homeOf, isDead, unlockPid } from '../pids/pids.ts';
import { clearLink, linkOf } from '../pids/tasks.ts';
import type { State } from '../types.ts';
import { add, compareExchange, load, publish } from '../words/access.ts';
import { cacheOf, eachSlot, isSlot } from './walk.ts';

const {
  state: STATE,
  lockedSlot: LOCKED_SLOT,
  parked: PARKED,
  pid: PID,
  pidLife: PID_LIFE,
  tasks: TASKS,
  ns: NS_IN_HAND,
  taking: TAKING,
} = WORKER.at;
const { first: FIRST, count: COUNT } = MAGAZINE.at;
const H = HEADER.at;
const C = CACHE.at;

/** Breaks the locks of a worker that runs no more, takes what it had in hand out of use, and frees its slot. */
export function declareGone(s: State, slot: number): void {
  const worker = workerAt(s, slot);
  if (worker === s.worker) throw new PidBug('declareGone', `workerSlot ${slot} is this worker's own; use detach`);
  if (load(s.words, worker + STATE) === ATTACHED && isSeenMoving(s, worker)) {
    const todo = 'declare it gone when its thread has ended, which terminate() alone does not say';
    throw new PidBug('declareGone', `workerSlot ${slot} has a worker that goes on; ${todo}`);
  }
  if (compareExchange(s.words, worker + STATE, ATTACHED, LEAVING + s.owner) !== ATTACHED)
    throw new PidBug('declareGone', `workerSlot ${slot} has no worker`);
  add(s.words, H.gone, 1);
  try {
    takeAway(s, worker, slot);
  } catch (error) {
    // Another gone worker has a lock that is needed. When that is broken this can be tried again.
    publish(s.words, worker + STATE, ATTACHED);
    throw error;
  }
  // Whoever waits for it to have taken its number knows by this that it is over.
  publish(s.words, worker + TAKING, 0);
  // On the rest nobody waits. A reader that still follows its parked head begins anew, as wherever a chain ends in no marker.
  s.words.fill(0, worker + STATE + 1, worker + TAKING);
  s.words.fill(0, worker + TAKING + 1, worker + WORKER.words);
  // The state comes last: from there on somebody else may have the slot.
  publish(s.words, worker + STATE, NO_WORKER);
}

/** The locks of a gone worker, what it had in hand and what it had at hand. Whoever stops in the middle of it can begin again. */
function takeAway(s: State, worker: number, slot: number): void {
  // Those that it was declaring gone itself can be declared gone once more.
  for (let other = 0; other < s.words[H.workers]; other++) {
    compareExchange(s.words, workerAt(s, other) + STATE, LEAVING + slot + 1, ATTACHED);
  }
  unlockSlotOf(s, worker, slot);
  for (const taskAt of [s.words[worker + TASKS], s.words[worker + TASKS + 1]]) {
    if (taskAt !== 0) compareExchange(s.words, taskAt + TASK.at.lock, slot + 1, 0);
  }
  unlockHeader(s, worker, slot);
  s.design.map.recover(s, slot);
  buryHand(s, worker);
  compareExchange(s.words, NS_LOCK, slot + 1, 0);
  for (const cache of ALL_CACHES) salvageMagazine(s, cache, worker);
}

/** The chain is whole as it is; the task lists of the pid that was locked are mended before anybody else may change them. */
function unlockSlotOf(s: State, worker: number, slot: number): void {
  const w = s.words;
  const lockedSlot = w[worker + LOCKED_SLOT];
  if (lockedSlot === 0 || !isLockedBy(s, lockedSlot, slot)) return;
  for (const taskAt of [w[worker + TASKS], w[worker + TASKS + 1]]) {
    for (let type = 0; taskAt !== 0 && type < PIDTYPE_MAX; type++) mendList(s, taskAt, type as PidType, lockedSlot);
  }
  const pidAt = w[worker + PID];
  if (pidAt !== 0 && w[pidAt] >>> KIND_SHIFT === KIND_PID && !isDead(s, pidAt)) {
    // From here on others may end what it had not begun to.
    if (w[pidAt + PID_HEAD.at.count] > 0) w[worker + PID] = 0;
    else w[pidAt + PID_HEAD.at.home] |= HOME_DEAD | HOME_ENDING;
  }
  publish(w, lockedSlot, w[worker + PARKED]);
}

/** The `next`s of a list are always right: the `prev`s follow from them, and so does whether the task is in it. */
function mendList(s: State, taskAt: number, type: PidType, lockedSlot: number): void {
  const w = s.words;
  const pidAt = w[linkOf(taskAt, type) + TASK_LINK.at.pid];
  if (pidAt === 0 || s.design.pidSlot(s, pidAt) !== lockedSlot) return;
  let isIn = false;
  let prev = 0;
  for (let at = w[pidAt + PID_HEAD.at.tasks + type]; at !== 0; at = w[linkOf(at, type) + TASK_LINK.at.next]) {
    w[linkOf(at, type) + TASK_LINK.at.prev] = prev;
    isIn ||= at === taskAt;
    prev = at;
  }
  if (isIn) return;
  const reaper = homeOf(s, pidAt) + NS.at.reaper;
  if (type === PIDTYPE_PID && w[reaper] === taskAt) w[reaper] = w[pidAt + PID_HEAD.at.tasks + type];
  clearLink(s, taskAt, type);
}

/** Of the caches and the pages; namespaces stay locked until what was in hand is dealt with. */
function unlockHeader(s: State, worker: number, slot: number): void {
  const w = s.words;
  for (const cache of ALL_CACHES) {
    if (load(w, cache + C.lock) !== slot + 1) continue;
    endMove(s, cache, worker);
    // A page that it was about to take is nobody's.
    if (w[cache + C.bumpEnd] > w[H.slabEnd]) w[cache + C.bump] = w[cache + C.bumpEnd] = 0;
    recount(s, cache);
    publish(w, cache + C.lock, 0);
  }
  if (load(w, H.pageLock) === slot + 1) {
    let free = 0;
    for (let page = w[H.mapFree]; page !== 0; page = w[PAGE_TABLE + page]) free++;
    w[H.mapFreeCount] = free;
    publish(w, H.pageLock, 0);
  }
}

/** Counts anew what the cache counts: the worker was changing it. */
function recount(s: State, cache: number): void {
  const w = s.words;
  let slabs = 0;
  for (let start = s.slabStart; start < w[H.slabEnd]; start += PAGE_WORDS) {
    if (cacheOfRecord(s, start) === cache) slabs++;
  }
  w[cache + C.slabs] = slabs;
  let free = 0;
  for (let at = w[cache + C.free]; at !== 0; at = w[at + 1]) free++;
  let cut = 0;
  let retired = 0;
  eachSlot(s, cache, (at) => {
    if (at >= w[cache + C.bump] && at < w[cache + C.bumpEnd]) return;
    cut++;
    if (w[at] >>> KIND_SHIFT === KIND_RETIRED) retired++;
  });
  w[cache + C.retired] = retired;
  w[cache + C.active] = cut - free - retired;
}

/** It is unknown how far the worker got with these, so they are retired, unless others have freed them since. */
function buryHand(s: State, worker: number): void {
  const w = s.words;
  const pidAt = w[worker + PID];
  // Read once: others may be ending the pid right now.
  const id = w[pidAt];
  const isSame = (id & GENERATION_MASK) === w[worker + PID_LIFE];
  if (pidAt !== 0 && isSame && !isAtHand(s, worker, pidAt)) buryPid(s, pidAt, id >>> KIND_SHIFT === KIND_PID);
  w[worker + PID] = 0;
  const nsAt = w[worker + NS_IN_HAND];
  if (nsAt !== 0 && w[nsAt] >>> KIND_SHIFT === KIND_NS) publish(w, nsAt + NS.at.ending, 0);
  else if (nsAt !== 0 && w[nsAt] >>> KIND_SHIFT !== KIND_RETIRED && !isAtHand(s, worker, nsAt)) {
    s.design.releaseNs(s, nsAt);
    retire(s, NS_CACHE, nsAt);
  }
  w[worker + NS_IN_HAND] = 0;
}

/** A pid that was not complete yet, or that was being freed. Its numbers stay taken as far as they were. */
function buryPid(s: State, pidAt: number, isBorn: boolean): void {
  // It was born, or the worker had dropped its reference: others have the rest to do, or had.
  if (isBorn && (s.words[pidAt + PID_HEAD.at.home] & HOME_ENDING) === 0) return;
  s.design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => s.design.index.unlink(s, slot, link));
  if (isBorn && !dropOwn(s, pidAt)) return;
  retire(s, cacheOf(s, pidAt), pidAt);
}

/** Drops the allocation's own reference for the worker. False when others have some, who give the record back then. */
function dropOwn(s: State, pidAt: number): boolean {
  const w = s.words;
  const count = pidAt + PID_HEAD.at.count;
  lockSlot(s, s.design.pidSlot(s, pidAt), 'declareGone');
  const isLast = w[count] <= 1;
  if (isLast) {
    w[count] = 0;
  } else {
    w[pidAt + PID_HEAD.at.home] &= ~HOME_ENDING;
    w[count]--;
  }
  unlockPid(s);
  return isLast;
}

/** Whether the record is in the worker's magazine: not taken out yet, or put back already. */
function isAtHand(s: State, worker: number, at: number): boolean {
  const cache = cacheOf(s, at);
  let left = 1 + s.words[magazineAt(worker, cache) + COUNT];
  for (
    let free = s.words[magazineAt(worker, cache) + FIRST];
    free !== 0 && left >= 0;
    free = s.words[free + 1], left--
  ) {
    if (free === at) return true;
  }
  return false;
}

/** Gives the magazine's records back, after they have been counted anew. */
function salvageMagazine(s: State, cache: number, worker: number): void {
  const w = s.words;
  const magazine = magazineAt(worker, cache);
  let count = 0;
  for (let at = w[magazine + FIRST]; at !== 0 && isSlot(s, at); at = w[at + 1]) count++;
  w[magazine + COUNT] = count;
  emptyMagazine(s, cache, worker, Number.POSITIVE_INFINITY);
}
