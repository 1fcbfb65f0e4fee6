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
/** Handles that one base leaves room for. */
const REFS_PER_BASE = 2 ** 24;

/** What the next allocator that is not told otherwise counts its handles from. */
let nextBase = 1 + Math.floor(Math.random() * 2 ** 28);

export function createState(traits: Traits, options: PidAllocatorOptions): State {
  checkOptions(options);
  if (options.snapshot !== undefined) return restore(options.snapshot, traits);
  const s: State = {
    traits,
    floors: options.floors ?? traits.floors,
    memory: createMemory(options, traits),
    root: 0 as State['root'],
    namespaces: new Map(),
    pids: new Map(),
    tasks: new Map(),
    nextRef: (options.generationBase ?? nextBase++) * REFS_PER_BASE,
  };
  const root = addNamespace(s, undefined, options.pidMax ?? PID_MAX_DEFAULT, OP);
  return { ...s, root: root.ref };
}

function checkOptions(options: PidAllocatorOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new PidBug(OP, `options is ${show(options)}, not an object`);
  for (const [name, value] of Object.entries(options)) {
    switch (name) {
      case 'capacity':
        checkOption(name, value, 1, PID_MAX_LIMIT);
        break;
      case 'namespaces':
        checkOption(name, value, 0, 131_072);
        break;
      case 'memory':
        checkOption(name, value, MIB, 1024 * MIB);
        break;
      case 'pidMax':
        checkOption(name, value, RESERVED_PIDS + 1, PID_MAX_LIMIT);
        break;
      case 'generationBase':
        checkOption(name, value, 1, 2 ** 29 - 1);
        break;
      case 'floors':
        checkFloors(value);
        break;
      case 'hash':
        if (value !== 'capacity' && value !== 'kernel') {
          throw new PidBug(OP, `hash is ${show(value)}, not 'capacity' or 'kernel'`);
        }
        break;
      case 'snapshot':
        if (Object.keys(options).length > 1) throw new PidBug(OP, 'beside snapshot no other option may stand');
        break;
      default:
        throw new PidBug(OP, `unknown option ${show(name)}`);
    }
  }
}

function checkFloors(floors: Floors): void {
  if (typeof floors !== 'object' || floors === null) throw new PidBug(OP, `floors is ${show(floors)}, not an object`);
  for (const name of Object.keys(floors)) {
    if (name !== 'root' && name !== 'child') throw new PidBug(OP, `unknown option ${show(`floors.${name}`)}`);
  }
  checkOption('floors.root', floors.root, 1, RESERVED_PIDS);
  checkOption('floors.child', floors.child, 1, RESERVED_PIDS);
}

function checkOption(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new PidBug(OP, `${name} is ${show(value)}, not an integer in [${min}, ${max}]`);
  }
}
