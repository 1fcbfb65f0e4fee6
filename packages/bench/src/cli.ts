import { Command, InvalidArgumentError, Option } from 'commander';
import { compareRuns, readBaseline, refuseForeign } from './baseline-run.ts';
import { BASELINES } from './baselines/index.ts';
import { baselineSpecs, builtFile, STRATEGIES } from './builtins.ts';
import { environment } from './environment.ts';
import { Journal } from './journal.ts';
import { settingsFor } from './modes.ts';
import { buildNative, type NativeBuild } from './native.ts';
import type { Count } from './observe/counted.ts';
import {
  checkWritable,
  INTERRUPTED,
  ignoreClosedPipe,
  OutputError,
  untilInterrupted,
  version,
  writeWhole,
} from './output.ts';
import { withProgress } from './progress.ts';
import { type Document, methodOf, SCHEMA_VERSION } from './report/report.ts';
import { type Hooks, type Plan, runBenchmark } from './runner.ts';
import type { Mode } from './scenario.ts';
import { SCENARIOS, scenariosOf } from './scenarios/index.ts';
import { moduleSpecs, SubjectError, type SubjectSpec, twinSpec } from './subjects.ts';
import { baselineText, countTable, tables } from './table.ts';

/** What the program was asked to do. */
interface Options {
  quick?: boolean;
  full?: boolean;
  strategy?: string[];
  scenario?: string[];
  module?: string[];
  json?: string;
  seed: number;
  list?: boolean;
  baselines: boolean;
  baseline?: string;
  force?: boolean;
  resume?: boolean;
  count?: boolean;
  trace?: boolean;
}

/** Exit codes: all measured; something failed while it was measured; the program was called wrongly. */
const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** An integer that the random tables can start from. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(seed) || seed > 0x7fff_ffff)
    throw new InvalidArgumentError('It must be an integer in [0, 2147483647].');
  return seed;
}

function command(): Command {
  return new Command('pid-bench')
    .description('Measures pid allocators: each subject in each scenario in fresh processes, in interleaved rounds.')
    .version(version())
    .addOption(new Option('--quick', 'fewer sizes: half a minute for a scenario, two for all').conflicts('full'))
    .option('--full', 'all sizes at all levels: 45 minutes')
    .option('--strategy <name...>', `only these of the built-in strategies: ${Object.keys(STRATEGIES).join(', ')}`)
    .option(
      '--scenario <name...>',
      `only these scenarios, or all that begin with it and a dash: ${SCENARIOS.map(({ id }) => id).join(', ')}`,
    )
    .option('--module <file...>', 'also a module of your own that exports createPidAllocator and traits')
    .option('--json <file>', 'write the results to a file, - for stdout (then without tables)')
    .option('--seed <n>', 'where the random choices start', parseSeed, 1)
    .option('--no-baselines', 'only the strategies, the floor and native C')
    .option('--baseline <file>', 'compare with the results of an older run, as --json wrote them')
    .option('--force', 'compare with them even if they are of another machine or runtime')
    .option('--resume', 'go on with a run that was stopped: same options, same --json')
    .addOption(
      new Option(
        '--count',
        'count what each call of a strategy does to memory, exactly, and measure nothing',
      ).conflicts(['json', 'scenario', 'baseline', 'resume']),
    )
    .option('--trace', 'with --count: also every access of one call of each, by name')
    .option('--list', 'list scenarios and subjects, and measure nothing')
    .showHelpAfterError('(pid-bench --help lists what there is)')
    .addHelpText(
      'after',
      `
Rows: a baseline is what a program would use instead, the floor the bare memory operations, native C the same
structure as a C program (built by $CC or cc), and the twin the first strategy once more: what differs there is noise.
Ctrl-C stops after the measurement that is under way and keeps what there is.
Exit codes: 0 measured, 1 a process failed, 2 wrong usage, 130 stopped by Ctrl-C.

  pid-bench --quick --scenario churn
  pid-bench --quick --scenario workers
  pid-bench --count --strategy hierarchical
  pid-bench --module ./my-allocator.js --scenario churn lookup-hit --json results.json`,
    )
    .exitOverride();
}

/** Runs the program and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  ignoreClosedPipe();
  const program = command();
  let options: Options;
  try {
    program.parse(argv, { from: 'user' });
    options = program.opts<Options>();
    if (program.args.length > 0) program.error(`error: unexpected argument '${program.args[0]}'`);
  } catch (error) {
    // commander has said what is wrong; --help comes this way too.
    return (error as { exitCode?: number }).exitCode === 0 ? OK : USAGE;
  }
  if (options.list) {
    process.stdout.write(await listing());
    return OK;
  }

  try {
    return await run(options);
  } catch (error) {
    if (!(error instanceof SubjectError || error instanceof OutputError || error instanceof UsageError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return USAGE;
  }
}

/** An option that does not fit, beyond what the parser can know. */
class UsageError extends Error {}

/** Measures what was asked for. Everything that can be wrong is found before the first measurement. */
async function run(options: Options): Promise<number> {
  if (options.trace && !options.count) throw new UsageError('--trace shows what --count counts: give both');
  if (options.count) return count(await subjectsOf(options), options.trace ?? false);
  const mode: Mode = options.quick ? 'quick' : options.full ? 'full' : 'default';
  const scenarios = scenariosNamed(options.scenario);
  const file = options.json === '-' ? undefined : options.json;
  if (options.resume && file === undefined)
    throw new UsageError('--resume goes on where --json left off: name that file too');
  if (file !== undefined) checkWritable([file], '--json');
  const baseline = options.baseline === undefined ? undefined : readBaseline(options.baseline);
  const subjects = await subjectsOf(options);
  const native = buildNative();
  try {
    const plan: Plan = {
      subjects: [...subjects, native.spec],
      scenarios,
      mode,
      settings: settingsFor(mode, scenarios.length),
      seed: options.seed,
    };
    const env = environment(options.seed, mode, native.compiler);
    if (baseline) refuseForeign(baseline.environment, env, options.force ?? false);
    const journal = file === undefined ? undefined : journalOf(file, plan, native, options.resume ?? false);
    const { findings, isStopped } = await untilInterrupted(async (signal) => {
      const hooks: Hooks = { signal, ...(journal ? { run: journal.run } : {}) };
      const found = await withProgress('measuring', ({ measuring }) =>
        runBenchmark(plan, { ...hooks, onProgress: measuring }),
      );
      return { findings: found, isStopped: signal.aborted };
    });
    const document: Document = {
      schemaVersion: SCHEMA_VERSION,
      environment: env,
      method: methodOf(plan.settings.looks),
      ...(isStopped ? { interrupted: true as const } : {}),
      ...findings,
      ...(baseline ? { baseline: compareRuns(baseline, findings.results) } : {}),
    };
    return tell(document, options.json, journal);
  } finally {
    native.dispose();
  }
}

/** Prints what the calls of each strategy do to memory. */
async function count(subjects: readonly SubjectSpec[], trace: boolean): Promise<number> {
  // Loaded here, since nothing else needs the parser.
  const { countOf, traceOf } = await import('./observe/count.ts');
  const strategies = subjects.filter(({ kind }) => kind === 'strategy');
  const counts: Count[] = [];
  for (const { id, module } of strategies) counts.push(...(await countOf(id, builtFile(id, module))));
  process.stdout.write(countTable(counts));
  for (const { id, module } of trace ? strategies : [])
    for (const [operation, lines] of await traceOf(builtFile(id, module), 0))
      process.stdout.write(
        `\n${id}, ${operation} in the root: access, depth, word\n${lines.map((line) => `  ${line}\n`).join('')}`,
      );
  return OK;
}

/** Writes and prints what was found, and gives the exit code. */
function tell(document: Document, json: string | undefined, journal: Journal | undefined): number {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (json !== undefined && json !== '-') writeWhole(json, text);
  process.stdout.write(json === '-' ? text : `${tables(document)}${baselineText(document)}`);
  if (json !== undefined && json !== '-') process.stdout.write(`results written to ${json}\n`);
  const failed = document.results.filter((result) => result.status === 'failed');
  for (const { strategy, scenario, reason } of failed)
    process.stderr.write(`failed: ${strategy}, ${scenario}: ${reason}\n`);
  if (document.interrupted) {
    if (journal) process.stderr.write('stopped; the same command with --resume goes on\n');
    return INTERRUPTED;
  }
  journal?.remove();
  return failed.length > 0 ? FAILED : OK;
}

function scenariosNamed(names: readonly string[] | undefined): Plan['scenarios'] {
  if (!names) return SCENARIOS;
  try {
    return [...new Set(names.flatMap(scenariosOf))];
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Where the measurements of a run are kept until it is over, beside its file. */
export function journalOf(file: string, plan: Plan, native: NativeBuild, resume: boolean): Journal {
  const env = environment(plan.seed, plan.mode, native.compiler);
  const fingerprint = {
    ...{ machine: env.machine, cpu: env.cpu, runtime: env.runtime, commit: env.commit, compiler: env.compiler },
    ...{ mode: plan.mode, seed: plan.seed },
    scenarios: plan.scenarios.map(({ id }) => id),
    subjects: plan.subjects.map(({ id, module }) => [id, module ?? '']),
  };
  const journal = new Journal(`${file}.journal`, fingerprint, resume);
  if (journal.size > 0) process.stderr.write(`going on after ${journal.size} measurements that were kept\n`);
  return journal;
}

async function subjectsOf({ strategy, module, baselines }: Options): Promise<SubjectSpec[]> {
  for (const name of strategy ?? [])
    if (!Object.hasOwn(STRATEGIES, name))
      throw new SubjectError(
        `no built-in strategy is called '${name}'; there are ${Object.keys(STRATEGIES).join(', ')} (--module takes a file)`,
      );
  // With a module of one's own and no --strategy, all built-in ones stand beside it.
  const specs: SubjectSpec[] = (strategy ?? Object.keys(STRATEGIES)).map((id) => ({ id, kind: 'strategy' }));
  specs.push(...(await moduleSpecs(module ?? [], [...specs.map(({ id }) => id), ...Object.keys(BASELINES)])));
  return [
    ...new Map([...specs, twinSpec(specs[0]), ...baselineSpecs(baselines)].map((spec) => [spec.id, spec])).values(),
  ];
}

async function listing(): Promise<string> {
  const width = Math.max(...[...SCENARIOS.map(({ id }) => id), ...Object.keys(BASELINES)].map(({ length }) => length));
  const lines = ['scenarios'];
  for (const { id, question } of SCENARIOS) lines.push(`  ${id.padEnd(width)}  ${question}`);
  lines.push('', 'strategies');
  for (const id of Object.keys(STRATEGIES)) lines.push(`  ${id}`);
  lines.push('', 'baselines');
  for (const load of Object.values(BASELINES)) {
    const { id, title } = await load();
    lines.push(`  ${id.padEnd(width)}  ${title}`);
  }
  return `${lines.join('\n')}\n`;
}
