// The whole of a measuring process: one job in, one answer out.
import { type Job, type Measurement, measure } from './measure.ts';

/** What comes back from a measuring process. */
export type Answer = { readonly measurement: Measurement } | { readonly error: string; readonly code?: string };

// Ctrl-C ends the benchmark after this measurement, which is kept; whoever insists ends this process with it.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());

process.once('message', async (job: Job) => {
  let answer: Answer;
  try {
    answer = { measurement: await measure(job) };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    answer = {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      ...(typeof code === 'string' ? { code } : {}),
    };
  }
  process.send?.(answer, () => process.disconnect());
});
