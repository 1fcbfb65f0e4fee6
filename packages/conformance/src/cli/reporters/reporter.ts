import type { ClauseResult } from '../../suite/run.ts';

/** Turns results into text. Everything that it returns is written as it comes. */
export interface Reporter {
  /** Before anything runs; `total` clauses are planned. */
  start(total: number): string;
  /** After each clause. */
  clause(result: ClauseResult): string;
  /** After the last one. */
  end(results: readonly ClauseResult[]): string;
}

/** What a report is read on. */
export interface Page {
  readonly colour: boolean;
  readonly columns: number;
}

/** Where a clause failed: the stack's frames, innermost first, without Node's own. */
export function framesOf({ stack = '' }: ClauseResult): string[] {
  const lines = stack.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith('at ') && !line.includes('node:internal'));
}

/** How many of these failed. */
export function failuresOf(results: readonly ClauseResult[]): number {
  return results.filter(({ status }) => status === 'failed').length;
}

/** Results by the value of one property, in order of appearance. */
export function groupBy<K extends keyof ClauseResult>(
  results: readonly ClauseResult[],
  key: K,
): Map<ClauseResult[K], ClauseResult[]> {
  const groups = new Map<ClauseResult[K], ClauseResult[]>();
  for (const result of results) {
    const group = groups.get(result[key]);
    if (group === undefined) groups.set(result[key], [result]);
    else group.push(result);
  }
  return groups;
}
