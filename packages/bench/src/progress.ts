import { Listr } from 'listr2';
import { duration, paramsText } from './format.ts';
import type { Progress } from './runner.ts';

/**
 * Runs `work` with its progress on stderr: one line that changes on a terminal, and elsewhere one line for each cell of a
 * round, so that a log does not stand still and does not run over.
 */
export async function withProgress<T>(
  title: string,
  work: (report: (progress: Progress) => void) => Promise<T>,
  quiet = false,
): Promise<T> {
  if (quiet) return work(() => {});
  if (!process.stderr.isTTY) {
    let before = '';
    return work((progress) => {
      const cell = `${progress.round} ${progress.scenario} ${JSON.stringify(progress.params)}`;
      if (cell !== before) process.stderr.write(`${line(progress)}\n`);
      before = cell;
    });
  }
  let result: T | undefined;
  await new Listr({
    title,
    task: async (_, task) => {
      result = await work((progress) => {
        task.output = `${line(progress)}, ${progress.subject}`;
      });
    },
  }).run();
  return result as T;
}

function line({ round, rounds, scenario, params, done, total, elapsedMs, budgetMs }: Progress): string {
  const left = done > 0 ? Math.min((elapsedMs / done) * (total - done), budgetMs - elapsedMs) : undefined;
  const about = left === undefined ? '' : `, ${duration(left)} left`;
  return `round ${round} of ${rounds}, ${done} of ${total} done${about}: ${scenario} ${paramsText(params)}`;
}
