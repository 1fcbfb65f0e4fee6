import { Command } from 'commander';
import { BUILTINS, loadStrategy, UsageError } from '../strategies/index.ts';
import { type Reckoning, stress } from '../stress/run.ts';
import { FAILS, HOLDS, perform, type Streams, whole, windowFrom } from './command.ts';
import { claimStdout, versionIn } from './program.ts';
import { progressOn } from './progress.ts';

const ALL = 'all';
/** Threads that an allocator can have, less the one that watches. */
const MOST_WORKERS = 255;
const MOST_SECONDS = 86_400;

interface Flags {
  readonly strategy: string;
  readonly workers: number;
  readonly window: number;
  readonly seconds: number;
  readonly kill?: true;
  readonly seed?: number;
}

/** Runs the program with these arguments and returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const streams: Streams = { stdout: claimStdout(), stderr: process.stderr };
  const program = new Command('pid-stress')
    .version(versionIn(new URL('../../package.json', import.meta.url)))
    .description(
      'Has threads allocate, free, find and hold pids, tasks and namespaces of one shared allocator at random, and looks for numbers given twice, things lost, violated invariants and leaks. Writes a line of JSON for each strategy, and one with the totals.',
    )
    .option(
      '--strategy <name>',
      `${[ALL, ...Object.keys(BUILTINS)].join(', ')}, or a module that exports a strategy`,
      ALL,
    )
    .option('--workers <n>', 'threads', whole(1, MOST_WORKERS), 2)
    .option('--window <n>', 'numbers of a namespace that a thread claims at once: a power of two', windowFrom, 1)
    .option('--seconds <n>', 'how long, for each strategy', whole(1, MOST_SECONDS), 20)
    .option('--kill', 'terminate and replace threads at random, in the middle of whatever they do')
    .option(
      '--seed <n>',
      'what the random choices follow from; default: a random one, which is printed',
      whole(0, 0x7fff_ffff),
    )
    .addHelpText(
      'after',
      '\nExit status: 0 when duplicates, lost and violations are 0, and without --kill leaked too; 1 when not; 2 when nothing could be run.',
    )
    .allowExcessArguments(false);
  return perform(program, args, streams, () => run(program.opts<Flags>(), streams));
}

async function run(flags: Flags, { stdout, stderr }: Streams): Promise<number> {
  const { workers, window, seconds, kill = false, seed = Math.floor(Math.random() * 0x7fff_ffff) } = flags;
  const names = flags.strategy === ALL ? Object.keys(BUILTINS) : [flags.strategy];
  const strategies = await Promise.all(names.map(async (name) => ({ name, ...(await loadStrategy(name)) })));
  for (const { name, strategy } of strategies) {
    if (!strategy.traits.shared) throw new UsageError(`--strategy ${name} cannot be shared: its traits say so`);
  }
  const progress = progressOn(stderr, (line) => stderr.write(`${line}\n`));
  const reckonings: Reckoning[] = [];
  for (const { name, strategy } of strategies) {
    const reckoning = await stress({ strategy, name, workers, window, seconds, seed, kill, progress: progress.show });
    progress.clear();
    reckonings.push(reckoning);
    if (names.length > 1) stdout.write(`${JSON.stringify(reckoning)}\n`);
  }
  const total = sum(flags.strategy, reckonings);
  stdout.write(`${JSON.stringify(total)}\n`);
  const isClean = total.duplicates + total.lost + total.violations + (kill ? 0 : total.leaked) === 0;
  return isClean ? HOLDS : FAILS;
}

function sum(name: string, reckonings: readonly Reckoning[]): Reckoning {
  if (reckonings.length === 1) return reckonings[0];
  const of = (count: 'operations' | 'duplicates' | 'lost' | 'violations' | 'leaked' | 'kills' | 'seconds') =>
    reckonings.reduce((total, reckoning) => total + reckoning[count], 0);
  const { workers, window, seed } = reckonings[0];
  return {
    strategy: name,
    workers,
    window,
    seconds: of('seconds'),
    seed,
    operations: of('operations'),
    duplicates: of('duplicates'),
    lost: of('lost'),
    violations: of('violations'),
    leaked: of('leaked'),
    kills: of('kills'),
  };
}
