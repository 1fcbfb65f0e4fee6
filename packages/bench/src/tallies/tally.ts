import type { PidAllocator, PidAllocatorOptions } from '@pidlab/contract';
import type { ObservedStrategy } from '../observe/observe.ts';
import type { Params } from '../scenario.ts';
import type { StrategyModule } from '../workload.ts';

/** Something that was counted over some states of an allocator: exact, and the same on any machine. */
export interface Tally {
  readonly survey: string;
  /** Or what else was counted: the search of before 2002, a hash function. */
  readonly strategy: string;
  readonly params: Params;
  readonly values: Readonly<Record<string, number>>;
}

/** A strategy that is asked. */
export interface Surveyed {
  readonly id: string;
  readonly module: StrategyModule;
  /** The same, rewritten; missing where it does not keep its state in a block of words. */
  readonly observed?: ObservedStrategy;
  /** The file of the module. */
  readonly file: string;
}

/** What one survey found out in one state. */
export type Found = Pick<Tally, 'params' | 'values'>;

/** A question that counting answers better than a clock, asked of each strategy. */
export interface Survey {
  readonly id: string;
  readonly question: string;
  /** What the values are. */
  readonly counted: string;
  /** Nothing for a strategy that it cannot be asked of. */
  ask(surveyed: Surveyed): readonly Found[] | Promise<readonly Found[]>;
}

/** A survey of nobody in particular: of an algorithm, or of a function. */
export interface Reckoning {
  readonly id: string;
  readonly question: string;
  readonly counted: string;
  reckon(): readonly Omit<Tally, 'survey'>[];
}

/** An allocator of the module as it is published. */
export function allocatorOf({ module }: Surveyed, options: PidAllocatorOptions): PidAllocator {
  // The one random choice of an allocator is fixed.
  return module.createPidAllocator({ generationBase: 1, ...options }) as PidAllocator;
}

/** Whether a strategy gives an account of its memory. */
export function hasAccount({ module }: Surveyed): boolean {
  return (module.traits.memory ?? 'block') === 'block';
}
