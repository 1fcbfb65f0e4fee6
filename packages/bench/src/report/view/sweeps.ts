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
      answer: answerOf(report),
      blocks: [{ kind: 'charts', charts: sweeps.map((sweep) => chartOf(sweep, report)) }],
    },
  ];
}

/** The steepest curve of a design. */
function answerOf({ sweeps, traits }: Report): string {
  const curves = sweeps.flatMap(({ title, unit, series }) =>
    series.flatMap(({ strategy, points }) => {
      const [first, last] = [points[0], points[points.length - 1]];
      return strategy in traits && first && first[1] > 0
        ? [{ title, unit, strategy, first, last, growth: last[1] / first[1] }]
        : [];
    }),
  );
  if (curves.length === 0) return `${sweeps.length} pictures.`;
  const steepest = curves.reduce((most, each) => (each.growth > most.growth ? each : most));
  const { title, unit, strategy, first, last } = steepest;
  return `${sweeps.length} pictures. The steepest curve is that of “${title}”: ${strategy} goes from ${figure(first[1])} to ${figure(last[1])} (${unit}).`;
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
      x: { name: x, scale: isLog ? 'log' : isCrowded(places) ? 'even' : 'linear', places },
      y: { name: unit, scale: isWide(values) ? 'log' : 'linear' },
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

/** Whether some places would be one upon the other where others are far apart: 99, 99.9 and 99.99 %. */
function isCrowded(places: readonly number[]): boolean {
  const gaps = places.slice(1).map((place, i) => place - places[i]);
  return places.length < 16 && Math.min(...gaps) < (places[places.length - 1] - places[0]) / 30;
}

/** Whether values are so far apart that a logarithmic axis has to show them. */
function isWide(values: readonly number[]): boolean {
  return Math.min(...values) > 0 && Math.max(...values) > 15 * Math.min(...values);
}
