import { Command, Option } from 'commander';
import pc from 'picocolors';
import { BUILTINS } from '../strategies/builtins.ts';
import { type Loaded, loadBuiltin, loadModule, UsageError } from '../strategies/load.ts';
import type { ClauseResult } from '../suite/run.ts';
import { sharedClauses } from '../threads/clauses.ts';
import { drawSeed } from '../threads/index.ts';
import { LIMIT_MS } from '../threads/runner.ts';
import { catalog } from './catalog.ts';
import { FAILS, HOLDS, perform, type Streams, windowFrom } from './command.ts';
import {
  CLOSED_PIPE,
  checkWritable,
  claimStdout,
  INTERRUPTED,
  untilInterrupted,
  versionIn,
  writeWhole,
} from './program.ts';
import { progressOn } from './progress.ts';
import { REPORTERS } from './reporters/index.ts';
import { failuresOf } from './reporters/reporter.ts';
import { aboutAll, runSupervised } from './supervisor.ts';

interface Flags {
  readonly strategy?: string[];
  readonly chapter?: string[];
  readonly reporter: string;
  readonly list?: true;
  readonly output?: string;
  readonly scale: boolean;
  readonly shared: boolean;
  readonly workers: number;
  readonly window?: number;
  readonly seed?: number;
  readonly limit: number;
  readonly bail?: true;
}

/** Runs the program with these arguments and returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  const streams: Streams = { stdout: claimStdout(), stderr: process.stderr };
  const [first, ...rest] = args;
  // Loaded only when it is asked for: with a parser of its own it takes longer than all the rest.
  if (first === 'explore') return (await import('./explore.ts')).exploreMain(rest, streams);
  const program = new Command('pid-conformance')
    .description(
      'Says of each strategy which clauses of the pidlab contract hold. Without arguments: of the built-in ones.',
    )
    .version(versionIn(new URL('../../package.json', import.meta.url)))
    .argument('[module...]', 'files or packages that export createPidAllocator and traits')
    .option('--strategy <name...>', `built-in strategies: ${Object.keys(BUILTINS).join(', ')}`)
    .option('--chapter <id...>', 'only these chapters (PIDMAP) or clauses (PIDMAP-3)')
    .addOption(new Option('--reporter <name>', 'how to say it').choices(Object.keys(REPORTERS)).default('pretty'))
    .option('--list', 'list the clauses and run nothing')
    .option('--output <file>', 'write the report there, when all is done')
    .option('--no-scale', 'leave out the clauses about sheer size, which take seconds')
    .option('--no-shared', 'leave out the second run of everything, on shared allocators')
    .addOption(
      new Option('--workers <n>', 'threads beside the main one in chapter SHARED, 0 to leave it out')
        .argParser(integer('--workers', 0, 255))
        .default(2),
    )
    .addOption(
      new Option('--window <n>', 'numbers that a worker claims at once in shared allocators: a power of two').argParser(
        windowFrom,
      ),
    )
    .addOption(
      new Option('--seed <n>', 'of the random choices in chapter SHARED').argParser(integer('--seed', 0, 2 ** 31 - 1)),
    )
    .addOption(
      new Option('--limit <seconds>', 'for one clause, which has failed when it takes longer')
        .argParser(integer('--limit', 1, 86_400))
        .default(LIMIT_MS / 1000),
    )
    .option('--bail', 'stop a strategy at its first failure')
    .addHelpText('after', '\n`pid-conformance explore` tries every interleaving of a few threads: see its --help.')
    .addHelpText(
      'after',
      '\nCtrl-C stops after the clause that is under way, and reports what is known by then.' +
        '\nExit status: 0 when all clauses hold, 1 when one does not, 2 when nothing could be run, 130 after Ctrl-C.',
    );
  return perform(program, args, streams, () => run(program.args, program.opts<Flags>(), streams));
}

async function run(modules: readonly string[], flags: Flags, { stdout, stderr }: Streams): Promise<number> {
  const selected = select(flags.chapter);
  const out = flags.output === undefined ? { write: stdout.write, close() {} } : wholeFile(flags.output);
  if (flags.list === true) {
    out.write(list(selected));
    out.close();
    return HOLDS;
  }
  const strategies = await load(modules, flags.strategy);
  const { workers, window, seed = drawSeed(), limit, bail = false } = flags;
  const ofWindow = window === undefined ? {} : { window };
  const what = {
    options: { clauses: selected.clauses, scale: flags.scale, shared: flags.shared, ...ofWindow },
    ofThreads: {
      workers,
      window: 1,
      ...ofWindow,
      seed,
      limitMs: limit * 1000,
      clauses: workers === 0 ? [] : selected.shared,
    },
  };
  const total = strategies.reduce((sum, loaded) => sum + aboutAll(loaded, what).length, 0);
  const isRead = flags.output === undefined && stdout.isTTY;
  const reporter = REPORTERS[flags.reporter]({ colour: isRead && pc.isColorSupported, columns: stdout.columns });
  const progress = progressOn(stderr);
  const results: ClauseResult[] = [];
  out.write(reporter.start(total));
  const isInterrupted = await untilInterrupted('stopping after this clause', async (signal) => {
    for (const loaded of strategies) {
      for await (const result of runSupervised(loaded, what, limit * 1000)) {
        results.push(result);
        const text = reporter.clause(result);
        if (text !== '') progress.clear();
        out.write(text);
        progress.show(`${results.length} of ${total}  ${result.strategy}, ${result.scope}: ${result.clause}`);
        if (signal.aborted || !stdout.isOpen) return signal.aborted;
        if (bail && result.status === 'failed') break;
      }
    }
    return false;
  });
  progress.clear();
  out.write(reporter.end(results));
  out.close();
  const failed = failuresOf(results);
  if (flags.output !== undefined)
    stderr.write(`${results.length - failed} passed, ${failed} failed: ${flags.output}\n`);
  if (isInterrupted) return INTERRUPTED;
  if (!stdout.isOpen) return CLOSED_PIPE;
  return failed === 0 ? HOLDS : FAILS;
}

/** Takes what is written and makes a file of it in the end, whole or not at all. Throws an `OutputError` now if it could not. */
function wholeFile(path: string): { write: (text: string) => void; close: () => void } {
  checkWritable([path], '--output');
  let all = '';
  return {
    write(text) {
      all += text;
    },
    close: () => writeWhole(path, all),
  };
}

function integer(flag: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(`${flag} ${text} has to be an integer from ${min} to ${max}`);
  };
}

/** The strategies, in the order in which they were named; all built-in ones when none was. */
async function load(modules: readonly string[], names: readonly string[] | undefined): Promise<Loaded[]> {
  const builtins = names ?? (modules.length === 0 ? Object.keys(BUILTINS) : []);
  const strategies: Loaded[] = [];
  for (const name of builtins) strategies.push(await loadBuiltin(name));
  for (const specifier of modules) strategies.push(await loadModule(specifier));
  return strategies;
}

/** What to run: clauses, and which of them are of chapter SHARED. */
interface Selection {
  readonly clauses: readonly string[];
  readonly shared: readonly string[];
}

/** The chapters and clauses with these ids. */
function select(ids: readonly string[] | undefined): Selection {
  const sections = catalog();
  const clauses = new Set<string>();
  for (const id of ids === undefined ? sections.map((section) => section.id) : wanted(ids)) {
    const found = sections.flatMap((section) =>
      section.clauses.filter((clause) => id === section.id || id === clause.id),
    );
    if (found.length === 0) {
      const known = sections.map((section) => section.id).join(', ');
      throw new UsageError(`--chapter ${id} is unknown; it has to be one of ${known}, or a clause of one, as PIDMAP-3`);
    }
    for (const clause of found) clauses.add(clause.id);
  }
  return {
    clauses: [...clauses],
    shared: sharedClauses.filter(({ id }) => clauses.has(id)).map(({ id }) => id),
  };
}

function wanted(ids: readonly string[]): string[] {
  return ids.flatMap((id) => id.split(',')).map((id) => id.toUpperCase());
}

function list({ clauses }: Selection): string {
  const lines: string[] = [];
  for (const section of catalog()) {
    const selected = section.clauses.filter(({ id }) => clauses.includes(id));
    if (selected.length > 0) lines.push(`${section.id}: ${section.title}`);
    for (const { id, sentence, source } of selected) lines.push(`  ${id}  ${sentence}  [${source}]`);
  }
  return `${lines.join('\n')}\n`;
}
