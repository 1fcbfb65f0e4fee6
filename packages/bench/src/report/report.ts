import type { Traits } from '@pidlab/contract';
import type { BaselineComparison } from '../baseline-run.ts';
import type { Difference } from '../behaviour.ts';
import type { Advice } from '../claims/advice.ts';
import type { ClaimResult } from '../claims/claim.ts';
import type { Sweep } from '../claims/sweep.ts';
import type { Environment } from '../environment.ts';
import type { Count } from '../observe/counted.ts';
import type { Findings } from '../results.ts';
import { ERROR } from '../statistics.ts';
import type { Tally } from '../tallies/tally.ts';
import { type Looks, MARGIN } from '../verdict.ts';

/** Goes up when a reader of an older report could misunderstand a newer one. */
export const SCHEMA_VERSION = 2;

/** How one strategy kept one chapter of the conformance suite. */
export interface ConformanceEntry {
  readonly strategy: string;
  readonly chapter: string;
  readonly passed: number;
  readonly failed: number;
  /** The clauses that did not hold. */
  readonly failures: readonly { readonly clause: string; readonly scope: string; readonly message: string }[];
  /** Clauses about sheer size that were not tried, if any: the lab of six minutes has no time for them. */
  readonly leftOut?: readonly string[];
}

/** How one strategy replayed one recorded build, at one level. */
export interface ReplayEntry {
  readonly strategy: string;
  readonly trace: string;
  readonly level: number;
  readonly status: 'passed' | 'failed';
  /** Why it failed. */
  readonly message?: string;
  readonly events: number;
  readonly allocations: number;
  readonly wraps: number;
  readonly maxAlive: number;
  /** Allocations whose number follows from the trace, and those of them that were the kernel's number. */
  readonly orderChecked: number;
  readonly orderFollowed: number;
}

/** How verdicts were sought. */
export interface Method {
  /** After how many rounds a question was looked at. */
  readonly looks: readonly number[];
  /** How often all looks at one question together may be wrong. */
  readonly error: number;
  /** Within so many times of its limit, a goal is at the limit. */
  readonly margin: number;
}

/** What `pid-bench --json` writes. */
export interface Document extends Findings {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly environment: Environment;
  readonly method: Method;
  /** Whether somebody stopped the run before it was over. */
  readonly interrupted?: true;
  /** Against an older run, where one was named. */
  readonly baseline?: BaselineComparison;
}

/** Everything that a run of the lab found: `reports/lab.json`. */
export interface Report extends Document {
  readonly conformance: readonly ConformanceEntry[];
  readonly replay: readonly ReplayEntry[];
  /** What each call of each strategy does to memory, exactly. */
  readonly counts: readonly Count[];
  /** The clauses in which the designs did not all do the same. */
  readonly differences: readonly Difference[];
  /** What was counted over many states, exactly. */
  readonly tallies: readonly Tally[];
  /** What each strategy says of itself. */
  readonly traits: Readonly<Record<string, Traits>>;
  /** What the designers said, with a verdict each. */
  readonly claims: readonly ClaimResult[];
  /** What nobody claimed, and the lab found. */
  readonly found: readonly ClaimResult[];
  /** Which design to take. */
  readonly advice: readonly Advice[];
  /** Curves, where one says more than a point. */
  readonly sweeps: readonly Sweep[];
}

/** The method of these looks. */
export function methodOf(looks: Looks): Method {
  return { looks, error: ERROR, margin: MARGIN };
}

/** The values of a property, each once, in the order in which they come. */
export function unique<T, V>(items: readonly T[], of: (item: T) => V): V[] {
  return [...new Set(items.map(of))];
}
