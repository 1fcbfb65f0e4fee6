/**
 * A block as bytes: a head of four words, then the used part of the block, which is its start up to the last slab page
 * and its end from the first pidmap page.
 *
 * ```
 *   mark │ words that follow │ checksum of them │ 0 ║ words[0, slabEnd) │ words[mapStart …, end)
 * ```
 */
import { PAGE_SIZE, PidBug } from '@pidlab/contract';
import { HEADER, PAGE_SHIFT, PAGE_WORDS } from '../layout.ts';
import { refuseHeader, stateOver } from '../memory/block.ts';
import { gatherMagazines, takeSlot } from '../memory/workers.ts';
import type { Design, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { checkInvariants } from './invariants.ts';

const SNAPSHOT_MARK = 0x7069_6473;
const HEAD_WORDS = 4;
const { slabEnd: SLAB_END, mapStart: MAP_START, pagesTotal: PAGES_TOTAL } = HEADER.at;

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
  copy.fill(0, s.workersStart, s.slabStart);
  s.design.map.count(s, copy);
}

/**
 * Makes a state from a snapshot, which is a plain array of the caller's own, over memory that `reserve` gives for so many pages, or throws PidBug that says what is wrong
 * with it. What gone workers had in hand is no reason.
 */
export function restoreBlock(
  design: Design,
  snapshot: Uint8Array<ArrayBuffer>,
  reserve: (pages: number) => Int32Array,
): State {
  const body = bodyOf(snapshot);
  const refused = refuseHeader(body, design);
  if (refused !== undefined) throw corrupt(refused);
  const lowWords = body[SLAB_END];
  const mapStart = body[MAP_START] << PAGE_SHIFT;
  const totalWords = body[PAGES_TOTAL] * PAGE_WORDS;
  if (lowWords + totalWords - mapStart !== body.length) throw corrupt('its length does not fit its header');
  if (SHARED && body[HEADER.at.workers] === 0)
    throw corrupt('its block is for one thread and has no room for workers, and shared is true');
  const words = reserve(body[PAGES_TOTAL]);
  words.set(body.subarray(0, lowWords));
  words.set(body.subarray(lowWords), mapStart);
  const s = stateOver(design, words);
  if (SHARED) takeSlot(s);
  const [violation] = checkInvariants(s, true).violations;
  if (violation !== undefined) throw corrupt(violation);
  if (SHARED) design.map.uncount(s);
  return s;
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
