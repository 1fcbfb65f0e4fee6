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
