import { Listr } from 'listr2';
import { duration, paramsText } from './format.ts';
import type { Progress } from './runner.ts';

/** Where work says how far it is. */
export interface Reporter {
  /** A line about what comes now. */
  step(text: string): void;
  measuring(progress: Progress): void;
}

/**
 * Runs `work` and shows its progress: one line that changes on a terminal, and elsewhere a line on stderr for each cell of
 * a round, so that a log does not stand still and does not run over.
 */
export async function withProgress<T>(title: string, work: (report: Reporter) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY || !process.stdout.isTTY)
    return work(logLines((text) => process.stderr.write(`${text}\n`)));
  let result: T | undefined;
  await new Listr({
    title,
    task: async (_, task) => {
      result = await work({
        step: (text) => {
          task.output = text;
        },
        measuring: (progress) => {
          task.output = `${line(progress)}: ${progress.subjects.join(', ')}`;
        },
      });
    },
  }).run();
  return result as T;
}

/** Progress as lines, one for each cell of a round. */
export function logLines(write: (text: string) => void): Reporter {
  let before = '';
  return {
    step: write,
    measuring(progress) {
      const cell = `${progress.round} ${progress.scenario} ${JSON.stringify(progress.params)}`;
      if (cell !== before) write(line(progress));
      before = cell;
    },
  };
}

function line({ round, scenario, params, done, total, open, leftMs }: Progress): string {
  const what = `${scenario} ${paramsText(params)}`.trim();
  if (open === undefined) return `round ${round}, ${done} of ${total} done, about ${duration(leftMs)} left: ${what}`;
  return `round ${round}, ${open} questions open, at most ${duration(leftMs)} left: ${what}`;
}
