import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import {
  explore,
  isFor,
  loadModule,
  MEMORIES,
  type MemoryName,
  type Module,
  type Options,
  type Race,
  Races,
  type Report,
  readSchedule,
  SCENARIOS,
  type Scenario,
  tableOf,
  traceOf,
} from '../explore/index.ts';
import { BUILTINS, loadStrategy, UsageError } from '../strategies/index.ts';
import { FAILS, HOLDS, perform, type Streams, whole } from './command.ts';
import { progressOn } from './progress.ts';

const ALL = 'all';

interface Flags {
  readonly strategy: string;
  readonly scenario?: string[];
  readonly preemptions: number;
  readonly memory: MemoryName;
  readonly random: number;
  readonly seed: number;
  readonly seconds?: number;
  readonly total?: number;
  readonly schedule?: string;
  readonly everything?: true;
  readonly outcomes?: true;
  readonly list?: true;
  readonly races?: true;
  readonly resume?: string;
}

/** Runs `pid-conformance explore` with these arguments and returns its exit status. */
export async function exploreMain(args: readonly string[], streams: Streams): Promise<number> {
  const program = new Command('pid-conformance explore')
    .description(
      'Runs a few threads of a built strategy in every order with so many preemptions, and says which outcomes the contract does not allow.',
    )
    .option(
      '--strategy <name>',
      `${[ALL, ...Object.keys(BUILTINS)].join(', ')}, or a module that exports a strategy`,
      'hierarchical',
    )
    .option('--scenario <name...>', 'only these; alloc-* are all that begin so')
    .option('--preemptions <n>', 'the most preemptions', whole(0, 9), 2)
    .addOption(new Option('--memory <name>', 'how memory behaves').choices(MEMORIES).default('sc'))
    .option('--random <n>', 'random executions beyond that, for each scenario', whole(0, 1e9), 0)
    .option('--seed <n>', 'what those follow from', whole(0, 0x7fff_ffff), 1)
    .option('--seconds <n>', 'the most for one scenario', whole(1, 1e6))
    .option('--total <n>', 'the most seconds for all', whole(1, 1e7))
    .option(
      '--resume <file>',
      'what is tried to its end is noted there, and left out the next time, unless the strategy has been built anew',
    )
    .option('--outcomes', 'show all outcomes of each scenario, and not only where one fails')
    .option('--races', 'list the fields that are read plainly while another thread may write them')
    .option('--schedule <text>', 'run this schedule of the one scenario, and show its accesses')
    .option('--everything', 'show accesses to words that no other thread touches, too')
    .option('--list', 'list the scenarios that the strategy can play, and run nothing')
    .addHelpText(
      'after',
      '\nThreads are stopped for good (gone-*, nested-*) only with --memory sc.\nExit status: 0 when every scenario was complete and nothing failed, 1 when not, 2 when nothing could be run.',
    )
    .allowExcessArguments(false);
  return perform(program, args, streams, () => run(program.opts<Flags>(), streams));
}

async function run(flags: Flags, streams: Streams): Promise<number> {
  const { stdout } = streams;
  const scenarios = select(flags.scenario);
  if (flags.races === true && flags.memory !== 'sc')
    throw new UsageError('--races is for --memory sc: only there are accesses in the order in which they are made');
  const names = flags.strategy === ALL ? Object.keys(BUILTINS) : [flags.strategy];
  const modules: Module[] = [];
  for (const name of names) modules.push(await load(name));
  if (flags.list === true) return list(scenarios, modules, flags, streams);
  if (flags.schedule !== undefined) return replayOne(modules, scenarios, flags, streams);
  const races = flags.races === true ? new Races() : undefined;
  const until = flags.total === undefined ? Number.POSITIVE_INFINITY : performance.now() + flags.total * 1000;
  const sum = { scenarios: 0, executions: 0, known: 0, incomplete: 0, failures: 0, noted: 0, left: 0 };
  for (const module of modules) {
    const build = digestOf(module);
    const played = scenarios.filter((scenario) => isPlayed(scenario, module, flags));
    for (const [i, scenario] of played.entries()) {
      const key = keyOf(module, build, scenario, flags);
      if (isNoted(flags.resume, key)) sum.noted++;
      else if (performance.now() >= until) sum.left++;
      else {
        const report = exploreOne(module, scenario, flags, { until, races, of: `${i + 1}/${played.length}` }, streams);
        sum.scenarios++;
        sum.executions += report.executions;
        sum.known += report.known;
        sum.failures += report.failures.length;
        if (!report.complete) sum.incomplete++;
        else if (report.failures.length === 0 && flags.resume !== undefined) appendFileSync(flags.resume, `${key}\n`);
      }
    }
  }
  if (races !== undefined) for (const race of races.list()) stdout.write(sayRace(race));
  const { executions, known, failures, incomplete, noted, left } = sum;
  stdout.write(
    `${sum.scenarios} scenarios of ${names.join(', ')}, up to ${flags.preemptions} preemptions, memory ${flags.memory}: ` +
      `${executions.toLocaleString('en')} executions, of which ${known.toLocaleString('en')} came to what was known; ` +
      `${failures} failures, ${incomplete} not complete\n`,
  );
  if (noted > 0) stdout.write(`${noted} more were complete before: ${flags.resume}\n`);
  if (left > 0) stdout.write(`${left} more were not begun: the time was up\n`);
  return failures === 0 && incomplete === 0 && left === 0 ? HOLDS : FAILS;
}

/** Those that one of the strategies can play. */
function list(scenarios: readonly Scenario[], modules: readonly Module[], flags: Flags, { stdout }: Streams): number {
  for (const scenario of scenarios) {
    if (!modules.some((module) => isPlayed(scenario, module, flags))) continue;
    stdout.write(`${scenario.name}  ${scenario.threads.length} threads\n`);
  }
  return HOLDS;
}

/** Whether it is one for that design and that memory. */
function isPlayed(scenario: Scenario, { traits }: Module, { memory }: Flags): boolean {
  return isFor(scenario, traits) && (memory === 'sc' || scenario.gone === undefined);
}

function exploreOne(
  module: Module,
  scenario: Scenario,
  flags: Flags,
  { until, races, of }: { readonly until: number; readonly races: Races | undefined; readonly of: string },
  { stdout, stderr }: Streams,
): Report {
  const progress = counting(stderr, `${module.traits.strategy} ${of} ${scenario.name}`);
  const left = Math.max(0, (until - performance.now()) / 1000);
  const report = explore(module, scenario, {
    ...optionsOf(flags),
    ...(races === undefined ? {} : { races }),
    seconds: Math.min(flags.seconds ?? left, left),
    progress: progress.show,
  });
  progress.done();
  if (report.failures.length === 0 && report.complete && flags.outcomes !== true) return report;
  const how = report.complete ? '' : ', not complete';
  stdout.write(
    `${module.traits.strategy} ${scenario.name}: ${report.executions.toLocaleString('en')} executions${how}\n`,
  );
  for (const { fault, outcome, schedule, at, count } of report.failures) {
    stdout.write(`  ✗ ${fault.kind}: ${fault.text}\n    ${outcome}\n`);
    stdout.write(
      `    in execution ${at}, ${count} times in all; see it with --scenario ${scenario.name} --schedule '${schedule}'\n`,
    );
  }
  if (flags.outcomes === true || report.failures.length > 0)
    stdout.write(`${tableOf(report, stdout.isTTY ? stdout.columns : 160)}\n`);
  return report;
}

function sayRace({ field, writes, executions, example }: Race): string {
  const { scenario, schedule, word, reader, writer } = example;
  return (
    `${field}: written by ${[...writes].sort().join(', ')}; ${executions.toLocaleString('en')} executions\n` +
    `    ${reader} reads ${word}, ${writer} writes it: --scenario ${scenario} --schedule '${schedule}'\n`
  );
}

function optionsOf({ preemptions, memory, random, seed }: Flags): Options {
  return { preemptions, memory, random, seed };
}

function replayOne(
  modules: readonly Module[],
  scenarios: readonly Scenario[],
  flags: Flags,
  { stdout }: Streams,
): number {
  if (modules.length !== 1 || scenarios.length !== 1) {
    throw new UsageError('--schedule is of one scenario of one strategy; name them with --scenario and --strategy');
  }
  try {
    const schedule = readSchedule(flags.schedule!);
    stdout.write(`${traceOf(modules[0]!, scenarios[0]!, schedule, flags.memory, flags.everything === true)}\n`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`--schedule: ${error.message}`);
    throw error;
  }
  return HOLDS;
}

function select(patterns: readonly string[] | undefined): readonly Scenario[] {
  if (patterns === undefined) return SCENARIOS;
  const matches = (pattern: string, { name }: Scenario): boolean =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  for (const pattern of patterns) {
    if (SCENARIOS.some((scenario) => matches(pattern, scenario))) continue;
    throw new UsageError(`--scenario ${pattern} is unknown; --list shows them all`);
  }
  return SCENARIOS.filter((scenario) => patterns.some((pattern) => matches(pattern, scenario)));
}

async function load(name: string): Promise<Module> {
  const { strategy, url } = await loadStrategy(name);
  if (!strategy.traits.shared) throw new UsageError(`--strategy ${name} cannot be shared: its traits say so`);
  try {
    return await loadModule(url);
  } catch (error) {
    throw new UsageError(`--strategy ${name} cannot be explored: ${error instanceof Error ? error.message : error}`);
  }
}

/** What is tried to its end: with another number of preemptions it is another thing. */
function keyOf(
  { traits }: Module,
  build: string,
  { name }: Scenario,
  { preemptions, memory, random, seed }: Flags,
): string {
  return [traits.strategy, build, name, preemptions, memory, random, seed].join(' ');
}

/** Which build of the strategy it is. */
function digestOf({ url }: Module): string {
  return createHash('sha256')
    .update(readFileSync(fileURLToPath(url)))
    .digest('hex')
    .slice(0, 12);
}

function isNoted(file: string | undefined, key: string): boolean {
  return file !== undefined && existsSync(file) && readFileSync(file, 'utf8').split('\n').includes(key);
}

/** Milliseconds between two lines of progress. */
const OFTEN = 200;
const SELDOM = 5_000;

/** Says now and then how many executions there were. */
function counting(stream: NodeJS.WriteStream, what: string): { show: (executions: number) => void; done: () => void } {
  const progress = progressOn(stream, (line) => stream.write(`${line}\n`));
  const often = stream.isTTY === true ? OFTEN : SELDOM;
  let last = performance.now();
  const show = (executions: number): void => {
    const now = performance.now();
    if (now - last < often) return;
    last = now;
    progress.show(`${what}: ${executions.toLocaleString('en')} executions`);
  };
  return { show, done: progress.clear };
}
