import { figure, times } from '../../format.ts';
import type { Noise } from '../../noise.ts';
import type { Result } from '../../results.ts';
import type { Params } from '../../scenario.ts';
import type { Inline, Span } from '../blocks.ts';
import { cellId } from '../ids.ts';
import type { Report } from '../report.ts';
import { amount, bestBaselineOf, cellAt, designsOf, standingOf } from './cells.ts';
import { claimsAnswer } from './claims.ts';
import { contractAnswer } from './conformance.ts';
import { listed } from './words.ts';

/** A question, and one sentence with the figure in it. */
type Answered = readonly [question: string, answer: Inline];

const CHURN = { live: 32_000, level: 0, order: 'random' };
const HIT = { live: 32_000, level: 0 };

/** What the report says, in as many sentences as there are questions. One that nothing was measured for is left out. */
export function answersOf(report: Report): Answered[] {
  const asked: readonly (readonly [question: string, answer: Inline | undefined])[] = [
    ['What does a pid cost?', race(report, 'churn', CHURN, 'To end a pid and make another, among 32,000,')],
    ['What does it cost to find one?', race(report, 'lookup-hit', HIT, 'To find a pid by its number, among 32,000,')],
    ['What does a container cost?', depth(report)],
    ['How much memory does a pid take?', memory(report)],
    ['Is it better than a Map?', overMap(report)],
    ['Do two threads get more done?', threads(report)],
    ['Were the designers right?', claimsAnswer(report)],
    ['Do all keep the same contract?', contractAnswer(report)],
  ];
  return asked.flatMap(([question, answer]): Answered[] => (answer === undefined ? [] : [[question, answer]]));
}

/** Who takes the least, and how the others stand to it. */
function race({ results, noise }: Report, scenario: string, params: Params, begin: string): Inline | undefined {
  const cell = cellAt(results, scenario, params);
  if (!cell) return undefined;
  const [best] = designsOf(cell);
  return [`${begin} `, { strong: best.strategy }, ` takes ${amount(best)}; ${othersOf(cell, noise)}. `, toCell(cell)];
}

/** `flat the same, as far as can be told; hierarchical perhaps 1.04× and idr 1.9× that`. */
export function othersOf(cell: readonly Result[], noise: Noise | undefined): string {
  const others = designsOf(cell)
    .slice(1)
    .map((row) => ({ name: row.strategy, standing: standingOf(row, cell, noise) }));
  const same = others.filter(({ standing }) => standing?.heat === 0 && !standing.unsure).map(({ name }) => name);
  const rest = others
    .filter(({ name }) => !same.includes(name))
    .map(
      ({ name, standing }) =>
        `${name} ${standing?.unsure ? `perhaps ${figure(standing.factor)}×` : times(standing?.factor ?? 1)}`,
    );
  const parts = [
    same.length > 0 ? `${listed(same)} the same, as far as can be told` : '',
    rest.length > 0 ? `${listed(rest)} that` : '',
  ];
  return parts.filter(Boolean).join('; ') || 'no other was measured';
}

/** A level down against the root, design by design, and as deep as it was measured. */
function depth({ results }: Report): Inline | undefined {
  const [root, one, three] = [0, 1, 3].map((level) => cellAt(results, 'churn', { ...CHURN, level }));
  if (!root || !one) return undefined;
  const at = (cell: readonly Result[]): string => {
    const found = designsOf(cell).flatMap(({ strategy, median }) => {
      const base = designsOf(root).find((row) => row.strategy === strategy);
      return base ? [{ strategy, factor: median / base.median }] : [];
    });
    return listed(
      found.sort((a, b) => a.factor - b.factor).map(({ strategy, factor }) => `${times(factor)} with ${strategy}`),
    );
  };
  return [
    `In one, to end a pid and make another takes ${at(one)} of what it takes in the root`,
    three ? `; three deep, ${at(three)}. ` : '. ',
    toCell(one),
  ];
}

function memory({ results }: Report): Inline | undefined {
  const [root, child] = [0, 1].map((level) => cellAt(results, 'memory', { live: 1_000_000, level, by: 'stats' }));
  if (!root) return undefined;
  const span = (cell: readonly Result[]): Span[] => {
    const designs = designsOf(cell);
    const [least, most] = [designs[0], designs[designs.length - 1]];
    return [
      `from ${figure(least.median)} bytes (`,
      { strong: least.strategy },
      `) to ${figure(most.median)} (${most.strategy})`,
    ];
  };
  const process = cellAt(results, 'memory', { live: 1_000_000, level: 0, by: 'process' });
  const map = process && bestBaselineOf(process);
  return [
    'All records, tables and bitmaps counted, among a million: ',
    ...span(root),
    ...(child ? ['; in a container ', ...span(child)] : []),
    map ? `. The leanest of Maps (${map.strategy}) takes ${figure(map.median)}. ` : '. ',
    toCell(root),
  ];
}

/** Against the best of what a program would use instead. */
function overMap({ results }: Report): Inline | undefined {
  const churn = cellAt(results, 'churn', CHURN);
  const hit = cellAt(results, 'lookup-hit', HIT);
  const [made, found] = [churn, hit].map((cell) => cell && spanOf(cell));
  if (!churn || !made) return undefined;
  return [
    `To end a pid and make another is ${made} as fast as with the best of them, depending on the design`,
    found ? `; to find one by its number, ${found}. ` : '. ',
    toCell(churn),
  ];
}

function spanOf(cell: readonly Result[]): string | undefined {
  const factors = designsOf(cell).flatMap(({ vsBaseline }) => (vsBaseline ? [vsBaseline.value] : []));
  if (factors.length === 0) return undefined;
  const [least, most] = [times(Math.min(...factors)), times(Math.max(...factors))];
  return least === most ? least : `${least} to ${most}`;
}

/** Where several sizes were measured, with the fewest pids. */
function threads({ pairs }: Report): Inline | undefined {
  const measured = pairs.filter(({ scenario, kind }) => scenario === 'workers-throughput' && kind === 'strategy');
  const live = Math.min(...measured.map(({ common }) => Number(common.live)));
  const of = (namespaces: string): string =>
    listed(
      measured
        .filter(({ common }) => common.live === live && common.namespaces === namespaces)
        .map(({ strategy, factor }) => `${times(factor.value)} with ${strategy}`),
    );
  const [own, same] = ['own', 'same'].map(of);
  if (!own || !same) return undefined;
  return [
    `Two of ${figure(live)} pids each, in namespaces of their own, get so many times as much done as one: ${own}; in the same namespace, ${same}. `,
    { text: 'Details', to: '#workers-throughput' },
  ];
}

function toCell(cell: readonly Result[]): Span {
  return { text: 'Details', to: `#${cellId(cell[0].scenario, cell[0].params)}` };
}
