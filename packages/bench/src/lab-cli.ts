import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { readBaseline } from './baseline-run.ts';
import { parseSeed } from './cli.ts';
import { duration, firstLine } from './format.ts';
import { type LabOptions, runLab, succeeded, withEvidence } from './lab.ts';
import { checkReport, readReport, writeReport } from './lab-files.ts';
import { checkWritable, INTERRUPTED, ignoreClosedPipe, OutputError, untilInterrupted, version } from './output.ts';
import { withProgress } from './progress.ts';
import { publish } from './publish.ts';
import type { Report } from './report/report.ts';
import { firstScreen } from './report/terminal.ts';
import { pageOf } from './report/view/page.ts';
import { SubjectError } from './subjects.ts';
import { baselineText, terminalColumns } from './table.ts';

interface Options {
  out: string;
  seed: number;
  full?: boolean;
  minutes?: number;
  resume?: boolean;
  baseline?: string;
  force?: boolean;
  render?: string;
  publish?: string | true;
  module?: string[];
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
    .option(
      '--module <file...>',
      'also a module of your own that exports createPidAllocator and traits: a column everywhere',
    )
    .option('--baseline <file>', 'compare with the lab.json of an older run')
    .option('--force', 'compare with it even if it is of another machine or runtime')
    .option('--seed <n>', 'where the random choices start', parseSeed, 1)
    .option('--render <lab.json>', 'measure nothing: judge the data of a run anew, and make its report')
    .option('--publish [folder]', `keep the run there, and show its map in README.md (default: ${RESULTS})`)
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
  const { out, seed, full, minutes, resume, baseline, force, module, render, publish: kept } = program.opts<Options>();
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
      modules: module ?? [],
    };
    checkReport(out);
    const results = kept === true ? RESULTS : kept;
    if (results !== undefined) checkWritable([join(results, 'README.md')], '--publish');
    const report =
      render === undefined
        ? await untilInterrupted((signal) =>
            withProgress('the lab is at work', ({ measuring, step }) =>
              runLab(options, { signal, onProgress: measuring, onStep: step }),
            ),
          )
        : withEvidence(readReport(render));
    const files = writeReport(report, out);
    if (results !== undefined && !report.interrupted) files.push(...publish(report, results, 'README.md'));
    const lines = [
      '',
      firstScreen(pageOf(report), Math.min(80, terminalColumns()), isColourful(process.stdout)),
      ...failuresOf(report),
      ...(render === undefined
        ? [`${report.interrupted ? 'Stopped' : 'Done'} after ${duration(performance.now() - start)}. The report:`]
        : ['The report:']),
      ...files.map((file) => `  ${file}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n${baselineText(report)}`);
    if (render === undefined && report.interrupted) {
      const unpublished = results === undefined ? '' : ', and nothing was published';
      process.stderr.write(`stopped${unpublished}; the same command with --resume goes on\n`);
      return INTERRUPTED;
    }
    return succeeded(report) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof SubjectError || error instanceof OutputError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

/** Where runs are kept. */
const RESULTS = 'docs/results';

/** Colours are for people: on a terminal, and where nobody asked for none. */
function isColourful(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && stream.hasColors();
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
