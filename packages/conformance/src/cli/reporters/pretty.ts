import Table from 'cli-table3';
import pc from 'picocolors';
import type { ClauseResult } from '../../suite/run.ts';
import { failuresOf, groupBy, type Reporter } from './reporter.ts';

/** For people: every failure as it happens, then a matrix of chapters and strategies. */
export function pretty(colour: boolean): Reporter {
  const { bold, dim, green, red } = pc.createColors(colour);
  return {
    start: () => '',
    clause(result) {
      if (result.status === 'passed') return '';
      const { strategy, scope, clause, sentence, source, message = '' } = result;
      const head = `${red('✗')} ${bold(clause)} ${strategy}, ${scope}: ${sentence}`;
      const lines = message.split('\n').map((line) => `    ${line}`);
      return `${head}\n  ${dim(`source: ${source}`)}\n${lines.join('\n')}\n\n`;
    },
    end(results) {
      const failed = failuresOf(results);
      const verdict = `${results.length - failed} passed, ${failed} failed`;
      return `${matrix(results)}\n${failed === 0 ? green(verdict) : red(verdict)}\n`;
    },
  };

  function matrix(results: readonly ClauseResult[]): string {
    const columns = [...groupBy(results, 'strategy')];
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
