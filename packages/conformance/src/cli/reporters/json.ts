import type { ClauseResult } from '../../suite/run.ts';
import type { Reporter } from './reporter.ts';
import { failuresOf } from './reporter.ts';

/** Goes up whenever a reader of the old document would misread the new one. */
export const SCHEMA_VERSION = 1;

/** What `--reporter json` writes. Described in the package's README. */
export interface JsonReport {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly passed: number;
  readonly failed: number;
  readonly conformance: readonly ClauseResult[];
}

/** The document for these results. */
export function jsonReport(results: readonly ClauseResult[]): JsonReport {
  const failed = failuresOf(results);
  return { schemaVersion: SCHEMA_VERSION, passed: results.length - failed, failed, conformance: results };
}

export function json(): Reporter {
  return {
    start: () => '',
    clause: () => '',
    end: (results) => `${JSON.stringify(jsonReport(results), null, 2)}\n`,
  };
}
