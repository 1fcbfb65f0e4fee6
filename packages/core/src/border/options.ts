import { type Floors, PAGE_SIZE, PID_MAX_DEFAULT, PID_MAX_LIMIT, PidBug, RESERVED_PIDS } from '@pidlab/contract';
import { PAGE_WORDS } from '../layout.ts';
import {
  type Geometry,
  isWindow,
  LIMIT_PAGES,
  LIMIT_WINDOW,
  LIMIT_WORKERS,
  MAX_SHIFT,
  slabStartOf,
} from '../memory/block.ts';
import { GENERATION_MASK } from '../memory/handles.ts';
import type { Design } from '../types.ts';
import { wholeLines } from '../words/struct.ts';
import { describe } from './arguments.ts';
import { copyOfBytes } from './buffers.ts';

/** What the options come to, with every default filled in. */
export interface Settings extends Geometry {
  readonly shared: boolean;
  readonly capacity: number;
  readonly pidMax: number;
  readonly floors: Floors;
  readonly generationBase: number;
  /** Numbers that a worker claims at once. */
  readonly window: number;
}

/** The same for one that goes on from a snapshot. */
export interface SnapshotSettings {
  readonly shared: boolean;
  /** The bytes in a plain array of our own, so that they are aligned and nobody writes to them meanwhile. */
  readonly snapshot: Uint8Array<ArrayBuffer>;
}

const OP = 'createPidAllocator';
const KNOWN = [
  'capacity',
  'namespaces',
  'memory',
  'pidMax',
  'floors',
  'hash',
  'generationBase',
  'shared',
  'workers',
  'window',
  'snapshot',
];
/** Those that may stand beside a snapshot, and itself. */
const SNAPSHOT_KNOWN = ['snapshot', 'shared'];
const DEFAULT_WORKERS = 16;
const DEFAULT_CAPACITY = 262_144;
const DEFAULT_NAMESPACES = 1_024;
const LIMIT_NAMESPACES = 131_072;
const MEBIBYTE = 2 ** 20;
/** Beside its task, a pid may take two lines and a half on average: shallow ones take one, those at level 32 seven. */
const WORDS_PER_PID = 40;
/** Times as many hash slots where workers have windows: then two of them seldom write the same line of slots. */
const WINDOWED_SPREAD = 4;
/** For what has to exist before the first pid: the root and the first slab of each cache in use. */
const FIXED_PAGES = 64;
/** A slab each of namespaces, pids and tasks, and the root's first page of what its numbers are in. */
const LEAST_PAGES = 4;

/** Checks the options and fills in the defaults. Reads each property once, and none that is inherited. Throws PidBug. */
export function readOptions(design: Design, options: unknown): Settings | SnapshotSettings {
  const given = knownProperties(options);
  return given.snapshot === undefined ? settingsOf(design, given) : onlySnapshot(given);
}

function settingsOf(design: Design, given: Given): Settings {
  const shared = boolean(given, 'shared');
  const window = windowOf(given, shared);
  const spread = window > 1 ? WINDOWED_SPREAD : 1;
  const memory = integer(given, 'memory', MEBIBYTE, LIMIT_PAGES * PAGE_SIZE, undefined);
  const fitting = memory === undefined ? DEFAULT_CAPACITY : Math.floor(memory / (4 * wordsPerPid(design, spread)));
  const capacity = integer(given, 'capacity', 1, PID_MAX_LIMIT, Math.min(fitting, DEFAULT_CAPACITY));
  const namespaces = integer(given, 'namespaces', 0, LIMIT_NAMESPACES, DEFAULT_NAMESPACES);
  const pagesTotal =
    memory === undefined ? defaultPages(design, capacity, namespaces, spread) : Math.floor(memory / PAGE_SIZE);
  const kernelSized = oneOf(given, 'hash', ['capacity', 'kernel']) === 'kernel';
  const hashShifts = design.index.tables.map((table) =>
    kernelSized ? kernelShift(pagesTotal) : shiftFor(capacity * table.slotsPerPid * spread),
  );
  const workers = workersOf(given, shared);
  if (slabStartOf({ pagesTotal, hashShifts, workers }) / PAGE_WORDS + LEAST_PAGES > pagesTotal) {
    const more = `hash tables for a capacity of ${capacity} leave no room in it; raise memory or lower capacity`;
    throw new PidBug(OP, `memory is ${memory}; ${more}`);
  }
  return {
    shared,
    pagesTotal,
    hashShifts,
    workers,
    capacity,
    pidMax: integer(given, 'pidMax', 1, PID_MAX_LIMIT, PID_MAX_DEFAULT),
    floors: floorsOf(design, given.floors),
    generationBase: integer(given, 'generationBase', 1, GENERATION_MASK, drawBase()),
    window,
  };
}

function workersOf(given: Given, shared: boolean): number {
  const workers = integer(given, 'workers', 1, LIMIT_WORKERS, DEFAULT_WORKERS);
  if (shared) return workers;
  if (given.workers === undefined) return 0;
  throw new PidBug(OP, `workers is ${workers} and shared is not true; only a shared allocator has workers`);
}

/** A window within one page of a pidmap, aligned so that two workers write no line of it in common. */
function windowOf(given: Given, shared: boolean): number {
  const { window = 1 } = given;
  if (typeof window !== 'number' || !isWindow(window)) {
    throw new PidBug(OP, `window is ${describe(window)}; it has to be a power of two in [1, ${LIMIT_WINDOW}]`);
  }
  if (shared || given.window === undefined) return window;
  throw new PidBug(OP, `window is ${window} and shared is not true; only workers of a shared allocator have windows`);
}

/** Half of all generations are above every base that is drawn. */
function drawBase(): number {
  return 1 + Math.floor(Math.random() * (GENERATION_MASK / 2));
}

type Given = { readonly [name: string]: unknown };

function knownProperties(options: unknown, known: readonly string[] = KNOWN, name = 'options'): Given {
  // Without a prototype, so that nothing is found in it that somebody has put into Object.prototype.
  const given: Record<string, unknown> = Object.create(null);
  if (options === undefined) return given;
  if (typeof options !== 'object' || options === null) throw noObject(options, name);
  for (const key of keysOf(options, name)) {
    if (typeof key !== 'string' || !known.includes(key)) {
      throw new PidBug(OP, `${name} has ${describe(key)}, which is unknown; known are ${known.join(', ')}`);
    }
    given[key] = Reflect.get(options, key);
  }
  return given;
}

/** What a revoked proxy throws is a TypeError; it is no object that anything could be read of. */
function keysOf(options: object, name: string): readonly (string | symbol)[] {
  try {
    if (!Array.isArray(options)) return Reflect.ownKeys(options);
  } catch {
    throw new PidBug(OP, `${name} cannot be read; it has to be an object whose keys can be listed`);
  }
  throw noObject(options, name);
}

function noObject(value: unknown, name: string): PidBug {
  return new PidBug(OP, `${name} is ${describe(value)}; it has to be an object`);
}

function integer(given: Given, name: string, min: number, max: number, fallback: number): number;
function integer(given: Given, name: string, min: number, max: number, fallback: undefined): number | undefined;
function integer(
  given: Given,
  name: string,
  min: number,
  max: number,
  fallback: number | undefined,
): number | undefined {
  const value = given[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new PidBug(OP, `${name} is ${describe(value)}; it has to be an integer in [${min}, ${max}]`);
  }
  return value;
}

function boolean(given: Given, name: string): boolean {
  const value = given[name];
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw new PidBug(OP, `${name} is ${describe(value)}; it has to be true or false`);
}

function oneOf(given: Given, name: string, allowed: readonly string[]): string | undefined {
  const value = given[name];
  if (value === undefined || (typeof value === 'string' && allowed.includes(value))) return value;
  throw new PidBug(OP, `${name} is ${describe(value)}; it has to be one of ${allowed.map(describe).join(', ')}`);
}

function floorsOf(design: Design, value: unknown): Floors {
  const given = knownProperties(value, ['root', 'child'], 'floors');
  return {
    root: integer(given, 'root', 1, RESERVED_PIDS, design.traits.floors.root),
    child: integer(given, 'child', 1, RESERVED_PIDS, design.traits.floors.child),
  };
}

function onlySnapshot(given: Given): SnapshotSettings {
  const beside = Object.keys(given).filter((name) => !SNAPSHOT_KNOWN.includes(name) && given[name] !== undefined);
  if (beside.length > 0) {
    throw new PidBug(
      OP,
      `snapshot stands beside ${beside.join(', ')}; it brings all settings with it, so only shared may`,
    );
  }
  const snapshot = copyOfBytes(given.snapshot);
  if (snapshot === undefined) {
    throw new PidBug(OP, `snapshot is ${describe(given.snapshot)}; it has to be a Uint8Array that snapshot() returned`);
  }
  return { shared: boolean(given, 'shared'), snapshot };
}

function wordsPerPid(design: Design, spread: number): number {
  const hashed = design.index.tables.reduce((sum, table) => sum + table.slotsPerPid * spread * 2, 0);
  return WORDS_PER_PID + wholeLines(design.taskWords) + hashed + design.map.wordsPerPid;
}

function defaultPages(design: Design, capacity: number, namespaces: number, spread: number): number {
  const { pagesPerNs, nsWords } = design.map;
  const nsPages = pagesPerNs + 1 / Math.floor(PAGE_WORDS / wholeLines(nsWords));
  const words = capacity * wordsPerPid(design, spread);
  const pages = FIXED_PAGES + Math.ceil(words / PAGE_WORDS) + Math.ceil(namespaces * nsPages);
  return Math.min(pages, LIMIT_PAGES);
}

/** 32 less log2 of the slots, for at least 16 slots. */
function shiftFor(slots: number): number {
  return Math.min(MAX_SHIFT, Math.clz32(slots - 1));
}

/** The rule of 2007: slots by megabytes of memory, 16 to 4,096. Source: `pidhash_init()`. */
function kernelShift(pagesTotal: number): number {
  const megabytes = Math.floor((pagesTotal * PAGE_SIZE) / MEBIBYTE);
  const fls = 32 - Math.clz32(megabytes * 4);
  return 32 - Math.min(12, Math.max(4, fls));
}
