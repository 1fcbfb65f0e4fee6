/** Options, checked and turned into the state of a new allocator. */
import {
  type Floors,
  PID_MAX_DEFAULT,
  PID_MAX_LIMIT,
  type PidAllocatorOptions,
  PidBug,
  RESERVED_PIDS,
  type Traits,
} from '@pidlab/contract';
import { show } from './checks.ts';
import { createMemory } from './memory.ts';
import { addNamespace } from './namespaces.ts';
import { restore } from './snapshot.ts';
import type { State } from './state.ts';

const OP = 'createPidAllocator';
const MIB = 1 << 20;
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
/** Handles that one base leaves room for. */
const REFS_PER_BASE = 2 ** 24;

/** What the next allocator that is not told otherwise counts its handles from. */
let nextBase = 1 + Math.floor(Math.random() * 2 ** 28);

export function createState(traits: Traits, given: PidAllocatorOptions): State {
  const options = checkOptions(given, traits);
  if (options.snapshot !== undefined) return restore(options.snapshot, traits);
  const s: State = {
    traits,
    floors: options.floors ?? traits.floors,
    memory: createMemory(options, traits),
    root: 0 as State['root'],
    namespaces: new Map(),
    pids: new Map(),
    tasks: new Map(),
    window: 1,
    worker: 0,
    nextRef: (options.generationBase ?? nextBase++) * REFS_PER_BASE,
  };
  const root = addNamespace(s, undefined, options.pidMax ?? PID_MAX_DEFAULT, OP);
  return { ...s, root: root.ref };
}

/** A copy with only what was given; `undefined` is not given. */
function checkOptions(given: PidAllocatorOptions, traits: Traits): PidAllocatorOptions {
  const options = entries(given, 'options', KNOWN);
  checkOption('capacity', options.capacity, 1, PID_MAX_LIMIT);
  checkOption('namespaces', options.namespaces, 0, 131_072);
  checkOption('memory', options.memory, MIB, 1024 * MIB);
  checkOption('pidMax', options.pidMax, 1, PID_MAX_LIMIT);
  checkOption('generationBase', options.generationBase, 1, 2 ** 29 - 1);
  if (options.hash !== undefined && options.hash !== 'capacity' && options.hash !== 'kernel') {
    throw new PidBug(OP, `hash is ${show(options.hash)}, not 'capacity' or 'kernel'`);
  }
  checkShared(options);
  if (options.snapshot !== undefined && Object.keys(options).some((name) => name !== 'snapshot' && name !== 'shared')) {
    throw new PidBug(OP, 'beside snapshot no other option may stand than shared');
  }
  return options.floors === undefined ? options : { ...options, floors: checkFloors(options.floors, traits) };
}

function checkShared({ shared, workers, window }: PidAllocatorOptions): void {
  if (shared !== undefined && shared !== false)
    throw new PidBug(OP, `shared is ${show(shared)}; the model is for one thread`);
  if (workers !== undefined) throw new PidBug(OP, `workers is ${show(workers)}; the model is for one thread`);
  if (window !== undefined) throw new PidBug(OP, `window is ${show(window)}; the model is for one thread`);
}

function checkFloors(given: Floors, traits: Traits): Floors {
  const floors = { ...traits.floors, ...entries(given, 'floors', ['root', 'child']) };
  for (const [name, value] of Object.entries(floors)) checkOption(`floors.${name}`, value, 1, RESERVED_PIDS);
  return floors;
}

/** What an object of options says. An unknown property is refused, whatever its value. */
function entries<T extends object>(given: T, name: string, known: readonly string[]): Partial<T> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new PidBug(OP, `${name} is ${show(given)}, not an object`);
  }
  const said: Partial<T> = {};
  for (const key of Reflect.ownKeys(given) as (keyof T)[]) {
    if (typeof key !== 'string' || !known.includes(key)) {
      throw new PidBug(OP, `${name} has ${show(key)}, which is unknown`);
    }
    if (given[key] !== undefined) said[key] = given[key];
  }
  return said;
}

function checkOption(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new PidBug(OP, `${name} is ${show(value)}, not an integer in [${min}, ${max}]`);
  }
}
