import { progressOn } from '@pidlab/conformance/program';
import { Command } from 'commander';
import { soak } from '../soak/soak.ts';
import { ALL, FAILS, HOLDS, number, perform, SEED_LIMIT, strategiesOf } from './options.ts';

interface Flags {
  readonly minutes: number;
  readonly operations?: number;
  readonly strategy: string;
  readonly seed?: number;
}

/** Runs the program with these arguments and returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('npm run soak --')
    .description(
      `Mixed work for as long as you like: processes of a table, pids of an allocator whose numbers come round, and threads that
share an allocator and are terminated. When all has come to its size, in ten parts: after each of them all invariants are walked, the heap is collected and
measured, and of a thousand operations the slowest but one is noted. Writes a line of JSON for each strategy. Ctrl-C ends it, and says what it came
to until then.`,
    )
    .option('--minutes <n>', 'how long in all, from 0.1', number(0.1, 100_000, true), 2)
    .option('--operations <n>', 'instead of --minutes: until all together have done so many', number(1, 1e12))
    .option('--strategy <name>', 'all, hierarchical, flat, pidspace, idr, or a module that exports a strategy', ALL)
    .option(
      '--seed <n>',
      'what the random choices follow from (when threads do what is up to the machine); default: a random one, which is printed',
      number(0, SEED_LIMIT),
    )
    .addHelpText(
      'after',
      '\nExit status: 0 when all invariants held, memory was flat from the first part to the last, and the p99.9 of the last part is at most\nthree times that of the first and a millisecond more; 1 when not, and the JSON says what under `findings`; 2 when nothing could be run.',
    );
  return perform(program, args, () => run(program.opts<Flags>()));
}

async function run(flags: Flags): Promise<number> {
  const { minutes, operations, strategy, seed = Math.floor(Math.random() * SEED_LIMIT) } = flags;
  const named = await strategiesOf(strategy);
  const progress = progressOn(process.stderr, (line) => process.stderr.write(`${line}\n`));
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const length =
    operations === undefined ? { seconds: (minutes * 60) / named.length } : { operations: operations / named.length };
  let isClean = true;
  for (const one of named) {
    if (stop.signal.aborted) break;
    const soaked = await soak({ ...one, length, seed, progress: progress.show, signal: stop.signal });
    progress.clear();
    for (const finding of soaked.findings) process.stderr.write(`${soaked.strategy}: ${finding}\n`);
    process.stdout.write(`${JSON.stringify(soaked)}\n`);
    isClean &&= soaked.findings.length === 0;
  }
  return isClean ? HOLDS : FAILS;
}
