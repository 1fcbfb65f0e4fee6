import { figure, times } from '../format.ts';
import type { Params } from '../scenario.ts';
import { type Findings, View } from './view.ts';

/** A curve for each strategy. */
export interface Sweep {
  readonly id: string;
  readonly title: string;
  /** What the horizontal axis is: `live pids`. */
  readonly x: string;
  readonly unit: string;
  /** Whether both axes are better logarithmic. */
  readonly isLog: boolean;
  /** Whether it was counted, and is the same on any machine. */
  readonly exact: boolean;
  readonly series: readonly SweepSeries[];
  /** One sentence with the figure in it. */
  readonly answer: string;
}

/** One curve. */
interface SweepSeries {
  /** Whose: a strategy, a baseline, or what else was counted. */
  readonly strategy: string;
  readonly points: readonly Point[];
}

type Point = readonly [x: number, y: number];

/** Curves of what was counted: a survey, its parameter for the horizontal axis, and a value. */
interface Counted extends Pick<Sweep, 'id' | 'title' | 'x' | 'unit' | 'isLog'> {
  readonly survey: string;
  readonly param: string;
  readonly value: string;
  readonly where?: Params;
  /** One word for the value, for the sentence: `words`. */
  readonly of: string;
}

const COUNTED: readonly Counted[] = [
  {
    id: 'occupancy',
    title: 'What an allocation reads when ever more numbers are taken',
    x: 'numbers taken, %',
    unit: 'words read by allocPid',
    isLog: false,
    survey: 'occupancy',
    param: 'percent',
    value: 'words',
    of: 'words',
  },
  {
    id: 'search',
    title: 'What a new number costs by the number of tasks: a bitmap, and the search of before 2002',
    x: 'tasks',
    unit: 'words read, or tasks looked at',
    isLog: true,
    survey: 'search',
    param: 'tasks',
    value: 'looked',
    of: 'looks',
  },
  {
    id: 'freeing',
    title: 'What freeing does to memory when there are ever more pids',
    x: 'live pids',
    unit: 'words read and written by freePid',
    isLog: true,
    survey: 'free',
    param: 'live',
    value: 'words',
    of: 'words',
  },
  {
    id: 'levels',
    title: 'What one more level costs an allocation',
    x: 'level',
    unit: 'words read and written by allocPid',
    isLog: false,
    survey: 'levels',
    param: 'level',
    value: 'allocWords',
    of: 'words',
  },
  {
    id: 'levels-find',
    title: 'What one more level costs a look-up',
    x: 'level',
    unit: 'words read by findPidNs',
    isLog: false,
    survey: 'levels',
    param: 'level',
    value: 'findWords',
    of: 'words',
  },
  {
    id: 'namespaces',
    title: 'What a namespace with one pid takes, by how many there are',
    x: 'namespaces',
    unit: 'bytes for each namespace',
    isLog: true,
    survey: 'namespaces',
    param: 'namespaces',
    value: 'bytes',
    of: 'bytes',
  },
  {
    id: 'share',
    title: 'What a process takes, by how many of all live in a container',
    x: 'processes in a container, %',
    unit: 'bytes for each process',
    isLog: false,
    survey: 'share',
    param: 'percent',
    value: 'bytes',
    of: 'bytes',
  },
  {
    id: 'table',
    title: 'What a look-up reads in the 4,096 hash slots of 2007',
    x: 'live pids',
    unit: 'words read by findPidNs',
    isLog: true,
    survey: 'hash',
    param: 'live',
    value: 'words',
    where: { hash: 'kernel' },
    of: 'words',
  },
  {
    id: 'access',
    title: 'How much memory look-ups touch, by how many go to the same one in a hundred pids',
    x: 'look-ups of the same few, %',
    unit: 'different lines of 64 bytes for each look-up',
    isLog: false,
    survey: 'access',
    param: 'percent',
    value: 'lines',
    of: 'lines',
  },
];

/** Curves of what was timed, by a parameter of the scenario. */
interface Timed extends Pick<Sweep, 'id' | 'title' | 'x'> {
  readonly scenario: string;
  readonly param: string;
  readonly where: Params;
}

const TIMED: readonly Timed[] = [
  {
    id: 'churn-live',
    title: 'What ending one pid and making another takes, by how many there are',
    x: 'live pids',
    scenario: 'churn',
    param: 'live',
    where: { order: 'random', level: 0 },
  },
  {
    id: 'lookup-live',
    title: 'What a look-up takes, by how many there are',
    x: 'live pids',
    scenario: 'lookup-hit',
    param: 'live',
    where: { level: 0 },
  },
  {
    id: 'lookup-skew-share',
    title: 'What a look-up takes, by how many go to the same one in a hundred pids',
    x: 'look-ups of the same few, %',
    scenario: 'lookup-skew',
    param: 'percent',
    where: { live: 1_000_000 },
  },
  {
    id: 'churn-levels',
    title: 'What ending one pid and making another takes, by level',
    x: 'level',
    scenario: 'churn',
    param: 'level',
    where: { order: 'random', live: 32_000 },
  },
];

/** Every curve that the report has points for: two at least. */
export function sweepsOf(report: Findings): Sweep[] {
  const view = new View(report);
  return [
    ...COUNTED.map((counted) => countedSweep(view, counted)),
    ...TIMED.map((timed) => timedSweep(view, timed)),
  ].filter(({ series }) => series.some(({ points }) => points.length > 1));
}

function countedSweep(view: View, counted: Counted): Sweep {
  const { survey, param, value, where = {}, of, ...head } = counted;
  const found = view
    .tallies(survey)
    .filter(({ params }) => Object.entries(where).every(([name, wanted]) => params[name] === wanted));
  const series = seriesOf(
    found.map(({ strategy, params, values }) => ({ strategy, x: Number(params[param]), y: values[value] })),
  );
  return { ...head, exact: true, series, answer: answerOf(series, head.x, of) };
}

function timedSweep(view: View, { scenario, param, where, ...head }: Timed): Sweep {
  const rows = view.report.results.filter(
    (row) =>
      row.scenario === scenario &&
      row.kind !== 'twin' &&
      row.median !== undefined &&
      Object.entries(where).every(([name, wanted]) => row.params[name] === wanted),
  );
  const series = seriesOf(
    rows.map(({ strategy, params, median }) => ({ strategy, x: Number(params[param]), y: median ?? 0 })),
  ).filter(({ points }) => points.length > 1);
  const unit = rows[0]?.unit ?? 'ns';
  return { ...head, unit, isLog: param === 'live', exact: false, series, answer: answerOf(series, head.x, 'ns') };
}

function seriesOf(points: readonly { strategy: string; x: number; y: number }[]): SweepSeries[] {
  const names = [...new Set(points.map(({ strategy }) => strategy))];
  return names.map((strategy) => ({
    strategy,
    points: points
      .filter((point) => point.strategy === strategy && Number.isFinite(point.y))
      .map(({ x, y }): Point => [x, y])
      .sort(([a], [b]) => a - b),
  }));
}

/** From where to where each curve goes: `hierarchical goes from 8 to 248 words (31×)`; curves that agree are named together. */
function answerOf(series: readonly SweepSeries[], x: string, of: string): string {
  const ways = new Map<string, string[]>();
  for (const { strategy, points } of series) {
    const [first, last] = [points.at(0), points.at(-1)];
    if (!first || !last || first === last) continue;
    const way = first[1] === last[1] ? `stay at ${figure(first[1])} ${of}` : wayOf(first, last, of);
    const key = `${way}, between ${first[0].toLocaleString('en')} and ${last[0].toLocaleString('en')}`;
    ways.set(key, [...(ways.get(key) ?? []), strategy]);
  }
  const parts = [...ways].map(([way, names]) => `${names.join(', ')}: ${way}`);
  return parts.length === 0 ? 'Nothing was counted or measured.' : `By ${x}: ${parts.join('; ')}.`;
}

function wayOf([, first]: Point, [, last]: Point, of: string): string {
  const factor = first > 0 && last > 0 ? ` (${times(last / first)})` : '';
  return `${figure(first)} to ${figure(last)} ${of}${factor}`;
}
