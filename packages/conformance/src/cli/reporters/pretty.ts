import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import pc from 'picocolors';
import type { ClauseResult } from '../../suite/run.ts';
import { failuresOf, framesOf, groupBy, type Page, type Reporter } from './reporter.ts';

/** A strategy, and its results. */
type Column = readonly [strategy: string, own: readonly ClauseResult[]];

/** How many columns of a terminal a text takes. */
function widthOf(text: string): number {
  return Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map((line) => line.length),
  );
}

/** For people: every failure as it happens, then a matrix of chapters and strategies. */
export function pretty({ colour, columns: width }: Page): Reporter {
  const { bold, dim, green, red } = pc.createColors(colour);
  let planned = 0;
  return {
    start(total) {
      planned = total;
      return '';
    },
    clause(result) {
      if (result.status === 'passed') return '';
      const { strategy, scope, clause, sentence, source, message = '' } = result;
      const head = `${red('✗')} ${bold(clause)} ${strategy}, ${scope}: ${sentence}`;
      const lines = message.split('\n').map((line) => `    ${line}`);
      const frames = framesOf(result).map((frame) => `      ${dim(frame)}\n`);
      return `${head}\n  ${dim(`source: ${source}`)}\n${lines.join('\n')}\n${frames.join('')}\n`;
    },
    end(results) {
      const failed = failuresOf(results);
      const verdict = `${results.length - failed} passed, ${failed} failed`;
      const stopped = results.length === planned ? '' : `stopped after ${results.length} of ${planned}\n`;
      return `${matrices(results)}${stopped}${failed === 0 ? green(verdict) : red(verdict)}\n`;
    },
  };

  /** One table, or several where the strategies do not fit beside each other. */
  function matrices(results: readonly ClauseResult[]): string {
    const all = [...groupBy(results, 'strategy')];
    let beside = all.length;
    while (beside > 1 && widthOf(matrix(results, all.slice(0, beside))) > width) beside--;
    const tables: string[] = [];
    for (let i = 0; i < all.length; i += beside) tables.push(`${matrix(results, all.slice(i, i + beside))}\n`);
    return tables.join('');
  }

  function matrix(results: readonly ClauseResult[], columns: readonly Column[]): string {
    const table = new Table({
      head: ['chapter', ...columns.map(([strategy]) => strategy)],
      style: { head: [], border: [], compact: true },
      colAligns: ['left', ...columns.map(() => 'right' as const)],
    });
    for (const [chapter, ofChapter] of groupBy(results, 'chapter')) {
      const by = groupBy(ofChapter, 'strategy');
      table.push([chapter, ...columns.map(([strategy]) => cell(by.get(strategy) ?? []))]);
    }
    const seconds = columns.map(([, own]) => `${(own.reduce((sum, { ms }) => sum + ms, 0) / 1000).toFixed(1)} s`);
    table.push(['time', ...seconds.map((text) => dim(text))]);
    return table.toString();
  }

  function cell(results: readonly ClauseResult[]): string {
    const failed = failuresOf(results);
    if (results.length === 0) return '';
    return failed === 0 ? green(`${results.length}`) : red(`${failed} of ${results.length} failed`);
  }
}
