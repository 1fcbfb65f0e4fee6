import type { Environment } from '../environment.ts';
import type { Result } from '../results.ts';

/** Goes up when a reader of an older report could misunderstand a newer one. */
export const SCHEMA_VERSION = 1;

/** How one strategy kept one chapter of the conformance suite. */
export interface ConformanceEntry {
  readonly strategy: string;
  readonly chapter: string;
  readonly passed: number;
  readonly failed: number;
  /** The clauses that did not hold. */
  readonly failures: readonly { readonly clause: string; readonly scope: string; readonly message: string }[];
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

/** One strategy against one target of the project. */
export interface Target {
  readonly target: string;
  readonly strategy: string;
  /** What was measured, as text; empty where it was not. */
  readonly measured: string;
  /** `unclear`: the interval holds the limit, or one round gave none. */
  readonly met: 'yes' | 'no' | 'unclear' | 'not measured';
}

/** Everything that a run of the lab found: `reports/lab.json`. */
export interface Report {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly environment: Environment;
  readonly conformance: readonly ConformanceEntry[];
  readonly replay: readonly ReplayEntry[];
  readonly targets: readonly Target[];
  readonly results: readonly Result[];
}

/** Results that belong to the same scenario and parameters, in the order in which they came. */
export function cellsOf(results: readonly Result[]): Result[][] {
  const cells = new Map<string, Result[]>();
  for (const result of results) {
    const key = `${result.scenario} ${JSON.stringify(result.params)}`;
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return [...cells.values()];
}

/** The values of a property, each once, in the order in which they come. */
export function unique<T, V>(items: readonly T[], of: (item: T) => V): V[] {
  return [...new Set(items.map(of))];
}
