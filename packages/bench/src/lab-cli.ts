import { Command } from 'commander';
import { parseSeed } from './cli.ts';
import { duration, firstLine } from './format.ts';
import { runLab, succeeded, writeReport } from './lab.ts';
import { SETTINGS } from './modes.ts';
import { withProgress } from './progress.ts';
import { summaryOf } from './report/document.ts';

/** Runs `pid-lab` and gives its exit code: 0 all holds, 1 something does not, 2 wrong usage. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('pid-lab')
    .description('Conformance, replay of recorded builds and benchmark of the built-in strategies, as one report.')
    .option('--out <folder>', 'where the report goes', 'reports')
    .option('--seed <n>', 'where the random choices start', parseSeed, 1)
    .addHelpText('after', '\nExit codes: 0 all holds, 1 a clause, a replay or a measurement failed, 2 wrong usage.')
    .exitOverride();
  try {
    program.parse(argv, { from: 'user' });
    if (program.args.length > 0) program.error(`error: unexpected argument '${program.args[0]}'`);
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? 0 : 2;
  }
  const { out, seed } = program.opts<{ out: string; seed: number }>();
  const start = performance.now();
  const report = await withProgress('the lab is at work', ({ measuring, step }) =>
    runLab(seed, SETTINGS.lab, { onProgress: measuring, onStep: step }),
  );
  const files = writeReport(report, out);
  const lines = [
    '',
    ...summaryOf(report),
    ...failuresOf(report),
    `Done in ${duration(performance.now() - start)}. The report:`,
    ...files.map((file) => `  ${file}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return succeeded(report) ? 0 : 1;
}

function failuresOf({ conformance, replay, results }: Awaited<ReturnType<typeof runLab>>): string[] {
  return [
    ...conformance.flatMap(({ strategy, failures }) =>
      failures.map(
        ({ clause, scope, message }) => `FAILED: ${strategy} does not keep ${clause} (${scope}): ${firstLine(message)}`,
      ),
    ),
    ...replay
      .filter(({ status }) => status === 'failed')
      .map(
        ({ strategy, trace, level, message }) =>
          `FAILED: ${strategy}, replay of ${trace} at level ${level}: ${firstLine(message ?? '')}`,
      ),
    ...results
      .filter(({ status }) => status === 'failed')
      .map(({ strategy, scenario, reason }) => `FAILED: ${strategy}, ${scenario}: ${firstLine(reason ?? '')}`),
  ];
}
