import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Job } from './job.ts';
import { type Outcome, runTogether } from './process.ts';
import { SubjectError } from './subjects.ts';

// A long run writes down each measurement as it is made, a line of JSON each, so that a run that was stopped can go on:
// since every decision follows from what was measured, the same plan meets the same lines and then measures what is new.

/** What must be the same for measurements to belong together: what is measured, how, and on what. */
export type Fingerprint = Readonly<Record<string, unknown>>;

/** A run's measurements on disk. */
export class Journal {
  readonly #file: string;
  readonly #done = new Map<string, Outcome>();

  /** Begins a journal, or goes on with one if `resume`: a `SubjectError` says when it belongs to another run. */
  constructor(file: string, fingerprint: Fingerprint, resume: boolean) {
    this.#file = file;
    const lines = resume && existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
    if (lines.length === 0) {
      writeFileSync(file, `${JSON.stringify(fingerprint)}\n`);
      return;
    }
    const theirs = JSON.parse(lines[0]) as Fingerprint;
    const differs = Object.keys({ ...theirs, ...fingerprint }).filter(
      (name) => !isDeepStrictEqual(theirs[name], JSON.parse(JSON.stringify(fingerprint))[name]),
    );
    if (differs.length > 0)
      throw new SubjectError(
        `${file} belongs to another run (${differs.join(', ')} differ); leave out --resume to begin anew`,
      );
    for (const line of lines.slice(1)) {
      const entry = parsed(line);
      if (entry) this.#done.set(entry.key, entry.outcome);
    }
  }

  /** Measurements that it has. */
  get size(): number {
    return this.#done.size;
  }

  /** Does the jobs that are not done already. What failed or was cut is tried again when a run goes on. */
  run = async (jobs: readonly Job[], limitMs: number): Promise<readonly Outcome[]> => {
    const open = jobs.filter((job) => !this.#done.has(keyOf(job)));
    const outcomes = open.length > 0 ? await runTogether(open, limitMs) : [];
    const found = new Map(open.map((job, i) => [job, outcomes[i]]));
    for (const [job, outcome] of found)
      if ('measurement' in outcome) appendFileSync(this.#file, `${JSON.stringify({ key: keyOf(job), outcome })}\n`);
    return jobs.map((job) => found.get(job) ?? (this.#done.get(keyOf(job)) as Outcome));
  };

  /** The run is over: nobody needs it any more. */
  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** What a line of a journal is called by. */
function keyOf({ scenario, params, subject, round }: Job): string {
  return `${scenario} ${JSON.stringify(params)} ${subject.id} ${round}`;
}

/** A line, or nothing where the run was stopped in the middle of writing it. */
function parsed(line: string): { key: string; outcome: Outcome } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
