/** The geometry of a block: what its header says, and where that puts everything else. */
import { BITS_PER_PAGE, type Traits } from '@pidlab/contract';
import { HEADER, PAGE_SHIFT, PAGE_TABLE, PAGE_WORDS, WORKER } from '../layout.ts';
import type { Design, State } from '../types.ts';
import { wholeLines } from '../words/struct.ts';

/** Its top three bits are 0, so that no handle fits the header. */
const MAGIC = 0x1069_646c;
/** Of the layout of a block. */
export const VERSION = 5;
const NAME_BYTES = 16;
/** Pages in the largest block: 1 GiB. */
export const LIMIT_PAGES = 0x4_0000;
/** Shifts of tables of 2^24 and of 16 slots. */
const MIN_SHIFT = 8;
export const MAX_SHIFT = 28;
/** The most worker slots that a block can have. */
export const LIMIT_WORKERS = 256;
/** The largest window: a page of a pidmap. */
export const LIMIT_WINDOW: number = BITS_PER_PAGE;
/** From one worker's record to the next: they share no cache line. */
const WORKER_STEP: number = wholeLines(WORKER.words);

const H = HEADER.at;

/** What decides where everything in a block is. */
export interface Geometry {
  readonly pagesTotal: number;
  readonly hashShifts: readonly number[];
  /** Worker slots; 0 in a block for one thread. */
  readonly workers: number;
}

/** Writes what a new block's header says of its geometry. */
export function writeHeader(words: Int32Array, traits: Traits, geometry: Geometry): void {
  const { pagesTotal, hashShifts, workers } = geometry;
  words[H.magic] = MAGIC;
  words[H.version] = VERSION;
  writeName(words, traits.strategy);
  words[H.pagesTotal] = pagesTotal;
  words[H.mapStart] = pagesTotal;
  words[H.workers] = workers;
  words[H.slabEnd] = slabStartOf(geometry);
  words.set(hashShifts, H.hashShifts);
}

function writeName(words: Int32Array, strategy: string): void {
  for (let i = 0; i < Math.min(strategy.length, NAME_BYTES); i++) {
    words[H.strategy + (i >> 2)] |= (strategy.charCodeAt(i) & 0x7f) << ((i & 3) * 8);
  }
}

function geometryOf(header: Int32Array): Geometry {
  const hashShifts = [header[H.hashShifts], header[H.hashShifts + 1]];
  return { pagesTotal: header[H.pagesTotal], hashShifts, workers: header[H.workers] };
}

/** The state over a block whose header is right, for no worker yet. */
export function stateOver(design: Design, words: Int32Array): State {
  const geometry = geometryOf(words);
  const shifts = geometry.hashShifts;
  const base = hashBaseOf(geometry.pagesTotal);
  const { maxNumbers } = design.traits;
  const pidHash = { base, shift: shifts[0] };
  return {
    words,
    design,
    pidHash,
    vnrHash: shifts[1] === 0 ? pidHash : { base: base + slotsOf(shifts[0]), shift: shifts[1] },
    maxNumbers,
    pidWords: Array.from({ length: maxNumbers + 1 }, (_, numbers) => design.pidWords(numbers)),
    window: words[H.window] || 1,
    workersStart: workersStartOf(geometry),
    slabStart: slabStartOf(geometry),
    worker: 0,
    owner: 0,
    lastNs: Number.NaN,
    lastNsAt: 0,
  };
}

/** Word offset of the record of the worker in that slot. */
export function workerAt(s: State, slot: number): number {
  return s.workersStart + slot * WORKER_STEP;
}

/** Whether a worker can claim so many numbers at once: then a window is within one page of a pidmap. */
export function isWindow(numbers: number): boolean {
  return Number.isInteger(numbers) && numbers >= 1 && numbers <= LIMIT_WINDOW && (numbers & (numbers - 1)) === 0;
}

/** Slots of a table with that shift; a shift of 0 stands for no table. */
export function slotsOf(shift: number): number {
  return shift === 0 ? 0 : 2 ** (32 - shift);
}

/** Word offset of the first slab page in such a block. */
export function slabStartOf(geometry: Geometry): number {
  return workersStartOf(geometry) + wholePages(geometry.workers * WORKER_STEP);
}

function workersStartOf({ pagesTotal, hashShifts }: Geometry): number {
  const slots = hashShifts.reduce((sum, shift) => sum + slotsOf(shift), 0);
  return hashBaseOf(pagesTotal) + wholePages(slots);
}

function hashBaseOf(pagesTotal: number): number {
  return PAGE_TABLE + wholePages(pagesTotal);
}

function wholePages(words: number): number {
  return Math.ceil(words / PAGE_WORDS) * PAGE_WORDS;
}

/** Why a block that begins with this page cannot be one of that design; undefined when it can. */
export function refuseHeader(header: Int32Array, design: Design): string | undefined {
  if (header[H.magic] !== MAGIC) return 'it does not start with the mark of a pidlab block';
  if (header[H.version] !== VERSION)
    return `its layout has version ${header[H.version]}; this package reads version ${VERSION}`;
  return refuseStrategy(header, design) ?? refuseGeometry(header, design);
}

function refuseStrategy(header: Int32Array, design: Design): string | undefined {
  const expected = new Int32Array(HEADER.words);
  writeName(expected, design.traits.strategy);
  const same = [0, 1, 2, 3].every((i) => header[H.strategy + i] === expected[H.strategy + i]);
  return same ? undefined : `it was made by another strategy than ${design.traits.strategy}`;
}

function refuseGeometry(header: Int32Array, design: Design): string | undefined {
  const geometry = geometryOf(header);
  const { pagesTotal: pages, hashShifts, workers } = geometry;
  if (pages < 1 || pages > LIMIT_PAGES) return `its size of ${pages} pages is outside [1, ${LIMIT_PAGES}]`;
  if (workers < 0 || workers > LIMIT_WORKERS) return `its ${workers} worker slots are outside [0, ${LIMIT_WORKERS}]`;
  if (header[H.window] !== 0 && !isWindow(header[H.window]))
    return `its window of ${header[H.window]} numbers is no power of two up to ${LIMIT_WINDOW}`;
  for (const [i, shift] of hashShifts.entries()) {
    const bad = i < design.index.tables.length ? shift < MIN_SHIFT || shift > MAX_SHIFT : shift !== 0;
    if (bad) return `its hash table ${i} has an impossible shift of ${shift}`;
  }
  const [slabEnd, mapStart] = [header[H.slabEnd], header[H.mapStart]];
  const inOrder = slabStartOf(geometry) < slabEnd && slabEnd >> PAGE_SHIFT <= mapStart && mapStart <= pages;
  if (inOrder && slabEnd % PAGE_WORDS === 0) return undefined;
  return `its page bounds are impossible: slabs end at word ${slabEnd}, pidmaps start at page ${mapStart} of ${pages}`;
}
