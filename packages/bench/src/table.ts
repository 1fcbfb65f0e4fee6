import Table from 'cli-table3';
import { comparison, figure, interval, multiple, paramsText, remarkLines, remarks } from './format.ts';
import type { Result } from './results.ts';
import { scenarioOf } from './scenarios/index.ts';

/** Results that belong to the same scenario and parameters, in the order in which they came. */
export function cellsOf(results: readonly Result[]): Result[][] {
  const cells = new Map<string, Result[]>();
  for (const result of results) {
    const key = `${result.scenario} ${JSON.stringify(result.params)}`;
    cells.set(key, [...(cells.get(key) ?? []), result]);
  }
  return [...cells.values()];
}

/** One table for each scenario, as text. */
export function tables(results: readonly Result[]): string {
  const ids = [...new Set(results.map((result) => result.scenario))];
  return ids
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
  const [less, more] =
    scenario.measures === 'ns' || scenario.measures === 'ms' ? ['faster', 'slower'] : ['less', 'more'];
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
