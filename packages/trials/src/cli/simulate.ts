import { progressOn } from '@pidlab/conformance/program';
import { BUILTINS } from '@pidlab/conformance/strategies';
import { Command, Option } from 'commander';
import { loadFaulty } from '../faults/strategy.ts';
import type { Strategy } from '../mutants/mutant.ts';
import { type Counts, drawMoves, type Move, MoveFailed, play, shortest } from '../simulation/simulate.ts';
import { ALL, FAILS, HOLDS, number, perform, SEED_LIMIT } from './options.ts';

interface Flags {
  readonly strategy: string;
  readonly seed?: number;
  readonly runs: number;
  readonly moves: number;
}

/** Runs the program with these arguments and returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('npm run simulate --')
    .description(
      `Everything at once in one thread, by choices that follow from one seed: processes with hooks that throw and call again, an
allocator by itself, three workers of each block of which some stop for good, and memory that runs out. After each move all
invariants are walked and all answers compared with the reference model. A failure is made as short as it can be. Writes a
line of JSON for each strategy.`,
    )
    .addOption(new Option('--strategy <name>', 'which').choices([ALL, ...Object.keys(BUILTINS)]).default(ALL))
    .option('--seed <n>', 'the first seed; default: a random one, which is printed', number(0, SEED_LIMIT))
    .option('--runs <n>', 'seeds one after the other, for each strategy', number(1, 10_000_000), 100)
    .option('--moves <n>', 'moves of each run', number(1, 1_000_000), 250)
    .addHelpText('after', '\nExit status: 0 when nothing failed; 1 when something did; 2 when nothing could be run.');
  return perform(program, args, () => run(program.opts<Flags>()));
}

async function run({ strategy, seed = Math.floor(Math.random() * SEED_LIMIT), runs, moves }: Flags): Promise<number> {
  const names = (strategy === ALL ? Object.keys(BUILTINS) : [strategy]) as Strategy[];
  const progress = progressOn(process.stderr, (line) => process.stderr.write(`${line}\n`));
  let isClean = true;
  for (const name of names) {
    const subject = await loadFaulty(name);
    const counts: Counts = new Map();
    let told = performance.now();
    let failure: object | undefined;
    let done = 0;
    for (; done < runs && failure === undefined; done++) {
      if (performance.now() - told > 1000) {
        told = performance.now();
        progress.show(`${name}: ${done} of ${runs} runs`);
      }
      const drawn = drawMoves(seed + done, moves);
      try {
        play(subject, drawn, counts);
      } catch (error) {
        if (!(error instanceof MoveFailed)) throw error;
        progress.show(`${name}: seed ${seed + done} fails at move ${error.at}; looking for fewer moves`);
        failure = { seed: seed + done, ...describe(shortest(subject, drawn.slice(0, error.at + 1)), error, subject) };
      }
    }
    progress.clear();
    process.stdout.write(
      `${JSON.stringify({ strategy: name, seed, runs: done, counts: Object.fromEntries(counts), failure })}\n`,
    );
    isClean &&= failure === undefined;
  }
  return isClean ? HOLDS : FAILS;
}

function describe(few: readonly Move[], first: MoveFailed, subject: Parameters<typeof play>[0]): object {
  try {
    play(subject, few);
  } catch (error) {
    return { message: (error as Error).message, moves: few };
  }
  return { message: first.message, at: first.at };
}
