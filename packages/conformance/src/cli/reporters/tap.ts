import { finish, start, test } from 'supertap';
import type { ClauseResult } from '../../suite/run.ts';
import { failuresOf, framesOf, type Reporter } from './reporter.ts';

/** TAP version 13, with a diagnostic block for each failure. */
export function tap(): Reporter {
  let index = 0;
  let planned = 0;
  return {
    start(total) {
      planned = total;
      return `${start()}\n`;
    },
    clause(result) {
      index++;
      const title = `${result.strategy} ${result.scope} ${result.clause} ${result.sentence}`;
      return `${test(title, { index, passed: result.status === 'passed', comment: [], ...errorOf(result) })}\n`;
    },
    end(results) {
      const failed = failuresOf(results);
      return `${finish({ failed, passed: results.length - failed, skipped: 0, todo: 0 })}\n${cutShort(results.length, planned)}`;
    },
  };
}

function errorOf(result: ClauseResult): { error?: Record<string, unknown> } {
  const { message, sentence, source } = result;
  if (message === undefined) return {};
  return { error: { name: 'ConformanceError', message, values: { sentence, source }, stack: framesOf(result) } };
}

function cutShort(run: number, planned: number): string {
  return run === planned ? '' : `# stopped after ${run} of ${planned}\n`;
}
