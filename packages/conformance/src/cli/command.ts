/** What the command lines of this package have in common: their exit statuses, how they read numbers, and how they end. */
import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { UsageError } from '../strategies/index.ts';
import { OutputError, type Report } from './program.ts';

/** All that was asked for was done, and nothing failed. */
export const HOLDS = 0;
/** Something does not hold. */
export const FAILS = 1;
/** Nothing was run: the command line, or a module, is not what it should be. */
const USAGE = 2;

/** Where a command line program writes to. */
export interface Streams {
  readonly stdout: Report;
  readonly stderr: NodeJS.WriteStream;
}

/** Reads a whole number in `[low, high]`. */
export function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It has to be a whole number in [${low}, ${high}].`);
  };
}

/** The largest window that an allocator can be made with. */
const MOST_WINDOW = 32_768;

/** Reads how many numbers a worker claims at once. */
export function windowFrom(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST_WINDOW && (value & (value - 1)) === 0) return value;
  throw new InvalidArgumentError(`It has to be a power of two in [1, ${MOST_WINDOW}].`);
}

/** Reads the arguments, runs, and returns the exit status. What the user can put right is said without a stack. */
export async function perform(
  program: Command,
  args: readonly string[],
  { stdout, stderr }: Streams,
  run: () => Promise<number>,
): Promise<number> {
  program
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showHelpAfterError(`(see ${program.name()} --help)`)
    .exitOverride();
  try {
    program.parse(args, { from: 'user' });
    return await run();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? HOLDS : USAGE;
    if (!(error instanceof UsageError || error instanceof OutputError)) throw error;
    stderr.write(`${program.name()}: ${error.message}\n`);
    return USAGE;
  }
}
