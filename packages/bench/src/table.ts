import Table from 'cli-table3';
import { comparison, figure, interval, multiple, paramsText, remarkLines, remarks } from './format.ts';
import { wordsOf } from './report/findings.ts';
import { cellsOf, unique } from './report/report.ts';
import type { Result } from './results.ts';
import { scenarioOf } from './scenarios/index.ts';

/** One table for each scenario, as text. */
export function tables(results: readonly Result[]): string {
  return unique(results, (result) => result.scenario)
    .map((id) =>
      scenarioTable(
        id,
        results.filter((result) => result.scenario === id),
      ),
    )
    .join('\n');
}

function scenarioTable(id: string, results: readonly Result[]): string {
  const scenario = scenarioOf(id);
  const table = new Table({
    head: ['', 'median', '95 % interval', 'p99', 'against the best baseline', 'against the floor'],
    colAligns: ['left', 'right', 'left', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  const [less, more] = wordsOf(scenario);
  for (const cell of cellsOf(results)) {
    const best = cell.find((result) => result.vsBaseline)?.vsBaseline?.against;
    table.push([
      { colSpan: 6, content: `${paramsText(cell[0].params) || 'as it is'}${best ? ` (best baseline: ${best})` : ''}` },
    ]);
    for (const result of cell) {
      table.push([
        `  ${result.strategy}${remarks(result).length > 0 ? ' *' : ''}`,
        result.median === undefined ? result.status : figure(result.median),
        interval(result.ci),
        result.p99 === undefined ? '' : figure(result.p99),
        comparison(result.vsBaseline, less, more),
        multiple(result.vsFloor),
      ]);
    }
  }
  return [
    `\n${scenario.id}: ${scenario.question}`,
    `${scenario.measures} per ${scenario.unit}. Timed: ${scenario.timed}.`,
    table.toString(),
    ...remarkLines(results).map((line) => `* ${line}`),
    '',
  ].join('\n');
}
