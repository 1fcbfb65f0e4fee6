/** Runs of a fuzzer, one after the other, until there were so many cases or one fails. */
import { choices } from '@pidlab/conformance/random';
import type { Strategy } from '@pidlab/contract';
import { fewest } from '../fewest.ts';
import type { Counts, Fuzzer, Subject } from './fuzzer.ts';

interface SearchOptions {
  readonly fuzzer: Fuzzer;
  readonly strategy: Required<Strategy>;
  readonly variant: string;
  readonly seed: number;
  /** So many cases, or some more: the last run is played to its end. */
  readonly cases: number;
  /** Only this run. */
  readonly run?: number;
  /** Called before each run. */
  readonly progress?: (run: number, cases: number) => void;
}

export interface Searched {
  readonly runs: number;
  readonly cases: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly failure?: Failure;
}

/** A run that failed, and what of it is enough for that. */
interface Failure {
  readonly run: number;
  readonly message: string;
  readonly items: readonly unknown[];
}

/** The most tries to make a failure shorter. */
const TRIES = 2_000;

/** What a run does follows from the seed and its number alone. */
export function search({ fuzzer, strategy, variant, seed, cases, run, progress }: SearchOptions): Searched {
  const subject = fuzzer.open(strategy, variant);
  const counts: Counts = new Map();
  const searched = (runs: number, done: number, failure?: Failure): Searched => {
    return { runs, cases: done, counts: Object.fromEntries(counts), ...(failure === undefined ? {} : { failure }) };
  };
  const first = run ?? 0;
  let done = 0;
  let next = first;
  do {
    progress?.(next, done);
    const items = subject.draw(choices(seed, next));
    try {
      done += subject.play(items, counts);
    } catch (error) {
      return searched(next + 1 - first, done, shortened(subject, next, items, error as Error));
    }
    next++;
  } while (done < cases && run === undefined);
  return searched(next - first, done);
}

function shortened(subject: Subject, run: number, items: readonly unknown[], first: Error): Failure {
  let tries = TRIES;
  let message = first.message;
  const enough = fewest(items, (fewer) => {
    if (fewer.length === 0 || tries-- <= 0) return false;
    try {
      subject.play(fewer, new Map());
      return false;
    } catch (error) {
      message = (error as Error).message;
      return true;
    }
  });
  return { run, message, items: enough };
}
