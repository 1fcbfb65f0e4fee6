/**
 * A block as bytes: a head of four words, then the used part of the block, which is its start up to the last slab page
 * and its end from the first pidmap page.
 *
 * ```
 *   mark │ words that follow │ checksum of them │ 0 ║ words[0, slabEnd) │ words[mapStart …, end)
 * ```
 */
import { PAGE_SIZE, PID_MAX_LIMIT, PidBug } from '@pidlab/contract';
import { CACHE, HEADER, HOME_ENDING, NS, PAGE_SHIFT, PAGE_WORDS, PID_HEAD, TASK } from '../layout.ts';
import { refuseHeader, stateOver } from '../memory/block.ts';
import { ALL_CACHES, PID_CACHES } from '../memory/slab.ts';
import { gatherMagazines, takeSlot } from '../memory/workers.ts';
import { isDead } from '../pids/pids.ts';
import { eachWindow } from '../pids/windows.ts';
import type { Design, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { checkInvariants } from './invariants.ts';
import { eachNs, eachPid, eachSlot, eachTask } from './walk.ts';

const SNAPSHOT_MARK = 0x7069_6473;
const HEAD_WORDS = 4;
const H = HEADER.at;
const { slabEnd: SLAB_END, mapStart: MAP_START, pagesTotal: PAGES_TOTAL } = H;

/** Copies what is in use. A shared block is copied as it would be if one thread had used it. */
export function takeSnapshot(s: State): Uint8Array {
  const w = s.words;
  const low = w.subarray(0, w[SLAB_END]);
  const high = w.subarray(w[MAP_START] << PAGE_SHIFT);
  const copy = new Int32Array(HEAD_WORDS + low.length + high.length);
  copy.set(low, HEAD_WORDS);
  copy.set(high, HEAD_WORDS + low.length);
  if (SHARED) forOneThread(s, copy.subarray(HEAD_WORDS, HEAD_WORDS + low.length));
  copy[0] = SNAPSHOT_MARK;
  copy[1] = low.length + high.length;
  copy[2] = checksum(copy.subarray(HEAD_WORDS));
  return new Uint8Array(copy.buffer);
}

/** In the copy of the block the workers have nothing left and are nobody's, and what threads do not count is counted. */
function forOneThread(s: State, copy: Int32Array): void {
  gatherMagazines({ ...s, words: copy });
  if (s.window > 1) closeWindows(s, copy);
  copy.fill(0, s.workersStart, s.slabStart);
  s.design.map.count(s, copy);
}

/** Where the last window was not used up the cursor is in it, as it would be if its numbers had been drawn one by one. */
function closeWindows(s: State, copy: Int32Array): void {
  const { lastPid, epoch } = NS.at;
  eachWindow(s, ({ nsAt, next, end }) => {
    if (copy[nsAt + lastPid] === end - 1) copy[nsAt + lastPid] = next - 1;
  });
  eachNs(s, (nsAt) => {
    copy[nsAt + epoch] = 0;
  });
}

/**
 * Makes a state from a snapshot, which is a plain array of the caller's own, over memory that `reserve` gives for so many
 * pages, or throws PidBug that says what is wrong with it. What gone workers had in hand is no reason. The bytes may be from
 * anywhere: whatever is relied upon later is checked here, or is cleared.
 */
export function restoreBlock(
  design: Design,
  snapshot: Uint8Array<ArrayBuffer>,
  reserve: (pages: number) => Int32Array,
): State {
  const body = bodyOf(snapshot);
  const refused = refuseHeader(body, design) ?? refuseSettings(body);
  if (refused !== undefined) throw corrupt(refused);
  const lowWords = body[SLAB_END];
  const mapStart = body[MAP_START] << PAGE_SHIFT;
  const totalWords = body[PAGES_TOTAL] * PAGE_WORDS;
  if (lowWords + totalWords - mapStart !== body.length) throw corrupt('its length does not fit its header');
  if (SHARED && body[H.workers] === 0)
    throw corrupt('its block is for one thread and has no room for workers, and shared is true');
  const words = reserve(body[PAGES_TOTAL]);
  words.set(body.subarray(0, lowWords));
  words.set(body.subarray(lowWords), mapStart);
  const s = stateOver(design, words);
  forgetWorkers(s);
  if (SHARED) takeSlot(s);
  checkRestored(s, body[H.gone] > 0);
  forgetHolders(s);
  if (SHARED) design.map.uncount(s);
  return s;
}

/** What nothing else in the block has to agree with. */
function refuseSettings(header: Int32Array): string | undefined {
  const capacity = header[H.capacity];
  return capacity >= 1 && capacity <= PID_MAX_LIMIT ? undefined : `its capacity is ${capacity}`;
}

/** Locks, and what workers had at hand, are no state: whoever had them is not in this block. */
function forgetWorkers(s: State): void {
  const w = s.words;
  w[H.nsLock] = 0;
  w[H.pageLock] = 0;
  w[H.mapLock] = 0;
  w[H.gone] = 0;
  for (const cache of ALL_CACHES) w[cache + CACHE.at.lock] = 0;
  w.fill(0, s.workersStart, s.slabStart);
}

/**
 * Throws unless all that must hold does. That workers were gone is believed only where something is missing, and then what
 * they were in the middle of is mended, so that the rest is lost and does no harm.
 */
function checkRestored(s: State, wereGone: boolean): void {
  let [violation] = checkInvariants(s, true).violations;
  if (violation !== undefined && wereGone) {
    s.words[H.gone] = 1;
    for (const cache of ALL_CACHES) closeSlab(s, cache);
    [violation] = checkInvariants(s, true).violations;
    if (violation === undefined) {
      mend(s);
      [violation] = checkInvariants(s, true, true).violations;
    }
  }
  if (violation !== undefined) throw corrupt(violation);
}

/** Nothing more is cut from a slab that has no room for it, wherever that is. */
function closeSlab(s: State, cache: number): void {
  const w = s.words;
  const { bump, bumpEnd, objectWords } = CACHE.at;
  if (w[cache + bump] + w[cache + objectWords] > w[cache + bumpEnd]) w[cache + bump] = w[cache + bumpEnd] = 0;
}

/** A pid that somebody was freeing is dead, led to by nothing, and has a reference that nobody gives back. */
function mend(s: State): void {
  const w = s.words;
  const { count, home } = PID_HEAD.at;
  eachPid(s, (pidAt) => {
    w[pidAt + home] &= ~HOME_ENDING;
    if (w[pidAt + count] < 1) w[pidAt + count] = 1;
    if (isDead(s, pidAt))
      s.design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => s.design.index.unlink(s, slot, link));
  });
}

/** The same for what is in records and says only what a worker was at, or nothing at all. */
function forgetHolders(s: State): void {
  const w = s.words;
  eachTask(s, (taskAt) => {
    w[taskAt + TASK.at.spare] = 0;
    w[taskAt + TASK.at.lock] = 0;
  });
  eachNs(s, (nsAt) => {
    w[nsAt + NS.at.ending] = 0;
  });
  const { pidNumbers = PID_HEAD.words } = s.design;
  // A lock of the pid's own, where the design has one. It stays what it is from one life to the next.
  for (const cache of PID_CACHES) eachSlot(s, cache, (pidAt) => w.fill(0, pidAt + PID_HEAD.words, pidAt + pidNumbers));
}

function bodyOf(bytes: Uint8Array<ArrayBuffer>): Int32Array {
  if (bytes.length < HEAD_WORDS * 4 + PAGE_SIZE || bytes.length % 4 !== 0) {
    throw corrupt(`${bytes.length} bytes are not a whole snapshot`);
  }
  const words = new Int32Array(bytes.buffer);
  const body = words.subarray(HEAD_WORDS);
  if (words[0] !== SNAPSHOT_MARK) throw corrupt('it does not start with the mark of a snapshot');
  if (words[3] !== 0) throw corrupt(`its fourth word is ${words[3]}, not 0`);
  if (words[1] !== body.length) throw corrupt(`it has ${body.length} words of ${words[1]}`);
  if (words[2] !== checksum(body)) throw corrupt('its checksum does not fit its contents');
  return body;
}

/** FNV-1a by words: it finds damage, not malice; for that all invariants are walked. */
function checksum(words: Int32Array): number {
  let sum = 0x811c_9dc5 | 0;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x0100_0193);
  return sum;
}

function corrupt(why: string): PidBug {
  return new PidBug('createPidAllocator', `snapshot cannot be used: ${why}; take a new one with snapshot()`);
}
