import type { Job } from '../src/job.ts';
import type { Outcome } from '../src/process.ts';
import type { Hooks } from '../src/runner.ts';

/** In the place of processes: what becomes of each job, asked one by one. */
export function each(of: (job: Job) => Promise<Outcome>): NonNullable<Hooks['run']> {
  return async (jobs) => {
    const outcomes: Outcome[] = [];
    for (const job of jobs) outcomes.push(await of(job));
    return outcomes;
  };
}
