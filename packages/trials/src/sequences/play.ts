/** A random sequence of calls, played on a strategy and its model. */
import { createModel } from '@pidlab/conformance';
import type { PidAllocatorOptions, Strategy } from '@pidlab/contract';
import { fewest } from '../fewest.ts';
import { type Command, step } from './commands.ts';
import { compareAll } from './compare.ts';
import { createPair, type Pair } from './pair.ts';

/** Everything looks alike after each of so many commands, and at the end. */
const COMPARE_EVERY = 50;
/** Invariants are walked after each of so many. */
const WALK_EVERY = 10;

/** A way to make an allocator, and what is then done to it: plain numbers, so that every part of it can shrink. */
export type Sequence = readonly [setup: Command, commands: readonly Command[]];

/** Small limits, floors near them, and now and then a block that is too small or handles that run out. */
function options([a, b, c, d]: Command): { options: PidAllocatorOptions; tight: boolean } {
  const pidMax = [301, 310, 400, 32_768, 32_768, 32_769, 65_536, 4_194_304, 4_194_304][a % 9]!;
  const floors = [undefined, { root: 300, child: 300 }, { root: 1, child: 1 }, { root: 290, child: 31 }][b % 4];
  const generationBase = 2 ** 29 - [1, 2, 3, 40, 1000, 2 ** 20][c % 6]!;
  const tight = d % 8 === 7;
  return {
    tight,
    options: {
      pidMax,
      ...(floors === undefined ? {} : { floors }),
      generationBase,
      capacity: tight ? 1_024 : [1, 64, 4_096][d % 3]!,
      hash: a % 2 === 0 ? 'capacity' : 'kernel',
      memory: tight ? 2 ** 20 : 2 ** 24,
    },
  };
}

/** Runs a sequence on a strategy and its model. Throws when they differ. */
export function play(strategy: Strategy, [setup, commands]: Sequence, events: Map<string, number>): void {
  const pair = start(strategy, setup, events);
  try {
    for (const [i, next] of commands.entries()) {
      step(pair, next);
      if (i % WALK_EVERY === WALK_EVERY - 1) walk(pair);
      if (i % COMPARE_EVERY === COMPARE_EVERY - 1) compareAll(pair);
    }
    compareAll(pair);
  } catch (error) {
    (error as Error).message += `\nthe last calls:\n  ${pair.log.slice(-30).join('\n  ')}`;
    throw error;
  }
}

function start(strategy: Strategy, setup: Command, events: Map<string, number>): Pair {
  const { options: chosen, tight } = options(setup);
  return createPair({
    model: createModel(strategy.traits)({ ...chosen, memory: 2 ** 30 }),
    subject: strategy.createPidAllocator(chosen),
    restore: (snapshot) => strategy.createPidAllocator({ snapshot }),
    tight,
    events,
  });
}

function walk(pair: Pair): void {
  const broken = pair.subject.checkInvariants().violations;
  if (broken.length > 0) throw new Error(`checkInvariants: ${broken.slice(0, 5).join('; ')}`);
}

/** Leaves out whatever is not needed for the sequence to fail, and makes the allocator as plain as it can be. */
export function shorten([given, all]: Sequence, fails: (shorter: Sequence) => boolean): Sequence {
  let setup = given;
  const commands = fewest(all, (fewer) => fails([setup, fewer]));
  for (const i of setup.keys()) {
    const simpler = setup.map((choice, j) => (j === i ? 0 : choice)) as unknown as Command;
    if (fails([simpler, commands])) setup = simpler;
  }
  return [setup, commands];
}
