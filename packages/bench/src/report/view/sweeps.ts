import type { Sweep } from '../../claims/sweep.ts';
import { figure } from '../../format.ts';
import type { Chart, Section } from '../blocks.ts';
import { lineChart } from '../charts.ts';
import { type Report, unique } from '../report.ts';
import { colourOf } from './colours.ts';

/** Where a curve says more than a point. */
export function sweepSections(report: Report): Section[] {
  const { sweeps } = report;
  if (sweeps.length === 0) return [];
  return [
    {
      kind: 'section',
      id: 'sweeps',
      title: 'How the cost grows',
      answer: sweeps[0].answer,
      blocks: [{ kind: 'charts', charts: sweeps.map((sweep) => chartOf(sweep, report)) }],
    },
  ];
}

function chartOf({ id, title, x, unit, isLog, series, answer, exact }: Sweep, { results }: Report): Chart {
  const places = unique(
    series.flatMap(({ points }) => points),
    ([place]) => place,
  ).sort((a, b) => a - b);
  const names = series.map(({ strategy }) => strategy);
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  return {
    kind: 'chart',
    id: `sweep-${id}`,
    title,
    finding: `${answer} ${exact ? 'Counted, so the same every time.' : 'Lower is better.'}`,
    svg: lineChart({
      x: { name: x, isLog, ...(places.length <= 8 ? { places } : {}) },
      y: { name: unit, isLog: isWide(values) },
      series: series.map(({ strategy, points }) => ({
        name: strategy,
        kind: results.find((result) => result.strategy === strategy)?.kind ?? 'baseline',
        colour: colourOf(strategy, results, names),
        data: points.map(([place, y]) => ({ x: place, y })),
      })),
    }),
    table: {
      kind: 'table',
      caption: `${title}, ${unit}`,
      columns: [
        { head: x, align: 'r' },
        ...series.map(({ strategy }) => ({ head: strategy, align: 'r' as const, subject: strategy })),
      ],
      rows: places.map((place) => ({
        cells: [
          place.toLocaleString('en'),
          ...series.map(({ strategy, points }) => {
            const point = points.find(([at]) => at === place);
            return { text: point ? figure(point[1]) : '–', subject: strategy };
          }),
        ],
      })),
    },
  };
}

/** Whether values are so far apart that a logarithmic axis has to show them. */
function isWide(values: readonly number[]): boolean {
  return Math.min(...values) > 0 && Math.max(...values) > 15 * Math.min(...values);
}
