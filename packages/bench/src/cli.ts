import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BASELINES } from './baselines/index.ts';
import { baselineSpecs, STRATEGIES } from './builtins.ts';
import { environment } from './environment.ts';
import { SETTINGS } from './modes.ts';
import { withProgress } from './progress.ts';
import { SCHEMA_VERSION } from './report/report.ts';
import { runBenchmark } from './runner.ts';
import type { Mode } from './scenario.ts';
import { SCENARIOS, scenariosOf } from './scenarios/index.ts';
import { loadModule, SubjectError, type SubjectSpec } from './subjects.ts';
import { tables } from './table.ts';

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
    .addOption(
      new Option('--quick', 'fewer sizes and rounds: seconds for a scenario, about two minutes for all').conflicts(
        'full',
      ),
    )
    .option('--full', 'all sizes at all levels in ten rounds: hours')
    .option('--strategy <name...>', `only these of the built-in strategies: ${Object.keys(STRATEGIES).join(', ')}`)
    .option(
      '--scenario <name...>',
      `only these scenarios, or all that begin with it and a dash: ${SCENARIOS.map(({ id }) => id).join(', ')}`,
    )
    .option('--module <file...>', 'also a module of your own that exports createPidAllocator and traits')
    .option('--json <file>', 'write the results to a file, - for stdout (then without tables)')
    .option('--seed <n>', 'where the random choices start', parseSeed, 1)
    .option('--no-baselines', 'only the strategies and the floor')
    .option('--list', 'list scenarios and subjects, and measure nothing')
    .showHelpAfterError('(pid-bench --help lists what there is)')
    .addHelpText(
      'after',
      `
Exit codes: 0 measured, 1 a process failed, 2 wrong usage.

  pid-bench --quick --scenario churn
  pid-bench --quick --scenario workers
  pid-bench --module ./my-allocator.js --scenario churn lookup-hit --json results.json`,
    )
    .exitOverride();
}

/** Runs the program and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
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

  let subjects: SubjectSpec[];
  let scenarios: typeof SCENARIOS;
  try {
    subjects = await subjectsOf(options);
    scenarios = options.scenario ? options.scenario.flatMap(scenariosOf) : SCENARIOS;
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    return USAGE;
  }

  const mode: Mode = options.quick ? 'quick' : options.full ? 'full' : 'default';
  const plan = { subjects, scenarios, mode, settings: SETTINGS[mode], seed: options.seed };
  const results = await withProgress('measuring', ({ measuring }) => runBenchmark(plan, { onProgress: measuring }));
  const document = { schemaVersion: SCHEMA_VERSION, environment: environment(options.seed, mode), results };
  if (options.json === '-') process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  else process.stdout.write(tables(results));
  if (options.json && options.json !== '-') {
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, `${JSON.stringify(document, null, 2)}\n`);
    process.stdout.write(`results written to ${options.json}\n`);
  }
  const failed = results.filter((result) => result.status === 'failed');
  for (const { strategy, scenario, reason } of failed)
    process.stderr.write(`failed: ${strategy}, ${scenario}: ${reason}\n`);
  return failed.length > 0 ? FAILED : OK;
}

async function subjectsOf({ strategy, module, baselines }: Options): Promise<SubjectSpec[]> {
  for (const name of strategy ?? [])
    if (!Object.hasOwn(STRATEGIES, name))
      throw new SubjectError(
        `no built-in strategy is called '${name}'; there are ${Object.keys(STRATEGIES).join(', ')} (--module takes a file)`,
      );
  // With a module of one's own and no --strategy, all built-in ones stand beside it.
  const specs: SubjectSpec[] = (strategy ?? Object.keys(STRATEGIES)).map((id) => ({ id, kind: 'strategy' }));
  for (const file of module ?? []) {
    const { traits } = await loadModule(file);
    const taken = new Set([...specs.map(({ id }) => id), ...Object.keys(BASELINES)]);
    let id = traits.strategy;
    for (let n = 2; taken.has(id); n++) id = `${traits.strategy}-${n}`;
    specs.push({ id, kind: 'strategy', module: file });
  }
  return [...new Map([...specs, ...baselineSpecs(baselines)].map((spec) => [spec.id, spec])).values()];
}

async function listing(): Promise<string> {
  const lines = ['scenarios'];
  for (const { id, question } of SCENARIOS) lines.push(`  ${id.padEnd(18)} ${question}`);
  lines.push('', 'strategies');
  for (const id of Object.keys(STRATEGIES)) lines.push(`  ${id}`);
  lines.push('', 'baselines');
  for (const load of Object.values(BASELINES)) {
    const { id, title } = await load();
    lines.push(`  ${id.padEnd(18)} ${title}`);
  }
  return `${lines.join('\n')}\n`;
}
