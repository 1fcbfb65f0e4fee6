import { figure } from '../../format.ts';
import type { Result } from '../../results.ts';
import type { Chart } from '../blocks.ts';
import { scatterChart } from '../charts.ts';
import type { Report } from '../report.ts';
import { cellAt, isMeasured } from './cells.ts';
import { colourOf } from './colours.ts';

const LIVE = 1_000_000;

/** Time against bytes: who is near the corner takes little of both. Undefined where one of them was not measured. */
export function pictureOf({ results }: Report): Chart | undefined {
  const time = cellAt(results, 'churn', { live: LIVE, level: 0, order: 'random' });
  const bytes = cellAt(results, 'memory', { live: LIVE, level: 0, by: 'process' });
  if (!time || !bytes) return undefined;
  const points = bytes.flatMap((row) => {
    const other = time.find(({ strategy }) => strategy === row.strategy);
    return isMeasured(row) && other && isMeasured(other) ? [{ row, x: row.median, y: other.median }] : [];
  });
  return {
    kind: 'chart',
    id: 'time-and-bytes',
    title: 'Time against bytes',
    finding: `One pid ended and another made, against the bytes that a pid takes, among a million, in the root. The nearer to the lower left corner, the better. ${findingOf(points)}`,
    svg: scatterChart({
      x: { name: 'bytes a pid', scale: 'log' },
      y: { name: 'ns to end one and make another', scale: 'log' },
      series: points.map(({ row, x, y }) => ({
        name: row.strategy,
        kind: row.kind,
        colour: colourOf(row.strategy, results),
        data: [{ x, y }],
      })),
    }),
    table: {
      kind: 'table',
      caption: 'Time against bytes',
      columns: [
        { head: 'who', align: 'l' },
        { head: 'bytes a pid', align: 'r' },
        { head: 'ns', align: 'r' },
      ],
      rows: points.map(({ row, x, y }) => ({ cells: [row.strategy, figure(x), figure(y)], subject: row.strategy })),
    },
  };
}

/** How far what a program would use instead is from the designs. */
function findingOf(points: readonly { row: Result; x: number; y: number }[]): string {
  const designs = points.filter(({ row }) => row.kind === 'strategy');
  const others = points.filter(({ row }) => row.kind === 'baseline');
  if (designs.length === 0 || others.length === 0) return '';
  const [x, y] = (['x', 'y'] as const).map((axis) => {
    const most = Math.max(...designs.map((point) => point[axis]));
    return figure(Math.min(...others.map((point) => point[axis])) / most);
  });
  return `Even the best Map takes ${x} times the bytes and ${y} times the time of the design that takes the most.`;
}
