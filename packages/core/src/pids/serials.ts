/**
 * The serials of namespaces: names that no two namespaces have as long as anybody remembers one of them.
 *
 * Serials follow each other by an odd step, and the *place* of one says how many steps it is away from 0. The header knows up to
 * which place nobody remembers any: at first that is all the way round. When those are used up, everything is looked through for
 * what may be remembered, and the largest stretch between is given out next:
 *
 * ```
 *   place  0 ───●────────●●───────────────────●────── 2^32      ● some namespace, or a pid, has it
 *                          ▲ lastSerial        ▲ serialEnd
 * ```
 *
 * Why they are remembered at all: docs/adr/0003. Why they come again: docs/adr/0011.
 */
import { CACHE, HEADER, NS, PAGE_WORDS, PID_HEAD } from '../layout.ts';
import { isFault, SERIALS } from '../memory/faults.ts';
import { KIND_NS, KIND_PID, KIND_SHIFT } from '../memory/handles.ts';
import { mustHold, NS_LOCK } from '../memory/locks.ts';
import { cacheOfRecord } from '../memory/slab.ts';
import type { State } from '../types.ts';
import { CHECKED } from '../words/mode.ts';
import { noSerials } from './errors.ts';

const { lastSerial: LAST, serialEnd: END, slabEnd: SLAB_END } = HEADER.at;
const SERIAL = NS.at.serial;
const OBJECT_WORDS = CACHE.at.objectWords;
const PID_WORDS = PID_HEAD.words;

/** Odd, so that counting through all 32-bit integers names each namespace differently, and far from the one before. */
const STEP = 0x85eb_ca6b | 0;
/** Its inverse modulo 2^32: a serial times this is its place. */
const STEP_INVERSE = 0xa5cb_9243 | 0;
/** One more than the last place. */
const ALL = 2 ** 32;

/**
 * A serial that nobody remembers, spread so that numbers of different namespaces hash apart. It is given only when it is the
 * header's `lastSerial`. ENOMEM when all are remembered, which no block has room for. Locking: under `nsLock`.
 */
export function nextSerial(s: State, op: string): number {
  if (CHECKED) mustHold(s, NS_LOCK);
  if (CHECKED && isFault(SERIALS)) throw noSerials(op);
  const serial = nextFree(s);
  if (serial !== 0) return serial;
  findStretch(s);
  const found = nextFree(s);
  if (found === 0) throw noSerials(op);
  return found;
}

/** The next serial of the stretch that nobody remembers; 0 at its end. */
function nextFree(s: State): number {
  const end = endOf(s);
  let serial = s.words[LAST];
  do {
    serial = (serial + STEP) | 0;
    if (serial === 0 || placeOf(serial) >= end) return 0;
  } while (isLeftOut(serial));
  return serial;
}

/** Whether it would look like the first word of a record. The header has the last serial where a record could start, too. */
function isLeftOut(serial: number): boolean {
  return serial >>> KIND_SHIFT >= KIND_PID && serial >>> KIND_SHIFT <= KIND_NS;
}

/** Whether some namespace may have that serial: it is not one of those that are given out next. */
export function wasGiven(s: State, serial: number): boolean {
  const place = placeOf(serial);
  return serial !== 0 && (place <= placeOf(s.words[LAST]) || place >= endOf(s));
}

/** Looks for the largest stretch of serials that nobody remembers. Whoever stops in the middle of it has found none. */
function findStretch(s: State): void {
  const w = s.words;
  const places = remembered(s);
  let [last, end] = [0, places[0] ?? ALL];
  for (let i = 0; i < places.length; i++) {
    const next = i + 1 < places.length ? places[i + 1] : ALL;
    if (next - places[i] > end - last) [last, end] = [places[i], next];
  }
  let serial = Math.imul(last, STEP);
  while (isLeftOut(serial)) serial = (serial + STEP) | 0;
  w[END] = 1;
  w[LAST] = serial;
  w[END] = end;
}

/**
 * The places of all serials that a namespace or a pid has, ascending. Whatever a pid has where its numbers are counts as one: what
 * is none only makes a stretch shorter. A pid of another worker, in the middle of its birth, has those of namespaces that are there.
 */
function remembered(s: State): Uint32Array {
  const w = s.words;
  const places = new Uint32Array(w[SLAB_END] - s.slabStart);
  let count = 0;
  for (let start = s.slabStart; start < w[SLAB_END]; start += PAGE_WORDS) {
    const cache = cacheOfRecord(s, start);
    // It was given back, and is blank.
    if (cache <= 0) continue;
    const size = w[cache + OBJECT_WORDS];
    for (let at = start; at + size <= start + PAGE_WORDS; at += size) {
      const kind = w[at] >>> KIND_SHIFT;
      if (kind === KIND_NS) places[count++] = placeOf(w[at + SERIAL]);
      if (kind !== KIND_PID) continue;
      for (let i = s.design.pidNumbers ?? PID_WORDS; i < size; i++) places[count++] = placeOf(w[at + i]);
    }
  }
  return places.subarray(0, count).sort();
}

function placeOf(serial: number): number {
  return Math.imul(serial, STEP_INVERSE) >>> 0;
}

/** Up to where nobody remembers any; 0 stands for all the way, and so does the end. */
function endOf(s: State): number {
  return s.words[END] >>> 0 || ALL;
}
