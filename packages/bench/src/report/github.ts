import { interval, paramsText } from '../format.ts';
import type { Result } from '../results.ts';

/** One row as `github-action-benchmark` reads it with `tool: 'customSmallerIsBetter'`. */
export interface ActionBenchmark {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range?: string;
}

/** The results for `github-action-benchmark`. */
export function actionBenchmarks(results: readonly Result[]): ActionBenchmark[] {
  return results.flatMap((result) =>
    result.median === undefined
      ? []
      : [
          {
            name: [result.scenario, paramsText(result.params), result.strategy].filter(Boolean).join(' | '),
            unit: result.unit,
            value: result.median,
            ...(result.ci ? { range: interval(result.ci) } : {}),
          },
        ],
  );
}
