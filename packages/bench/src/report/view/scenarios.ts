import { asideLines, comparison, figure, paramsText, remarkLines, spread, times, wordsOf } from '../../format.ts';
import type { Noise } from '../../noise.ts';
import { cellsOf, type Factor, type Pair, type Result } from '../../results.ts';
import type { Scenario } from '../../scenario.ts';
import { SCENARIOS } from '../../scenarios/index.ts';
import type { Block, Cell, Row, Section, Table } from '../blocks.ts';
import { cellId, rowId, slug } from '../ids.ts';
import type { Report } from '../report.ts';
import { othersOf } from './answers.ts';
import { amount, designsOf, perWhat, standingOf } from './cells.ts';
import { counted } from './words.ts';

/** Every scenario with every row. */
export function scenarioSection(report: Report): Section {
  const sections = SCENARIOS.flatMap((scenario) => sectionOf(scenario, report));
  const missing = report.results.filter(({ status }) => status === 'cut' || status === 'failed').length;
  return {
    kind: 'section',
    id: 'scenarios',
    title: 'Every scenario, every row',
    answer: `${counted(sections.length, 'scenario')}, ${counted(report.results.filter(({ median }) => median !== undefined).length, 'row')} with a number${missing > 0 ? `, ${missing} without: their tables say why` : ''}.`,
    blocks: sections,
  };
}

function sectionOf(scenario: Scenario, { results: all, pairs, noise }: Report): Section[] {
  const results = all.filter((result) => result.scenario === scenario.id);
  if (results.length === 0) return [];
  return [
    {
      kind: 'section',
      id: scenario.id,
      title: `${scenario.id}: ${scenario.question}`,
      answer: answerOf(results, noise),
      blocks: [
        {
          kind: 'text',
          text: `${scenario.measures} per ${scenario.unit}; less is better. Timed: ${scenario.timed}. Not timed: ${scenario.notTimed}.`,
        },
        ...pairBlocks(pairs.filter((pair) => pair.scenario === scenario.id)),
        ...asideLines(results).map((text): Block => ({ kind: 'text', text })),
        tableOf(scenario, results, noise),
        ...remarkBlocks(results),
      ],
    },
  ];
}

/** The first cell with 32,000 live pids, or the first at all. */
function answerOf(results: readonly Result[], noise: Noise | undefined): string {
  const cells = cellsOf(results).filter((cell) => designsOf(cell).length > 0);
  const cell = cells.find(([{ params }]) => params.live === 32_000) ?? cells[0];
  if (!cell) return 'No design was measured.';
  const [best] = designsOf(cell);
  const where = paramsText(best.params);
  return `${where ? `${where}: ` : ''}${best.strategy} takes ${amount(best)} per ${perWhat(best)}; ${othersOf(cell, noise)}.`;
}

const COLUMNS = [
  ['who', 'l'],
  ['median', 'r'],
  ['best design', 'r'],
  ['best baseline', 'l'],
  ['floor', 'r'],
  ['native C', 'r'],
  ['p99', 'r'],
  ['rounds', 'r'],
] as const;

function tableOf(scenario: Scenario, results: readonly Result[], noise: Noise | undefined): Table {
  const words = wordsOf(scenario);
  return {
    kind: 'table',
    caption: `${scenario.measures} per ${scenario.unit}, with the interval under it; then against the best design, the best baseline that does the same work, the floor, and native C. ~ is no more than noise, ? not certain, (+2) two rounds short of an interval.`,
    columns: COLUMNS.map(([head, align]) => ({ head, align })),
    rows: cellsOf(results).flatMap((cell): Row[] => [
      { id: cellId(scenario.id, cell[0].params), isGroup: true, cells: [paramsText(cell[0].params) || 'as it is'] },
      ...cell.filter(({ status }) => status !== 'left-out').map((result) => rowOf(result, cell, noise, words)),
    ]),
  };
}

function rowOf(
  result: Result,
  cell: readonly Result[],
  noise: Noise | undefined,
  words: readonly [less: string, more: string],
): Row {
  const { strategy, kind, scenario, params, median, p99, status, rounds, vsBaseline, vsFastest } = result;
  const standing = standingOf(result, cell, noise);
  return {
    id: rowId(scenario, params, strategy),
    subject: strategy,
    cells: [
      kind === 'strategy' ? [{ strong: strategy }] : strategy,
      withSpread(median === undefined ? status : figure(median), result),
      standing === undefined
        ? ''
        : {
            ...withSpread(standing.word, kind === 'strategy' ? vsFastest : undefined),
            ...(kind === 'strategy' ? { heat: standing.heat, unsure: standing.unsure } : {}),
          },
      vsBaseline ? { text: comparison(vsBaseline, noise, ...words), note: vsBaseline.against } : '',
      timesOf(result.vsFloor),
      timesOf(result.vsNative),
      p99 === undefined ? '' : figure(p99),
      String(rounds.length),
    ],
  };
}

/** A number with its interval under it. */
function withSpread(text: string, of: Parameters<typeof spread>[0] | undefined): Cell {
  const note = of && spread(of);
  return { text, ...(note ? { note } : {}) };
}

function timesOf(factor: Factor | undefined): Cell {
  return factor ? withSpread(times(factor.value), factor) : { text: '' };
}

/** What the cells say that are measured for each other's sake. */
function pairBlocks(pairs: readonly Pair[]): Block[] {
  if (pairs.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: `Cells that differ in one parameter only: ${pairs[0].isGain ? 'how many times as fast' : 'how many times the time'}.`,
      columns: [
        { head: 'who', align: 'l' },
        { head: 'where', align: 'l' },
        { head: 'factor', align: 'l' },
        { head: 'goal', align: 'l' },
      ],
      rows: pairs.map(({ strategy, common, against, factor, goal, verdict, scenario }) => ({
        id: `${rowId(scenario, common, strategy)}-${slug(against)}`,
        subject: strategy,
        cells: [
          strategy,
          [paramsText(common), against].filter(Boolean).join(': '),
          `${times(factor.value)} ${spread(factor)}`.trim(),
          goal ? `${goal}: ${verdict}` : '',
        ],
      })),
    },
  ];
}

function remarkBlocks(results: readonly Result[]): Block[] {
  const items = remarkLines(results);
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}
