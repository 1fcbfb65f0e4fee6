import { figure } from '../format.ts';
import type { Pair } from '../results.ts';
import { type Claim, counted, undecided } from './rule.ts';
import { cell, pairCell, percentOver } from './view.ts';

const NOTHING = 0.1;
const SLOW = 1.05;

/** More than so many times in every round. */
const isAlways = ({ factor }: Pair, more: number): boolean => factor.value >= more && factor.range[0] > 1;
/** One round says nothing of the next. */
const isKnown = ({ factor }: Pair): boolean => factor.rounds > 1;

export const E5: Claim = {
  id: 'E5',
  claim:
    'Taking and putting the namespace in every allocation and free is too slow; once for each page of the map is enough.',
  source: {
    who: 'Pavel Emelyanov',
    where: '“[PATCH 12/16] Reference counting of pid namespaces by pids”',
    when: '2007-07',
  },
  measured:
    'Writes to a namespace’s reference count for each freePid and allocPid, counted. The time of both with one atomic addition and one subtraction more on a word that all workers share, which is the least that a reference for each pid can cost: one worker, and two in one namespace.',
  rule: `Holds if references by pages take less than one write in ${figure(1 / NOTHING)} pids, and a reference for each pid takes at least ${percentOver(SLOW)} % more time with two workers, in every round; in part if only the first is so.`,
  wouldChange: 'Workers that keep apart: two in namespaces of their own share no such word.',
  judge(view) {
    const writes = view
      .tallies('references')
      .filter(({ params }) => params.block === 'plain')
      .map(({ values }) => values.writes);
    const [alone, both] = [1, 2].map((workers) =>
      view.pair('workers-reference', { workers }, 'reference a pid against a page', 'hierarchical'),
    );
    if (writes.length === 0) return undecided('the writes were not counted');
    const isEnough = writes.every((each) => each < NOTHING);
    if (!both || !isKnown(both)) return undecided('two rounds with two workers were not measured');
    return {
      verdict: isEnough && isAlways(both, SLOW) ? 'holds' : isEnough ? 'holds in part' : 'does not hold',
      answer: `By pages, making and ending a pid ${Math.max(...writes) === 0 ? 'never writes to its namespace’s count' : `writes to its namespace’s count ${figure(Math.max(...writes))} times`}. A reference for each pid takes two workers ${pairCell(both)} the time${alone ? `, and one that is alone ${pairCell(alone)}` : ''}.`,
      figures: [
        {
          caption: 'Writes to the count of a namespace for each freePid and allocPid',
          head: ['block', ...view.strategies],
          align: `l${'r'.repeat(view.strategies.length)}`,
          rows: ['plain', 'shared'].map((block) => [
            block === 'plain' ? 'for one thread' : 'shared',
            ...view.strategies.map((id) => cell(view.count('references', id, { block }, 'writes'))),
          ]),
        },
        {
          caption: 'A reference for each pid, times the time of references by pages',
          head: ['one worker', 'two workers'],
          align: 'rr',
          rows: [[alone ? pairCell(alone) : '–', pairCell(both)]],
        },
      ],
      evidence: [
        counted('references'),
        {
          scenario: 'workers-reference',
          params: { workers: 2, live: 4_000, reference: 'a pid' },
          strategy: 'hierarchical',
        },
      ],
    };
  },
};

const GAIN = 1.05;

export const E13: Claim = {
  id: 'E13',
  claim: 'Taking the lock of the map once for all levels, and not once for each, lets more processes be forked.',
  source: { who: 'Mateusz Guzik', where: '“pid: only take pidmap_lock once on alloc”', when: '2025-11' },
  measured:
    'How often allocPid takes the lock in the idr design, as Linux did it before and as it does now, at levels 0 to 4; counted. The pids that two workers make and end in one namespace, either way; timed.',
  rule: `Holds if the lock is taken once, and two workers do at least ${percentOver(GAIN)} % more at every depth that was measured, in every round; in part if only at some depth, or if only the count falls.`,
  wouldChange: 'More processors: the patch was measured with 20 processes, and two workers wait for each other less.',
  historic: {
    caption: 'November 2025: forks per second, 20 processes',
    head: ['', 'forks per second'],
    align: 'lr',
    rows: [
      ['once for each level', '465,000'],
      ['once for all', '510,000–560,000 (1.1–1.2×)'],
    ],
  },
  judge(view) {
    const rounds = (level: number, how: string): number | undefined =>
      view.count('locks', 'idr', { level, rounds: how }, 'lockRounds');
    const levels = [0, 1, 2, 3, 4];
    const pairs = view.report.pairs.filter((pair) => pair.scenario === 'workers-rounds' && isKnown(pair));
    if (levels.some((level) => rounds(level, 'once') === undefined || rounds(level, 'each level') === undefined))
      return undecided('the rounds of the lock were not counted');
    if (pairs.length === 0) return undecided('two rounds with two workers were not measured');
    const isOnce = levels.every((level) => rounds(level, 'once') === 1);
    const gains = pairs.filter((pair) => isAlways(pair, GAIN)).length;
    return {
      verdict: !isOnce ? 'does not hold' : gains === pairs.length ? 'holds' : 'holds in part',
      answer: `At level 4 the lock is taken ${cell(rounds(4, 'once'))} time in place of ${cell(rounds(4, 'each level'))}; two workers get ${pairs.map((pair) => `${pairCell(pair)} as much done at depth ${pair.common.depth}`).join(', ')}.`,
      figures: [
        {
          caption: 'Times that the lock is taken for one allocPid',
          head: ['level', ...levels.map(String)],
          align: 'lrrrrr',
          rows: [
            [
              'once for each level, and once more to publish',
              ...levels.map((level) => cell(rounds(level, 'each level'))),
            ],
            ['once for all', ...levels.map((level) => cell(rounds(level, 'once')))],
          ],
        },
        {
          caption: 'Pids made and ended by two workers, once for all against once for each level',
          head: ['depth', 'times as many'],
          align: 'rr',
          rows: pairs.map((pair) => [String(pair.common.depth), pairCell(pair)]),
        },
      ],
      evidence: [
        counted('locks'),
        ...pairs.map(({ scenario, common }) => ({ scenario, params: { ...common, rounds: 'once' }, strategy: 'idr' })),
      ],
    };
  },
};
