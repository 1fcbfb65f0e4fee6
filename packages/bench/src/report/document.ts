import {
  comparison,
  figure,
  measuredText,
  multiple,
  paramsText,
  percent,
  remarkLines,
  spread,
  times,
} from '../format.ts';
import type { Noise } from '../noise.ts';
import { COUNTED } from '../observe/counted.ts';
import { cellsOf, type Factor, type Pair, type Result } from '../results.ts';
import type { Scenario } from '../scenario.ts';
import { SCENARIOS } from '../scenarios/index.ts';
import { barChart, type Chart, lineChart, type Series } from './charts.ts';
import { findingOf, growthOf, wordsOf } from './findings.ts';
import { type Report, unique } from './report.ts';

/** A piece of the report. Markdown and HTML are made from the same pieces; only HTML shows the charts. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly align: string;
    }
  | { readonly kind: 'chart'; readonly title: string; readonly caption: string; readonly svg: string };

/** The whole report, in reading order. */
export function documentOf(report: Report): Block[] {
  return [
    { kind: 'heading', level: 1, text: 'pidlab: lab report' },
    { kind: 'text', text: summaryOf(report).join('\n\n') },
    ...environmentBlocks(report),
    ...conformanceBlocks(report),
    ...replayBlocks(report),
    ...targetBlocks(report),
    ...countBlocks(report),
    ...SCENARIOS.flatMap((scenario) => scenarioBlocks(scenario, report)),
    ...methodBlocks(report),
  ];
}

/** What came out, in a few lines: also what the lab prints at its end. */
export function summaryOf(report: Report): string[] {
  const passed = report.conformance.reduce((sum, entry) => sum + entry.passed, 0);
  const failed = report.conformance.reduce((sum, entry) => sum + entry.failed, 0);
  const replayed = report.replay.filter(({ status }) => status === 'passed').length;
  const count = (verdict: string): number => report.targets.filter((target) => target.verdict === verdict).length;
  const missing = report.results.filter(({ status }) => status === 'cut' || status === 'failed').length;
  return [
    `Conformance: ${passed.toLocaleString('en')} clauses kept, ${failed.toLocaleString('en')} not.`,
    `Replay of recorded builds: ${replayed} of ${report.replay.length} as the kernel did it.`,
    `Goals: ${count('met')} met, ${count('missed')} missed, ${count('at the limit')} at the limit, ${count('too few rounds')} with too few rounds, ${count('not measured')} not measured.`,
    ...(report.noise ? [noiseText(report.noise)] : []),
    ...(missing > 0 ? [`${missing} rows of the benchmark have no number; the tables say why.`] : []),
  ];
}

function noiseText({ factor, cells }: Noise): string {
  return `Noise of this run: a strategy and its twin differed by ${percent(factor)} or less in 19 of 20 cells (${cells} in all); smaller differences are printed as ~.`;
}

function environmentBlocks({ environment: e }: Report): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'Where this was measured' },
    {
      kind: 'table',
      head: ['', ''],
      align: 'll',
      rows: [
        ['machine', `${e.machine}, ${e.cores} cores, ${e.memoryGiB} GiB`],
        ['processor', e.cpu],
        ['runtime', `Node ${e.runtime.node}, V8 ${e.runtime.v8}`],
        ['C compiler', e.compiler ?? 'not asked for'],
        ['commit', e.commit],
        ['seed', String(e.seed)],
        ['date', e.date],
      ],
    },
  ];
}

function conformanceBlocks({ conformance }: Report): Block[] {
  const strategies = unique(conformance, (entry) => entry.strategy);
  const failures = conformance.flatMap((entry) =>
    entry.failures.map((failure) => ({ ...failure, strategy: entry.strategy })),
  );
  return [
    { kind: 'heading', level: 2, text: 'Do the strategies keep the contract?' },
    {
      kind: 'text',
      text: 'Clauses of the conformance suite that each strategy kept, by chapter: in the root, and again one level down.',
    },
    {
      kind: 'table',
      head: ['chapter', ...strategies],
      align: `l${'r'.repeat(strategies.length)}`,
      rows: unique(conformance, (entry) => entry.chapter).map((chapter) => [
        chapter,
        ...strategies.map((strategy) => {
          const entry = conformance.find((e) => e.chapter === chapter && e.strategy === strategy);
          if (!entry) return '';
          return entry.failed > 0 ? `${entry.failed} of ${entry.passed + entry.failed} FAILED` : `${entry.passed} kept`;
        }),
      ]),
    },
    ...failures.map(
      ({ strategy, clause, scope, message }): Block => ({
        kind: 'text',
        text: `**${strategy} does not keep ${clause}** (${scope}): ${code(message)}`,
      }),
    ),
  ];
}

function replayBlocks({ replay }: Report): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'Do they give the numbers that a real kernel gave?' },
    {
      kind: 'text',
      text: 'The recorded process trees of real builds, replayed event by event. Every number is checked to be unused; where the trace allows to know the next number, it must be the kernel’s.',
    },
    {
      kind: 'table',
      head: [
        'trace',
        'strategy',
        'level',
        'outcome',
        'events',
        'numbers given',
        'alive at once',
        'order checked',
        'as the kernel',
      ],
      align: 'lllllrrrr'.replace('lllll', 'llrlr'),
      rows: replay.map((entry) => [
        entry.trace,
        entry.strategy,
        String(entry.level),
        entry.status === 'passed' ? 'passed' : `FAILED: ${code(entry.message ?? '')}`,
        ...[entry.events, entry.allocations, entry.maxAlive, entry.orderChecked, entry.orderFollowed].map((n) =>
          n.toLocaleString('en'),
        ),
      ]),
    },
  ];
}

function targetBlocks({ targets }: Report): Block[] {
  const strategies = unique(targets, (target) => target.strategy);
  return [
    { kind: 'heading', level: 2, text: 'Does it reach what it set out to reach?' },
    {
      kind: 'text',
      text: 'Met or missed where the whole interval says so; at the limit where an equivalence test shows that it is within 5 % of it; too few rounds where neither could be shown in the time there was. All at level 0 unless said otherwise.',
    },
    {
      kind: 'table',
      head: ['goal', ...strategies],
      align: `l${'l'.repeat(strategies.length)}`,
      rows: unique(targets, ({ target }) => target).map((target) => [
        target,
        ...strategies.map((strategy) => {
          const found = targets.find((t) => t.target === target && t.strategy === strategy);
          return found ? `**${found.verdict}** ${measuredText(found)}`.trim() : '';
        }),
      ]),
    },
  ];
}

function countBlocks({ counts }: Report): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'What does one call do to memory?' },
    {
      kind: 'text',
      text: 'Counted, not timed: the mean of 200 calls among 1,000 live pids. Chain: the most reads that had to wait for one another.',
    },
    {
      kind: 'table',
      head: ['strategy', 'call', 'level', 'block', 'words read', 'words written', 'lines', 'atomic', 'chain'],
      align: 'llrlrrrrr',
      rows: counts.map(({ strategy, operation, level, mode, ...counted }) => [
        strategy,
        operation,
        String(level),
        mode,
        ...COUNTED.map((name) => String(Number(counted[name].toFixed(1)))),
      ]),
    },
  ];
}

/** What the cells say that are measured for each other's sake. */
function pairBlocks(pairs: readonly Pair[]): Block[] {
  if (pairs.length === 0) return [];
  const lines = pairs.map(
    ({ goal, verdict, ...pair }) => `- ${pairText(pair)}${goal ? ` (${goal}: **${verdict}**)` : ''}`,
  );
  return [{ kind: 'text', text: lines.join('\n') }];
}

/** What a pair says, in a sentence. */
export function pairText({ strategy, common, against, factor, isGain }: Pair): string {
  const words = isGain ? 'as fast' : 'the time';
  return `${strategy}, ${paramsText(common)}: ${against}, ${times(factor.value)} ${words} ${spread(factor)}`.trim();
}

function scenarioBlocks(scenario: Scenario, { results: all, pairs, noise }: Report): Block[] {
  const results = all.filter((result) => result.scenario === scenario.id);
  if (results.length === 0) return [];
  const [less, more] = wordsOf(scenario);
  return [
    { kind: 'heading', level: 2, text: `${scenario.id}: ${scenario.question}` },
    {
      kind: 'text',
      text: `${scenario.measures} per ${scenario.unit}; less is better. Timed: ${scenario.timed}. Not timed: ${scenario.notTimed}.`,
    },
    ...pairBlocks(pairs.filter((pair) => pair.scenario === scenario.id)),
    ...chartBlocks(scenario, results, noise),
    ...cellsOf(results).flatMap((cell): Block[] => [
      { kind: 'heading', level: 3, text: paramsText(cell[0].params) || 'as it is' },
      {
        kind: 'table',
        head: [
          '',
          'median',
          'interval',
          'p99',
          'against the best baseline',
          'floor',
          'native C',
          'fastest design',
          'rounds',
        ],
        align: 'lrlrllllr',
        rows: cell.map((result) => [
          result.kind === 'strategy' ? `**${result.strategy}**` : result.strategy,
          result.median === undefined ? result.status : figure(result.median),
          spread(result),
          result.p99 === undefined ? '' : figure(result.p99),
          result.vsBaseline ? `${comparison(result.vsBaseline, noise, less, more)} (${result.vsBaseline.against})` : '',
          multiple(result.vsFloor),
          multiple(result.vsNative),
          result.vsFastest
            ? `${comparison(turned(result.vsFastest), noise, less, more)} (${result.vsFastest.against})`
            : '',
          String(result.rounds.length),
        ]),
      },
    ]),
    {
      kind: 'text',
      text: remarkLines(results)
        .map((remark) => `- ${remark}`)
        .join('\n'),
    },
  ];
}

/** A factor of time as one of speed. */
function turned(factor: Factor): Factor {
  const ends = ([low, high]: readonly [number, number]): [number, number] => [1 / high, 1 / low];
  return {
    ...factor,
    value: 1 / factor.value,
    range: ends(factor.range),
    ...(factor.ci ? { ci: ends(factor.ci) } : {}),
  };
}

/** Charts of a scenario: growth with live pids where there is any, bars for the rest, factors for strategies. */
function chartBlocks(scenario: Scenario, results: readonly Result[], noise: Noise | undefined): Block[] {
  const measured = results.filter((result) => result.median !== undefined);
  if (measured.length === 0) return [];
  // A twin is drawn nowhere: it is a strategy's line once more.
  const subjects = unique(
    results.filter(({ kind }) => kind !== 'twin'),
    (result) => result.strategy,
  );
  const kindOf = (name: string): Series['kind'] =>
    results.find((result) => result.strategy === name)?.kind ?? 'baseline';
  const seriesOf = (
    at: readonly (readonly Result[])[],
    value: (result: Result) => { value: number; ci?: Result['ci'] } | undefined,
  ): Series[] =>
    subjects
      .map((name, colour) => ({
        name,
        kind: kindOf(name),
        colour,
        data: at.map((cell) => {
          const result = cell.find(({ strategy }) => strategy === name);
          const found = result && value(result);
          return found && { value: found.value, ...(found.ci ? { ci: found.ci } : {}) };
        }),
      }))
      .filter((series) => series.data.some((datum) => datum !== undefined));
  const median = (result: Result): { value: number; ci?: Result['ci'] } | undefined =>
    result.median === undefined ? undefined : { value: result.median, ...(result.ci ? { ci: result.ci } : {}) };

  const blocks: Block[] = [];
  const valueName = `${scenario.measures} per ${scenario.unit}`;
  // Cells that differ in nothing but the number of live pids make one line chart.
  const families = new Map<string, Result[][]>();
  for (const cell of cellsOf(measured)) {
    const { live: _, ...rest } = cell[0].params;
    const key = JSON.stringify(rest);
    families.set(key, [...(families.get(key) ?? []), cell]);
  }
  const lone: Result[][] = [];
  for (const [key, family] of families) {
    const rest = paramsText(JSON.parse(key));
    if (family.length < 2 || family[0][0].params.live === undefined) {
      lone.push(...family);
      continue;
    }
    const largest = family[family.length - 1];
    const chart: Chart = {
      places: family.map((cell) => Number(cell[0].params.live)),
      placeName: 'live pids',
      valueName,
      series: seriesOf(family, median),
      log: true,
    };
    const best = largest.filter(({ kind }) => kind === 'strategy').sort((a, b) => (a.median ?? 0) - (b.median ?? 0))[0];
    const growth = best ? growthOf(family.flat().filter(({ strategy }) => strategy === best.strategy)) : '';
    blocks.push({
      kind: 'chart',
      title: `${scenario.question} By number of live pids${rest ? ` (${rest})` : ''}`,
      caption: `Both axes are logarithmic; lower is better. ${growth} ${findingOf(scenario, largest, noise)}`,
      svg: lineChart(chart),
    });
    const compared = family.filter((cell) => cell.some(({ vsBaseline }) => vsBaseline));
    const factors = seriesOf(
      compared,
      ({ vsBaseline }) => vsBaseline && { value: vsBaseline.value, ...(vsBaseline.ci ? { ci: vsBaseline.ci } : {}) },
    );
    const last = compared.at(-1) ?? [];
    if (factors.length > 0)
      blocks.push({
        kind: 'chart',
        title: `How many times ${wordsOf(scenario)[0] === 'faster' ? 'as fast as' : 'less than'} the best JavaScript baseline is each strategy?${rest ? ` (${rest})` : ''}`,
        caption: `Against the best baseline that does the same work; 1 is equal, higher is better, and lines are 95 % intervals. ${last
          .filter(({ vsBaseline }) => vsBaseline)
          .map((result) => `${result.strategy}: ${comparison(result.vsBaseline, noise, ...wordsOf(scenario))}`)
          .join('; ')} at ${Number(last[0].params.live).toLocaleString('en')} live.`,
        svg: barChart({
          places: compared.map((cell) => `${Number(cell[0].params.live).toLocaleString('en')} live`),
          placeName: '',
          valueName: 'times the best baseline',
          series: factors,
          log: false,
        }),
      });
  }
  if (lone.length > 0) {
    const values = lone.flat().map((result) => result.median ?? 0);
    // Where most bars would be too small to see, a logarithmic axis shows them all.
    const log = Math.max(...values) > 20 * Math.max(Math.min(...values), 1e-3) && Math.min(...values) > 0.01;
    blocks.push({
      kind: 'chart',
      title: scenario.question,
      caption: `${log ? 'The axis is logarithmic; lower' : 'Lower'} is better; lines are 95 % intervals. ${findingOf(scenario, lone[0], noise)}`,
      svg: barChart({
        places: lone.map((cell) => paramsText(cell[0].params) || 'as it is'),
        placeName: '',
        valueName,
        series: seriesOf(lone, median),
        log,
      }),
    });
  }
  return blocks;
}

function methodBlocks({ environment }: Report): Block[] {
  return [
    { kind: 'heading', level: 2, text: 'How it was measured' },
    {
      kind: 'text',
      text: [
        `- Mode \`${environment.mode}\`. Each row of each cell runs in fresh processes, one at a time. A round goes through all cells, and in each cell through all rows in an order of its own, so that drift hits all alike.`,
        '- A sample is the mean of hundreds to thousands of operations; p99 is that of samples, not of single operations.',
        '- The median of a row is the geometric mean of the medians of its rounds. Factors are taken within a round. Intervals are on logarithms, over rounds, by a moderated t: the spread of each comparison is drawn towards the one that its scenario has in common.',
        '- Every row gets two rounds; then only the rows that an open question needs get more. Questions are looked at after 2, 3, 5, 8 and 12 rounds; each look may err once in a hundred, so all together five times at most.',
        '- Choices are tables of a million draws and more, so that no processor learns them by heart. The size of the environment and of what lies in the heap differs between processes.',
        '- The garbage collector runs before the clock starts. What the operations of a baseline allocate is collected while it is timed, as it would be in use; `gcShare` of each round in the JSON file says how much of the time that took. All processes run with the same flags.',
        '- The number table is aged before anything is timed: an eighth of the pids, drawn at random, has been replaced by later ones.',
        '- Baselines: `map` is a `Map` of objects and a cyclic counter in each namespace, and for `fork-exit-wait` a process table of classes and Maps; `gvisor` has maps both ways; `number-allocator` and `idgen` are npm packages beside a `Map`; `floor` does the bare memory operations and is nothing that anybody could use; `native C` is the same structure as a C program; `twin` is a strategy once more.',
      ].join('\n'),
    },
  ];
}

function code(text: string): string {
  return `\`${text.replaceAll('`', '’').replace(/\s+/g, ' ').slice(0, 500)}\``;
}
