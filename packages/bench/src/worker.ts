// The whole of a measuring process: one job, a turn whenever its parent says so, and one measurement.
import type { Job, Measurement } from './job.ts';
import { prepare, type Work } from './measure.ts';

/** What a measuring process is asked: to make a job ready, and then its turns. */
export type Request = Job | 'warm up' | 'measure' | 'finish';

/** What it answers: whether another turn of that kind is wanted; at the end the measurement; or what went wrong. */
export type Answer =
  | { readonly more: boolean }
  | { readonly measurement: Measurement }
  | { readonly error: string; readonly code?: string };

let work: Work | undefined;

async function answerTo(request: Request): Promise<Answer> {
  if (typeof request === 'object') work = await prepare(request);
  if (!work) throw new Error('there is no job yet');
  switch (request) {
    case 'warm up':
      return { more: !work.warmUp() };
    case 'measure':
      return { more: !work.measure() };
    case 'finish':
      return { measurement: await work.finish() };
    default:
      return { more: true };
  }
}

// Ctrl-C ends the benchmark after this measurement, which is kept; whoever insists ends this process with it.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

process.on('message', async (request: Request) => {
  let answer: Answer;
  try {
    answer = await answerTo(request);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    answer = {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      ...(typeof code === 'string' ? { code } : {}),
    };
  }
  process.send?.(answer, () => {
    if (!('more' in answer)) process.disconnect();
  });
});
