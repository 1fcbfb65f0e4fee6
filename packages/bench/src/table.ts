import Table from 'cli-table3';
import {
  asideLines,
  comparison,
  figure,
  measuredText,
  paramsText,
  percent,
  remarkLines,
  remarks,
  spread,
  times,
  wordsOf,
} from './format.ts';
import type { Noise } from './noise.ts';
import { COUNTED, type Count } from './observe/counted.ts';
import { type Document, unique } from './report/report.ts';
import { cellsOf, type Findings, type Pair, type Result, type Target } from './results.ts';
import { scenarioOf } from './scenarios/index.ts';

/** Everything as text: a table for each scenario, then the goals. As wide as the terminal, 80 columns at least. */
export function tables(findings: Findings, columns: number = terminalColumns()): string {
  const { results, pairs, noise } = findings;
  return [
    ...unique(results, (result) => result.scenario).map((id) =>
      scenarioText(
        id,
        {
          results: results.filter((result) => result.scenario === id),
          pairs: pairs.filter(({ scenario }) => scenario === id),
        },
        noise,
        columns,
      ),
    ),
    goalText(findings.targets, columns),
    noiseText(noise, columns),
  ]
    .filter(Boolean)
    .join('\n');
}

/** Of the terminal; where there is none, as wide as a log may be. */
export function terminalColumns(): number {
  const columns = process.stdout.columns ?? (Number(process.env.COLUMNS) || 120);
  return Math.max(80, Math.min(columns, 140));
}

/** A column: what stands above it, its share of the width, and what it says of a row. */
interface Column {
  readonly head: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  of(result: Result): string;
}

function columnsOf(scenarioId: string, noise: Noise | undefined, columns: number): Column[] {
  const words = wordsOf(scenarioOf(scenarioId));
  const isWide = columns >= 110;
  const short = (result: Result): string => (result.vsBaseline ? comparison(result.vsBaseline, noise, ...words) : '');
  const all: Column[] = [
    { head: '', width: 18, align: 'left', of: (r) => `  ${r.strategy}${remarks(r).length > 0 ? ' *' : ''}` },
    { head: 'median', width: 10, align: 'right', of: (r) => (r.median === undefined ? r.status : figure(r.median)) },
    { head: 'interval', width: 17, align: 'left', of: spread },
    ...(isWide
      ? [
          {
            head: 'p99',
            width: 8,
            align: 'right' as const,
            of: (r: Result) => (r.p99 === undefined ? '' : figure(r.p99)),
          },
        ]
      : []),
    {
      head: 'best baseline',
      width: isWide ? 27 : 14,
      align: 'left',
      of: isWide ? short : (r) => withoutSpread(short(r)),
    },
    {
      head: 'floor',
      width: isWide ? 17 : 8,
      align: 'left',
      of: ({ vsFloor: f }) => (f ? `${times(f.value)} ${isWide ? spread(f) : ''}` : ''),
    },
    {
      head: isWide ? 'native C' : 'C',
      width: isWide ? 17 : 8,
      align: 'left',
      of: ({ vsNative: f }) => (f ? `${times(f.value)} ${isWide ? spread(f) : ''}` : ''),
    },
  ];
  return all;
}

/** `6.2× faster`, without the interval behind it. */
function withoutSpread(text: string): string {
  return text.replace(/ [[\d(].*$/, '');
}

function scenarioText(
  id: string,
  { results, pairs }: Pick<Findings, 'results' | 'pairs'>,
  noise: Noise | undefined,
  width: number,
): string {
  const scenario = scenarioOf(id);
  const columns = columnsOf(id, noise, width);
  const table = newTable(columns);
  for (const cell of cellsOf(results)) {
    const best = cell.find((result) => result.vsBaseline)?.vsBaseline?.against;
    const title = `${paramsText(cell[0].params) || 'as it is'}${best ? ` (best baseline: ${best})` : ''}`;
    table.push([{ colSpan: columns.length, content: title }]);
    for (const result of cell) table.push(columns.map((column) => column.of(result).trimEnd()));
  }
  return [
    '',
    ...wrapped(`${scenario.id}: ${scenario.question}`, width),
    ...wrapped(`${scenario.measures} per ${scenario.unit}. Timed: ${scenario.timed}.`, width),
    textOf(table),
    ...pairTable(pairs, width),
    ...asideLines(results).flatMap((line) => wrapped(line, width)),
    ...remarkLines(results).flatMap((line) => wrapped(`* ${line}`, width)),
    '',
  ].join('\n');
}

/** No lines but those of the text: a frame would cost ten columns. */
const PLAIN = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
};

function newTable(columns: readonly Omit<Column, 'of'>[]): Table.Table {
  return new Table({
    head: columns.map(({ head }) => head),
    colWidths: columns.map(({ width }) => width),
    colAligns: columns.map(({ align }) => align),
    chars: PLAIN,
    wordWrap: true,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
}

/** Without what would only be seen by whoever copies it. */
function textOf(table: Table.Table): string {
  return table.toString().replace(/ +$/gm, '');
}

/** Rows under the sentence that they are about. */
function groupTable(
  groups: readonly (readonly [sentence: string, rows: readonly string[][]])[],
  width: number,
): string {
  const columns = [
    { head: '', width: 20, align: 'left' as const },
    { head: '', width: 16, align: 'left' as const },
    { head: '', width: width - 38, align: 'left' as const },
  ];
  const table = newTable(columns);
  for (const [sentence, rows] of groups) {
    table.push([{ colSpan: columns.length, content: sentence }]);
    for (const row of rows) table.push(row);
  }
  // Without heads the first line is empty.
  return textOf(table).replace(/^\n/, '');
}

/** The cells that are measured for each other's sake, side by side, with the verdict; nothing where there are none. */
function pairTable(pairs: readonly Pair[], width: number): string[] {
  if (pairs.length === 0) return [];
  const sentenceOf = ({ common, against }: Pair): string => `${paramsText(common)}: ${against}`;
  const groups = unique(pairs, sentenceOf).map((sentence): [string, string[][]] => [
    sentence,
    pairs
      .filter((pair) => sentenceOf(pair) === sentence)
      .map(({ strategy, factor, goal, verdict }) => [
        `  ${strategy}`,
        verdict ?? '',
        `${times(factor.value)} ${spread(factor)}${goal ? ` (goal: ${goal})` : ''}`,
      ]),
  ]);
  return [groupTable(groups, width)];
}

function goalText(targets: readonly Target[], width: number): string {
  const measured = targets.filter(({ verdict }) => verdict !== 'not measured');
  if (measured.length === 0) return '';
  const groups = unique(measured, ({ target }) => target).map((goal): [string, string[][]] => [
    goal,
    measured
      .filter(({ target }) => target === goal)
      .map((target) => [`  ${target.strategy}`, target.verdict, measuredText(target).replace(/ against .*$/, '')]),
  ]);
  return `\nGoals\n\n${groupTable(groups, width)}\n`;
}

function noiseText(noise: Noise | undefined, width: number): string {
  if (!noise) return '';
  const text = `Noise: a strategy and its twin differed by ${percent(noise.factor)} or less in 19 of 20 cells (${noise.cells} in all); smaller differences are printed as ~.`;
  return `${wrapped(text, width).join('\n')}\n`;
}

/** How a run differs from an older one. */
export function baselineText({ baseline }: Pick<Document, 'baseline'>, width: number = terminalColumns()): string {
  if (!baseline) return '';
  const { environment, rows } = baseline;
  const changed = rows.filter(({ verdict }) => verdict === 'faster' || verdict === 'slower');
  const table = newTable([
    { head: 'scenario', width: width - 17 - 9 - 9 - 8 - 16 - 9 - 6, align: 'left' },
    { head: '', width: 17, align: 'left' },
    { head: 'then', width: 9, align: 'right' },
    { head: 'now', width: 9, align: 'right' },
    { head: 'factor', width: 8, align: 'right' },
    { head: 'interval', width: 16, align: 'left' },
    { head: '', width: 9, align: 'left' },
  ]);
  for (const { scenario, params, strategy, before, now, factor, ci, verdict } of changed)
    table.push([
      `${scenario} ${paramsText(params)}`,
      strategy,
      figure(before),
      figure(now),
      times(factor),
      spread({ ci }),
      verdict,
    ]);
  const head = `Against ${environment.commit.slice(0, 12)} of ${environment.date.slice(0, 10)}: ${changed.length} of ${rows.length} rows differ (99 % intervals; about one in a hundred differs by chance).`;
  return `${[...wrapped(head, width), ...(changed.length > 0 ? [textOf(table)] : [])].join('\n')}\n`;
}

/** What each call does to memory. */
export function countTable(counts: readonly Count[]): string {
  const table = newTable([
    { head: 'per call', width: 16, align: 'left' },
    { head: '', width: 11, align: 'left' },
    { head: 'level', width: 6, align: 'right' },
    { head: 'block', width: 7, align: 'left' },
    ...['reads', 'writes', 'lines', 'atomic', 'chain'].map((head) => ({ head, width: 6, align: 'right' as const })),
  ]);
  for (const { strategy, operation, level, mode, ...counted } of counts)
    table.push([
      strategy,
      operation,
      String(level),
      mode,
      ...COUNTED.map((name) => String(Number(counted[name].toFixed(1)))),
    ]);
  const legend =
    'Words read and written, lines of 64 bytes touched, and atomic operations: the mean of 200 calls among 1,000 live pids. Chain: the most reads that had to wait for one another.';
  return `${textOf(table)}\n\n${wrapped(legend, terminalColumns()).join('\n')}\n`;
}

/** Words in lines of at most so many columns. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `  ${word}`;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}
