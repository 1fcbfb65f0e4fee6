import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { progressOn } from '@pidlab/conformance/program';
import { BUILTINS, UsageError } from '@pidlab/conformance/strategies';
import { Command, Option } from 'commander';
import { FUZZERS } from '../fuzz/index.ts';
import type { Searched } from '../fuzz/search.ts';
import { ALL, FAILS, HOLDS, number, perform, SEED_LIMIT } from './options.ts';

interface Flags {
  readonly only: string[];
  readonly strategy: string;
  readonly variant?: string;
  readonly cases: number;
  readonly seed?: number;
  readonly run?: number;
  readonly patience: number;
}

/** What a thread is to do. */
export interface Task {
  readonly fuzzer: string;
  readonly strategy: string;
  readonly variant: string;
  readonly seed: number;
  readonly cases: number;
  readonly run: number | undefined;
  /** Where it is: the number of its run, and the cases before that. */
  readonly position: SharedArrayBuffer;
}

const RUN_LIMIT = 0x7fff_ffff;
/** Milliseconds between two looks at how far the thread is. */
const LOOK_MS = 1_000;

/** Runs the program with these arguments and returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const names = Object.keys(FUZZERS);
  const list = Object.values(FUZZERS).map(({ name, what, unit, variants }) => {
    return `  ${name.padEnd(12)} ${what}\n               counts ${unit}; variants: ${variants.join(', ')}`;
  });
  const program = new Command('npm run fuzz --')
    .description(
      'What hostile hands could try, at random: each fuzzer on each design, in each variant, until there were so many cases.',
    )
    .addOption(new Option('--only <name...>', 'which fuzzers').choices(names).default(names, 'all'))
    .addOption(new Option('--strategy <name>', 'which design').choices([ALL, ...Object.keys(BUILTINS)]).default(ALL))
    .option('--variant <name>', 'only this variant of each fuzzer that has it')
    .option(
      '--cases <n>',
      'cases for each fuzzer, shared out among designs and variants',
      number(1, 1_000_000_000),
      10_000,
    )
    .option(
      '--seed <n>',
      'what the random choices follow from; default: a random one, which is printed',
      number(0, SEED_LIMIT),
    )
    .option('--run <n>', 'only the run of this number, of a failure that was printed', number(0, RUN_LIMIT))
    .option(
      '--patience <seconds>',
      'how long a run may take until it counts as one that never returns',
      number(1, 86_400),
      60,
    )
    .addHelpText(
      'after',
      `\nFuzzers:\n${list.join('\n')}\n\nWrites a line of JSON for each design and variant: cases, counts, and under \`failure\` what failed, made as short as it can be.
Exit status: 0 when nothing failed; 1 when something did, or it was interrupted; 2 when nothing could be run.`,
    );
  return perform(program, args, () => run(program.opts<Flags>()));
}

async function run(flags: Flags): Promise<number> {
  const { only, strategy, variant, cases, seed = Math.floor(Math.random() * SEED_LIMIT) } = flags;
  const strategies = strategy === ALL ? Object.keys(BUILTINS) : [strategy];
  const all = only.flatMap((fuzzer) => {
    const variants = FUZZERS[fuzzer].variants.filter((name) => variant === undefined || name === variant);
    const share = Math.ceil(cases / (strategies.length * variants.length));
    return strategies.flatMap((name) =>
      variants.map((one) => ({ fuzzer, strategy: name, variant: one, seed, cases: share, run: flags.run })),
    );
  });
  if (all.length === 0) throw new UsageError(`no fuzzer has a variant ${variant}; --help says which there are`);
  if (flags.run !== undefined && all.length !== 1)
    throw new UsageError('--run is of one fuzzer, design and variant; name them with --only, --strategy and --variant');
  let status = HOLDS;
  for (const task of all) {
    const ended = await inThread(task, flags.patience);
    process.stdout.write(`${JSON.stringify(ended)}\n`);
    if (ended.failure !== undefined || ended.interrupted === true) status = FAILS;
    if (ended.interrupted === true) break;
  }
  return status;
}

interface Ended extends Omit<Searched, 'failure'> {
  readonly failure?: object;
  readonly interrupted?: true;
}

/** Does the search in a thread, and says what it came to, also when it does not come back. */
async function inThread(task: Omit<Task, 'position'>, patience: number): Promise<Ended> {
  const { fuzzer, strategy, variant, seed } = task;
  const position = new SharedArrayBuffer(8);
  const at = new Int32Array(position);
  const begin = performance.now();
  const progress = progressOn(process.stderr, (line) => process.stderr.write(`${line}\n`));
  const worker = new Worker(new URL('./fuzz-thread.js', import.meta.url), { workerData: { ...task, position } });
  const stop = new AbortController();
  let last = { run: -1, since: begin };
  const look = setInterval(() => {
    const [next, done] = [Atomics.load(at, 0), Atomics.load(at, 1)];
    progress.show(
      `${fuzzer}, ${strategy}, ${variant}: ${done.toLocaleString('en')} of ${task.cases.toLocaleString('en')}`,
    );
    if (next !== last.run) last = { run: next, since: performance.now() };
    else if (performance.now() - last.since > patience * 1_000) stop.abort('late');
  }, LOOK_MS);
  const interrupt = (): void => stop.abort('interrupted');
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const again = (failed: number): string =>
    `npm run fuzz -- --only ${fuzzer} --strategy ${strategy} --variant '${variant}' --seed ${seed} --run ${failed}`;
  const said = (searched: Omit<Ended, 'seconds'>): Ended => {
    const seconds = Math.round((performance.now() - begin) / 100) / 10;
    return { ...{ fuzzer, strategy, variant, seed, seconds }, ...searched };
  };
  try {
    const [searched] = (await once(worker, 'message', { signal: stop.signal })) as [Searched];
    const { failure } = searched;
    return said(failure === undefined ? searched : { ...searched, failure: { ...failure, again: again(failure.run) } });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    const runs = Atomics.load(at, 0);
    const sofar = { runs, cases: Atomics.load(at, 1), counts: {} };
    if (stop.signal.reason === 'interrupted') return said({ ...sofar, interrupted: true });
    const message = `run ${runs} has not come back for ${patience} seconds`;
    return said({ ...sofar, failure: { run: runs, message, again: again(runs) } });
  } finally {
    clearInterval(look);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    progress.clear();
    await worker.terminate();
  }
}
