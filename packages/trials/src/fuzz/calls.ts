import { CHOICES, type Command } from '../sequences/commands.ts';
import { play } from '../sequences/play.ts';
import type { Fuzzer } from './fuzzer.ts';

/** Calls of a run. */
const CALLS = 200;

export const calls: Fuzzer<Command> = {
  name: 'calls',
  what: 'random calls of an allocator, one in ten of them wrong: it cannot be told from the reference model',
  unit: 'calls',
  variants: ['plain'],
  open: (strategy) => ({
    draw: ({ below }) =>
      Array.from({ length: 1 + CALLS }, () => [below(CHOICES), below(CHOICES), below(CHOICES), below(CHOICES)]),
    play([setup = [0, 0, 0, 0], ...commands], counts) {
      play(strategy, [setup, commands], counts);
      return commands.length;
    },
  }),
};
