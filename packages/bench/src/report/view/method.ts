import { figure, percent } from '../../format.ts';
import type { Inline, Section } from '../blocks.ts';
import type { Report } from '../report.ts';

/** `npm run lab -- --full`: what repeats the run. */
export function commandOf({ environment: { mode, seed, minutes, modules = [] } }: Pick<Report, 'environment'>): string {
  const options = [
    ...(mode === 'full' ? ['--full'] : []),
    ...(minutes === undefined ? [] : ['--minutes', minutes]),
    ...modules.flatMap((module) => ['--module', module]),
    ...(seed === 1 ? [] : ['--seed', seed]),
  ];
  return ['npm run lab', ...(options.length > 0 ? ['--', ...options] : [])].join(' ');
}

/** Where, when and how. */
export function methodSection(report: Report, data: string): Section {
  const { environment: e, noise } = report;
  return {
    kind: 'section',
    id: 'method',
    title: 'How and where this was measured',
    answer: noise
      ? `A strategy and its twin differed by ${percent(noise.factor)} or less in 19 of 20 cells (${noise.cells} in all): smaller differences are none.`
      : `Mode ${e.mode}, on ${e.cpu}.`,
    blocks: [
      {
        kind: 'terms',
        terms: [
          ['Machine', `${e.machine}, ${e.cores} cores, ${e.memoryGiB} GiB`],
          ['Processor', e.cpu],
          ['Runtime', `Node ${e.runtime.node}, V8 ${e.runtime.v8}`],
          ['C compiler', e.compiler ?? 'not asked for'],
          ['Commit', [{ code: e.commit }]],
          ['Seed', String(e.seed)],
          ['Date', e.date],
          ['Repeat it', [{ code: commandOf(report) }]],
          ['Raw data', [{ text: data, to: data }, ', ', { text: 'the same as Markdown', to: 'lab.md' }]],
        ],
      },
      { kind: 'list', items: methodItems(report) },
    ],
  };
}

const methodItems = ({ method: { looks, error } }: Pick<Report, 'method'>): readonly Inline[] => [
  'Each row of each cell runs in fresh processes. Rows that are compared get ready at the same time and then measure in turns of eighteen milliseconds, after three to fifteen that do not count, one at a time, in an order that differs from pass to pass: what slows the machine down for long slows all of them down. The quicker half of the turns counts, so that what comes and goes sooner is left out.',
  'Where threads are timed, a turn in which one of them waited for a core for more than a hundredth of it is played again, five times in all at most. Their processes run with --no-use-osr, which a program on Node 20 or 22 does not by itself. What was measured while a word took more than twice as long from one core to the other as in the rest of the run, or less than half as long, is set aside.',
  'A sample is the mean of hundreds to thousands of operations; p99 is that of samples, not of single operations.',
  'The median of a row is the geometric mean of the medians of its rounds. Factors are taken within a round. Intervals are on logarithms, over rounds, by a moderated t: the spread of each comparison is drawn towards the one that its scenario has in common.',
  `Every row gets ${looks[0]} rounds; then only the rows that an open question needs get more. Questions are looked at after ${looks.slice(0, -1).join(', ')} and ${looks.at(-1)} rounds; the looks share what may go wrong in equal parts, so all together they err ${figure(100 * error)} times in 100 at most.`,
  'Two subjects are the same where they differ by less than one process does from the next: 1.96 standard deviations of a round’s ratio, of all comparisons of the scenario; 5 % at least, and 10 % at most.',
  'Choices are tables of a million draws and more, so that no processor learns them by heart. The size of the environment and of what lies in the heap differs between processes.',
  [
    'The garbage collector runs before the clock starts. What the operations of a baseline allocate is collected while it is timed, as it would be in use; ',
    { code: 'gcShare' },
    ' of each round in the JSON file says how much of the time that took.',
  ],
  'The number table is aged before anything is timed: an eighth of the pids, drawn at random, has been replaced by later ones.',
  [
    'Baselines: ',
    { code: 'map' },
    ' is a Map of objects and a cyclic counter in each namespace; ',
    { code: 'gvisor' },
    ' has maps both ways; ',
    { code: 'number-allocator' },
    ' and ',
    { code: 'idgen' },
    ' are npm packages beside a Map; ',
    { code: 'floor' },
    ' does the bare memory operations and is nothing that anybody could use; ',
    { code: 'native C' },
    ' is the same structure as a C program; ',
    { code: 'twin' },
    ' is a strategy once more.',
  ],
];
