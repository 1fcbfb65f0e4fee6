import { figure } from '../../format.ts';
import type { Result } from '../../results.ts';
import type { Params } from '../../scenario.ts';
import type { Cell, Row, Table } from '../blocks.ts';
import { cellId } from '../ids.ts';
import { type Report, unique } from '../report.ts';
import { cellAt, isMeasured, standingOf } from './cells.ts';

/** A line of the map: a cell of the benchmark, in words that need no explanation. */
interface Line {
  readonly name: string;
  readonly scenario: string;
  readonly params: Params;
}

const FEW = { live: 32_000 };
const MANY = { live: 1_000_000 };

/** What people do with pids, in the order in which they care. */
const GROUPS: readonly (readonly [title: string, lines: readonly Line[]])[] = [
  [
    'Time, in ns',
    [
      { name: 'End a pid and make another', scenario: 'churn', params: { ...FEW, level: 0, order: 'random' } },
      { name: '… among a million', scenario: 'churn', params: { ...MANY, level: 0, order: 'random' } },
      { name: '… in a container', scenario: 'churn', params: { ...FEW, level: 1, order: 'random' } },
      { name: '… three containers deep', scenario: 'churn', params: { ...FEW, level: 3, order: 'random' } },
      { name: 'Find a pid by its number', scenario: 'lookup-hit', params: { ...FEW, level: 0 } },
      { name: '… among a million', scenario: 'lookup-hit', params: { ...MANY, level: 0 } },
      { name: '… in a container', scenario: 'lookup-hit', params: { ...FEW, level: 1 } },
      { name: 'Learn that nobody has a number', scenario: 'lookup-miss', params: { ...FEW, level: 0 } },
      { name: 'Tell a pid’s number in its container', scenario: 'translate', params: { view: 'own' } },
      { name: 'List all, for each', scenario: 'list', params: { ...FEW, level: 0 } },
      { name: 'Open and close a container', scenario: 'namespace', params: {} },
      { name: 'Fork and exit, with tasks', scenario: 'fork-exit', params: { ...FEW, level: 0 } },
      { name: 'Fork, exit and wait, whole table', scenario: 'fork-exit-wait', params: { live: 10_000, level: 0 } },
      { name: 'Replay a recorded build, for each event', scenario: 'replay', params: { trace: 'c-build' } },
      {
        name: 'Two threads, one namespace',
        scenario: 'workers-throughput',
        params: { namespaces: 'same', workers: 2 },
      },
    ],
  ],
  [
    'Memory',
    [
      { name: 'Bytes a pid', scenario: 'memory', params: { ...MANY, level: 0, by: 'stats' } },
      { name: 'Bytes a pid in a container', scenario: 'memory', params: { ...MANY, level: 1, by: 'stats' } },
      { name: 'Pages of an empty container', scenario: 'namespace-memory', params: { pids: 0 } },
    ],
  ],
];

/** Scenario by design: the number, how it stands to the best design of the line, in words and as a colour. */
export function heatMapOf({ results, noise }: Report): Table {
  const designs = unique(
    results.filter(({ kind }) => kind === 'strategy'),
    ({ strategy }) => strategy,
  );
  const columns = [...designs, MAP].filter((name) => results.some(({ strategy }) => strategy === name));
  const rows = GROUPS.flatMap(([title, lines]): Row[] => {
    const found = lines.flatMap((line) => {
      const cell = cellAt(results, line.scenario, line.params);
      return cell ? [rowOf(line, cell)] : [];
    });
    return found.length === 0 ? [] : [{ isGroup: true, cells: [title] }, ...found];
  });
  return {
    kind: 'table',
    caption:
      'Less is better. Under each number: how many times the best design of its line it is; “same” where that is no more than one process differs from the next, “?” where the rounds were too few to be certain. The last column is what a program without a library would use: a Map in each namespace.',
    columns: [
      { head: 'what', align: 'l' },
      ...columns.map((name) => ({ head: name === MAP ? 'a Map' : name, align: 'r' as const, subject: name })),
    ],
    rows,
    look: 'heat',
  };

  function rowOf({ name, scenario }: Line, cell: readonly Result[]): Row {
    const { params } = cell[0];
    return {
      id: `heat-${cellId(scenario, params)}`,
      cells: [
        { text: [{ text: name, to: `#${cellId(scenario, params)}` }] },
        ...columns.map((subject) => heatCell(subject, cell)),
      ],
    };
  }

  function heatCell(subject: string, cell: readonly Result[]): Cell {
    const row = cell.find(({ strategy }) => strategy === subject);
    if (!row || !isMeasured(row)) return { text: '–', ...whyNot(row), subject };
    const standing = standingOf(row, cell, noise);
    if (!standing) return { text: figure(row.median), subject };
    const { word: note, heat, unsure } = standing;
    return { text: figure(row.median), note, heat, unsure, subject };
  }
}

const MAP = 'map';

/** In a word, where there is more to it than that it was left out; the rows of the scenario have the reason. */
function whyNot(row: Result | undefined): Pick<Cell, 'note'> {
  if (row?.reason?.includes('deep')) return { note: 'not that deep' };
  return row?.status === 'cut' || row?.status === 'failed' ? { note: row.status } : {};
}
