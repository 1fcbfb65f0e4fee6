import { createModel } from '@pidlab/conformance';
import type { PidAllocatorOptions, Strategy } from '@pidlab/contract';
import fc from 'fast-check';
import { CHOICES, type Command, step } from '../src/sequences/commands.ts';
import { compareAll } from '../src/sequences/compare.ts';
import { createPair, type Pair } from '../src/sequences/pair.ts';

/** Everything looks alike after each of so many commands, and at the end. */
const COMPARE_EVERY = 50;
/** Invariants are walked after each of so many. */
const WALK_EVERY = 10;

/** A way to make an allocator, and what is then done to it: plain numbers, so that every part of it can shrink. */
export type Sequence = readonly [setup: Command, commands: readonly Command[]];

const command: fc.Arbitrary<Command> = fc.tuple(
  fc.nat(CHOICES - 1),
  fc.nat(CHOICES - 1),
  fc.nat(CHOICES - 1),
  fc.nat(CHOICES - 1),
);

/** Sequences of at least `least` commands. */
export function sequences(least: number, most: number): fc.Arbitrary<Sequence> {
  return fc.tuple(command, fc.array(command, { minLength: least, maxLength: most, size: 'max' }));
}

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

/** Leaves out whatever is not needed for the sequence to fail: halves first, single commands last. */
export function shorten(sequence: Sequence, fails: (shorter: Sequence) => boolean): Sequence {
  let [setup, commands] = sequence;
  for (let size = Math.ceil(commands.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < commands.length; ) {
      const rest = commands.filter((_, i) => i < from || i >= from + size);
      if (fails([setup, rest])) commands = rest;
      else from += size;
    }
  }
  for (const i of setup.keys()) {
    const simpler = setup.map((choice, j) => (j === i ? 0 : choice)) as unknown as Command;
    if (fails([simpler, commands])) setup = simpler;
  }
  return [setup, commands];
}
