/** What the programs of this package have in common. */
import { BUILTINS, loadStrategy, UsageError } from '@pidlab/conformance/strategies';
import type { Strategy } from '@pidlab/contract';
import { type Command, CommanderError, InvalidArgumentError } from 'commander';

/** Exit statuses: all holds, something does not, nothing was run. */
export const HOLDS = 0;
export const FAILS = 1;
const USAGE = 2;

export const ALL = 'all';
export const SEED_LIMIT = 0x7fff_ffff;

/** Reads a number in `[low, high]`; a whole one unless `fractions` are allowed. */
export function number(low: number, high: number, fractions = false): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const is = /^\d+(\.\d+)?$/.test(text) && value >= low && value <= high && (fractions || Number.isInteger(value));
    if (is) return value;
    throw new InvalidArgumentError(`It has to be a ${fractions ? '' : 'whole '}number in [${low}, ${high}].`);
  };
}

export interface Named {
  readonly name: string;
  readonly strategy: Strategy;
}

/** The strategies that an option names. */
export async function strategiesOf(option: string): Promise<Named[]> {
  const names = option === ALL ? Object.keys(BUILTINS) : [option];
  return Promise.all(names.map(async (name) => ({ name, strategy: (await loadStrategy(name)).strategy })));
}

/** Reads the arguments, runs, and returns the exit status. What the user can put right is said without a stack. */
export async function perform(program: Command, args: readonly string[], run: () => Promise<number>): Promise<number> {
  program.showHelpAfterError(`(see ${program.name()} --help)`).exitOverride().allowExcessArguments(false);
  try {
    program.parse(args, { from: 'user' });
    return await run();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? HOLDS : USAGE;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${program.name()}: ${error.message}\n`);
    return USAGE;
  }
}
