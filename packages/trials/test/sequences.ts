import fc from 'fast-check';
import { CHOICES, type Command } from '../src/sequences/commands.ts';
import type { Sequence } from '../src/sequences/play.ts';

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
