import type { Subject } from './workload.ts';

/** How much is measured: `quick` in seconds, `lab` in minutes for everything, `default`, and `full` for publishing. */
export type Mode = 'quick' | 'lab' | 'default' | 'full';

/** One point of a scenario's axes: `{ live: 1_000_000, level: 1 }`. */
export type Params = Readonly<Record<string, number | string>>;

/** A pair of cells that differ in one parameter only: how they are compared, and what this project set out to reach, if it did. */
export interface Versus {
  readonly param: string;
  /** The value that the others are compared with. */
  readonly base: number | string;
  /** Whether the factor says how much faster the others are than the base; else, how many times its time they take. */
  readonly isGain: boolean;
  goal?(params: Params): { readonly atLeast?: number; readonly atMost?: number };
  /** What the floor must gain with these parameters for a missed goal to say anything: without it, the machine had no room. */
  readonly room?: { readonly params: Params; readonly atLeast: number };
}

interface Common {
  readonly id: string;
  /** The question that its numbers answer. */
  readonly question: string;
  /** What is between the two readings of the clock. */
  readonly timed: string;
  /** What is not. */
  readonly notTimed: string;
  /** What is counted: ns, bytes, pages, … */
  readonly measures: 'ns' | 'ms' | 'bytes' | 'KiB' | 'pages';
  /** What one of them is, after "ns per". */
  readonly unit: string;
  /** The points that each mode measures. */
  readonly plan: Readonly<Record<Mode, readonly Params[]>>;
  /** Whether it gives the same number every time, so that one round is enough. */
  exact?(params: Params): boolean;
  /** Only subjects that keep the whole contract can run it: no baseline does. */
  readonly wholeContract?: boolean;
  /** Whether no rounds are spent on who is faster: it differs from process to process by more than designs do, or another scenario asks. */
  readonly unasked?: true;
  /** Whether its processes take long to get ready, however few pids there are. */
  readonly slow?: true;
  /** Whether other threads than the measuring one do what is timed: its processes are started with `FLAGS_FOR_THREADS`. */
  readonly threads?: true;
  /** Which of its cells are measured for each other's sake. */
  readonly versus?: Versus;
  /** Why a subject cannot run it with these parameters, if so. */
  cannot?(subject: Pick<Subject, 'id' | 'kind' | 'createProcesses' | 'strategy'>, params: Params): string | undefined;
}

/** Something repeated until the clock has seen enough of it. */
export interface TimedScenario<S = unknown> extends Common {
  readonly kind: 'timed';
  /** Makes the state; the operations of one call of `run` are `ops`, or what `opsOf` says. */
  setup(subject: Subject, params: Params, seed: number): S | Promise<S>;
  /** One sample: `opsOf(state)` operations. */
  run(state: S): void;
  /** The milliseconds of the last run that count, where not all of it does. */
  lasted?(state: S): number;
  /** Whether what the last run took says nothing. Where it counts, it is run again, up to five times in all. */
  disturbed?(state: S): boolean;
  /**
   * Nanoseconds in which two of its threads hand a word over to each other, which says how far apart their cores are; asked once, after
   * the last run that counts. Undefined where that cannot be said.
   */
  handOverNs?(state: S): number | undefined;
  opsOf(state: S): number;
  /** Throws when the operations did not do what they claim. */
  verify(state: S): void;
  /** Ends what would go on by itself. */
  teardown?(state: S): void;
}

/** Something measured once in each process: memory, or a cold start. */
export interface OnceScenario extends Common {
  readonly kind: 'once';
  measure(subject: Subject, params: Params, seed: number): number;
}

// biome-ignore lint/suspicious/noExplicitAny: each scenario has a state of its own, which nobody else looks into
export type Scenario = TimedScenario<any> | OnceScenario;

/** Declares a timed scenario. */
export function scenario<S>(declared: Omit<TimedScenario<S>, 'kind' | 'measures'>): TimedScenario<S> {
  return { kind: 'timed', measures: 'ns', ...declared };
}

/** Declares a scenario that is measured once a process. */
export function once(declared: Omit<OnceScenario, 'kind'>): OnceScenario {
  return { kind: 'once', ...declared };
}

/** All combinations of the values of some axes, the last axis moving fastest. */
export function grid(axes: Readonly<Record<string, readonly (number | string)[]>>): Params[] {
  return Object.entries(axes).reduce<Params[]>(
    (points, [name, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** A parameter that must be a number. */
export function numberOf(params: Params, name: string): number {
  const value = params[name];
  if (typeof value !== 'number') throw new Error(`the scenario has no number '${name}' in ${JSON.stringify(params)}`);
  return value;
}
