import Table from 'cli-table3';
import { comparison, figure, interval, multiple, paramsText, remarkLines, remarks, times } from './format.ts';
import { wordsOf } from './report/findings.ts';
import { cellsOf, unique } from './report/report.ts';
import { pairsOf } from './report/versus.ts';
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
    ...pairTable(results),
    ...remarkLines(results).map((line) => `* ${line}`),
    '',
  ].join('\n');
}

/** The cells that are measured for each other's sake, side by side, with the verdict; nothing where there are none. */
function pairTable(results: readonly Result[]): string[] {
  const pairs = pairsOf(results);
  if (pairs.length === 0) return [];
  const judged = pairs.some(({ goal }) => goal);
  const table = new Table({
    head: ['', '', 'factor', '95 % interval', ...(judged ? ['goal', 'met'] : [])],
    colAligns: ['left', 'left', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { strategy, kind, common, against, factor, goal } of pairs) {
    const verdict = goal && kind === 'strategy' ? [goal.text, goal.met] : judged ? ['', ''] : [];
    table.push([strategy, `${paramsText(common)}: ${against}`, times(factor.value), interval(factor.ci), ...verdict]);
  }
  return [table.toString()];
}
