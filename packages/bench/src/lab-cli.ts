import { Command, InvalidArgumentError } from 'commander';
import { readBaseline } from './baseline-run.ts';
import { parseSeed } from './cli.ts';
import { duration, firstLine } from './format.ts';
import { checkReport, type LabOptions, runLab, succeeded, writeReport } from './lab.ts';
import { INTERRUPTED, ignoreClosedPipe, OutputError, untilInterrupted, version } from './output.ts';
import { withProgress } from './progress.ts';
import { summaryOf } from './report/document.ts';
import type { Report } from './report/report.ts';
import { SubjectError } from './subjects.ts';
import { baselineText, terminalColumns, wrapped } from './table.ts';

interface Options {
  out: string;
  seed: number;
  full?: boolean;
  minutes?: number;
  resume?: boolean;
  baseline?: string;
  force?: boolean;
}

/** Runs `pid-lab` and gives its exit code: 0 all holds, 1 something does not, 2 wrong usage, 130 stopped. */
export async function main(argv: readonly string[]): Promise<number> {
  ignoreClosedPipe();
  const program = new Command('pid-lab')
    .description('Conformance, replay of recorded builds and benchmark of the built-in strategies, as one report.')
    .version(version())
    .option('--out <folder>', 'where the report goes', 'reports')
    .option('--full', 'all sizes at all levels, for publishing: 45 minutes instead of 6')
    .option('--minutes <n>', 'measure for at most so long; what is not decided by then says so', parseMinutes)
    .option('--resume', 'go on with a run that was stopped: same options, same folder')
    .option('--baseline <file>', 'compare with the lab.json of an older run')
    .option('--force', 'compare with it even if it is of another machine or runtime')
    .option('--seed <n>', 'where the random choices start', parseSeed, 1)
    .addHelpText(
      'after',
      `
Ctrl-C stops after the measurement that is under way, and reports what there is.
Exit codes: 0 all holds, 1 a clause, a replay or a measurement failed, 2 wrong usage, 130 stopped by Ctrl-C.`,
    )
    .exitOverride();
  try {
    program.parse(argv, { from: 'user' });
    if (program.args.length > 0) program.error(`error: unexpected argument '${program.args[0]}'`);
  } catch (error) {
    return (error as { exitCode?: number }).exitCode === 0 ? 0 : 2;
  }
  const { out, seed, full, minutes, resume, baseline, force } = program.opts<Options>();
  const start = performance.now();
  try {
    const options: LabOptions = {
      seed,
      out,
      mode: full ? 'full' : 'lab',
      ...(minutes === undefined ? {} : { minutes }),
      resume: resume ?? false,
      ...(baseline === undefined ? {} : { baseline: readBaseline(baseline) }),
      force: force ?? false,
    };
    checkReport(out);
    const report = await untilInterrupted((signal) =>
      withProgress('the lab is at work', ({ measuring, step }) =>
        runLab(options, { signal, onProgress: measuring, onStep: step }),
      ),
    );
    const files = writeReport(report, out);
    const lines = [
      '',
      ...summaryOf(report).flatMap((line) => wrapped(line, terminalColumns())),
      ...failuresOf(report),
      `${report.interrupted ? 'Stopped' : 'Done'} after ${duration(performance.now() - start)}. The report:`,
      ...files.map((file) => `  ${file}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n${baselineText(report)}`);
    if (report.interrupted) {
      process.stderr.write('stopped; the same command with --resume goes on\n');
      return INTERRUPTED;
    }
    return succeeded(report) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SubjectError || error instanceof OutputError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 1_440))
    throw new InvalidArgumentError('It must be a number of minutes, up to 1,440.');
  return minutes;
}

function failuresOf({ conformance, replay, results }: Report): string[] {
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
