import {
  type PidAllocator,
  type PidAllocatorDescriptor,
  type PidAllocatorOptions,
  PidBug,
  type Traits,
} from '@pidlab/contract';
import type { Design, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { attachState, createState } from './create.ts';
import { readOptions, type Settings, type SnapshotSettings } from './options.ts';

/** What makes allocators of one design over blocks of one mode: for one thread, or for several. */
export interface Variant<A extends PidAllocator = PidAllocator> {
  readonly design: Design;
  /** Whether it is the one for several. */
  readonly shared: boolean;
  create(settings: Settings | SnapshotSettings): A;
  attach(descriptor: PidAllocatorDescriptor): A;
}

/** The variant of a design in the mode that this copy of the code is for. `bindAll` makes an allocator of a state. */
export function variantOf<A extends PidAllocator>(design: Design, bindAll: (s: State) => A): Variant<A> {
  return {
    design,
    shared: SHARED,
    create: (settings) => bindAll(createState(design, settings)),
    attach: (descriptor) => bindAll(attachState(design, descriptor)),
  };
}

/** What a strategy package exports. */
export interface Strategy<A extends PidAllocator = PidAllocator> {
  readonly createPidAllocator: (options?: PidAllocatorOptions) => A;
  readonly attachPidAllocator: (descriptor: PidAllocatorDescriptor) => A;
}

/** A strategy of both variants of a design, or of the one that there is. */
export function strategyOf<A extends PidAllocator>(plain: Variant<A>, shared: Variant<A> = plain): Strategy<A> {
  const forThreads = (op: string): Variant<A> => {
    if (shared.shared) return shared;
    throw new PidBug(
      op,
      'this build is for one thread; import the package as it is published, and not its entry /single',
    );
  };
  return {
    createPidAllocator(options) {
      const settings = readOptions(plain.design, options);
      return (settings.shared ? forThreads('createPidAllocator') : plain).create(settings);
    },
    attachPidAllocator: (descriptor) => forThreads('attachPidAllocator').attach(descriptor),
  };
}

/**
 * A strategy for one thread and nothing else, which takes half the code. Its traits, and those of its allocators, say that they
 * cannot be shared.
 */
export function singleOf<A extends PidAllocator>(plain: Variant<A>): Single<A> {
  const traits = Object.freeze({ ...plain.design.traits, shared: false });
  const create = (settings: Settings | SnapshotSettings): A => Object.freeze({ ...plain.create(settings), traits });
  return { traits, createPidAllocator: strategyOf({ ...plain, create }).createPidAllocator };
}

/** What the entry `/single` of a strategy package exports. */
export interface Single<A extends PidAllocator = PidAllocator> {
  readonly traits: Traits;
  readonly createPidAllocator: (options?: PidAllocatorOptions) => A;
}
