import type { Difference } from '../../behaviour.ts';
import { firstLine } from '../../format.ts';
import type { Block, Inline, List, Row, Section, Span, Table } from '../blocks.ts';
import { slug } from '../ids.ts';
import { type Report, unique } from '../report.ts';
import { counted, listed } from './words.ts';

/** Whether all keep the contract, in a sentence. */
export function contractAnswer(report: Report): Inline | undefined {
  const { conformance, differences } = report;
  if (conformance.length === 0) return undefined;
  const clauses = unique(differences, ({ clause }) => clause).length;
  return [
    `${keptSentence(report)}${clauses > 0 ? `, and yet in ${counted(clauses, 'clause')} they behave differently` : ''}. `,
    { text: 'Where', to: '#conformance' },
  ];
}

/** `All 4 designs keep every clause`, or who does not. */
function keptSentence({ conformance }: Report): string {
  const designs = unique(conformance, ({ strategy }) => strategy);
  const broken = designs.flatMap((strategy) => {
    const failed = sum(conformance.filter((entry) => entry.strategy === strategy).map((entry) => entry.failed));
    return failed === 0 ? [] : [`${strategy} breaks ${counted(failed, 'clause')}`];
  });
  if (broken.length > 0) return listed(broken);
  const tried = sum(conformance.map(({ passed }) => passed));
  const but = leftOutOf(conformance).length > 0 ? ' that was tried' : '';
  return `All ${designs.length} designs keep every clause of the contract${but} (${tried.toLocaleString('en')} tries in all)`;
}

/** The clauses that were not tried. */
function leftOutOf(conformance: Report['conformance']): string[] {
  return unique(
    conformance.flatMap(({ leftOut }) => leftOut ?? []),
    (clause) => clause,
  );
}

/** Where the designs behave differently; who keeps what, in a line. */
export function conformanceSection(report: Report, root: string | undefined): Section {
  const { conformance, traits } = report;
  return {
    kind: 'section',
    id: 'conformance',
    title: 'Where the designs behave differently',
    answer: contractAnswer(report)?.slice(0, 1) ?? 'Nothing was tried.',
    blocks: [...failureList(report), traitTable(traits), ...differenceBlocks(report, root), keptTable(conformance)],
  };
}

function failureList({ conformance }: Report): List[] {
  const items = conformance.flatMap(({ strategy, failures }) =>
    failures.map(
      ({ clause, scope, message }): Inline => [
        { strong: `${strategy} does not keep ${clause}` },
        ` (${scope}): `,
        { code: shortened(message) },
      ],
    ),
  );
  return items.length === 0 ? [] : [{ kind: 'list', items }];
}

function shortened(message: string): string {
  return message.replaceAll(/\s+/g, ' ').slice(0, 500);
}

const TRAITS: readonly (readonly [name: string, says: string])[] = [
  ['maxLevel', 'levels below the root'],
  ['maxNamespaces', 'namespaces at once, beside the root'],
  ['maxNumbers', 'numbers on a pid, at most'],
  ['rootNumbers', 'what the root sees of a contained pid'],
  ['floors', 'where numbers go on after a wrap: root, container'],
  ['map', 'where the numbers are'],
  ['rules', 'which rules where the sources differ'],
  ['shared', 'can be shared by threads'],
];

/** What each design says of itself, where they do not all say the same. */
function traitTable(traits: Report['traits']): Table {
  const designs = Object.keys(traits);
  const traitOf = (design: string, name: string): string => {
    const value = (traits[design] as unknown as Record<string, unknown>)[name];
    if (value === null || value === Number.POSITIVE_INFINITY) return 'as memory allows';
    if (typeof value === 'object') return Object.values(value as object).join(', ');
    return String(value ?? DEFAULTS[name] ?? '');
  };
  return {
    kind: 'table',
    caption: 'What each design can express: traits that are not the same for all.',
    columns: [{ head: 'trait', align: 'l' }, ...designs.map((head) => ({ head, align: 'l' as const, subject: head }))],
    rows: TRAITS.filter(([name]) => unique(designs, (design) => traitOf(design, name)).length > 1).map(
      ([name, says]): Row => ({
        id: `trait-${slug(name)}`,
        cells: [
          { text: [{ code: name }], note: says },
          ...designs.map((design) => ({ text: traitOf(design, name), subject: design })),
        ],
      }),
    ),
  };
}

/** What is meant where a design says nothing. */
const DEFAULTS: Readonly<Record<string, string>> = { map: 'pidmap', rules: 'checked' };

/** Where the answers parted: an overview of the ways in which they do, and the clauses of each. */
function differenceBlocks({ differences, traits }: Report, root: string | undefined): Block[] {
  if (differences.length === 0) return [];
  const clauses: Span =
    root === undefined
      ? 'the list of clauses'
      : { text: 'the list of clauses', to: `${root}packages/conformance/docs/clauses.md` };
  const groups = unique(differences, wayOf)
    .map((way) => differences.filter((each) => wayOf(each) === way))
    .sort((a, b) => b.length - a.length);
  return [
    {
      kind: 'text',
      text: [
        'Each clause was run once more on an allocator that wrote down what it was asked and what it answered. Below are the clauses in which the answers parted, by the way in which they did, with the first call that came out differently. All others came out the same for all: ',
        clauses,
        '.',
      ],
    },
    ...groups.map((group): Section => groupSection(group, Object.keys(traits), root)),
  ];
}

function groupSection(group: readonly Difference[], designs: readonly string[], root: string | undefined): Section {
  const way = wayOf(group[0]);
  return {
    kind: 'section',
    id: `differ-${slug(way)}`,
    title: way,
    answer: `${counted(unique(group, ({ clause }) => clause).length, 'clause')}, ${group[0].clause} for one: ${group[0].sentence}.`,
    blocks: [differenceTable(group, designs, root)],
  };
}

/** What kind of thing is different, and who parts from whom: `What is refused: flat and pidspace differ`. */
function wayOf({ does }: Difference): string {
  const outcomes = Object.values(does).map(outcomeOf);
  const usual = mostCommon(Object.values(does));
  const others = Object.keys(does).filter((design) => does[design] !== usual);
  const who =
    usual === undefined || 2 * others.length > outcomes.length
      ? 'all differ'
      : others.length === 1
        ? `${others[0]} differs`
        : `${listed(others)} differ`;
  return `${kindOf(Object.values(does))}: ${who}`;
}

function kindOf(calls: readonly string[]): string {
  if (unique(calls, (call) => callOf(call).replace(/\(.*/, '')).length > 1) return 'What the clause asks for';
  const outcomes = calls.map(outcomeOf);
  if (outcomes.some((outcome) => /^E[A-Z]+$/.test(outcome))) return 'What is refused';
  return outcomes.some((outcome) => /^\d+$/.test(outcome)) ? 'Which number' : 'What is found';
}

/** `pidNr → 3` is a call and its outcome. */
function callOf(said: string): string {
  return said.split(' → ')[0];
}

function outcomeOf(said: string): string {
  return said.split(' → ').at(-1) ?? said;
}

function differenceTable(
  differences: readonly Difference[],
  designs: readonly string[],
  root: string | undefined,
): Table {
  return {
    kind: 'table',
    caption: 'The first call that came out differently, and what came of it.',
    columns: [
      { head: 'clause', align: 'l' },
      ...designs.map((head) => ({ head, align: 'l' as const, subject: head })),
      { head: 'source and code', align: 'l' },
    ],
    rows: differences.map(({ clause, scope, sentence, source, file, does }): Row => {
      const usual = mostCommon(Object.values(does));
      return {
        id: `clause-${slug(clause)}-${slug(scope)}`,
        cells: [
          { text: [{ strong: clause }, ` ${sentence}`], ...(scope === 'child' ? { note: 'in a container' } : {}) },
          ...designs.map((design) =>
            does[design] === undefined
              ? { text: '–', subject: design }
              : {
                  text: outcomeOf(does[design]),
                  note: callOf(does[design]),
                  subject: design,
                  ...(does[design] === usual ? {} : { heat: 2 as const }),
                },
          ),
          [`${source} `, ...codeOf(file, root)],
        ],
      };
    }),
  };
}

/** `alloc.ts:37`, as a link where the page knows the way. */
function codeOf(file: string | undefined, root: string | undefined): Span[] {
  if (file === undefined) return [];
  const text = file.replace(/^.*\//, '').replace('#L', ':');
  return [root === undefined ? { code: text } : { text, to: `${root}${file}` }];
}

/** What most do; undefined where no two do the same. */
function mostCommon(values: readonly string[]): string | undefined {
  const counts = unique(values, (value) => value).map(
    (value) => [value, values.filter((each) => each === value).length] as const,
  );
  const [value, count] = counts.reduce((most, each) => (each[1] > most[1] ? each : most));
  return count > 1 ? value : undefined;
}

function keptTable(conformance: Report['conformance']): Section {
  const designs = unique(conformance, ({ strategy }) => strategy);
  const chapters = unique(conformance, ({ chapter }) => chapter);
  const leftOut = leftOutOf(conformance);
  const without = `What is about sheer size is left to pid-lab --full and pid-conformance: ${listed(leftOut)}.`;
  return {
    kind: 'section',
    id: 'conformance-kept',
    title: 'Clauses kept, by chapter',
    answer: `${counted(chapters.length, 'chapter')}; in the root, one level down, and both again on shared allocators.${leftOut.length > 0 ? ` ${without}` : ''}`,
    blocks: [
      {
        kind: 'table',
        caption: 'Tries that held, by chapter.',
        columns: [
          { head: 'chapter', align: 'l' },
          ...designs.map((head) => ({ head, align: 'r' as const, subject: head })),
        ],
        rows: chapters.map((chapter) => ({
          cells: [
            chapter,
            ...designs.map((design) => {
              const entry = conformance.find((each) => each.chapter === chapter && each.strategy === design);
              const failed = entry?.failed ?? 0;
              const text = entry
                ? failed > 0
                  ? `${failed} of ${entry.passed + failed} FAILED`
                  : String(entry.passed)
                : '–';
              return { text, subject: design };
            }),
          ],
        })),
      },
    ],
  };
}

/** Whether they give the numbers that a real kernel gave. */
export function replaySection({ replay }: Report): Section[] {
  if (replay.length === 0) return [];
  const passed = replay.filter(({ status }) => status === 'passed');
  const [checked, followed] = [
    sum(passed.map(({ orderChecked }) => orderChecked)),
    sum(passed.map(({ orderFollowed }) => orderFollowed)),
  ];
  const whole =
    passed.length === replay.length
      ? `All ${replay.length} replays passed`
      : `${passed.length} of ${replay.length} replays passed`;
  const columns = [
    'trace',
    'design',
    'level',
    'outcome',
    'events',
    'numbers given',
    'alive at once',
    'order checked',
    'as the kernel',
  ];
  return [
    {
      kind: 'section',
      id: 'replay-outcome',
      title: 'Do they give the numbers that a real kernel gave?',
      answer: `${whole}; ${followed.toLocaleString('en')} of the ${checked.toLocaleString('en')} numbers that follow from the recordings were the kernel’s own.`,
      blocks: [
        {
          kind: 'text',
          text: 'The recorded process trees of real builds, replayed event by event. Every number is checked to be unused; where the recording tells the next number, it must be the kernel’s.',
        },
        {
          kind: 'table',
          caption: 'Replays of recorded builds.',
          columns: columns.map((head, i) => ({ head, align: i < 4 && i !== 2 ? ('l' as const) : ('r' as const) })),
          rows: replay.map((entry) => ({
            subject: entry.strategy,
            cells: [
              entry.trace,
              entry.strategy,
              String(entry.level),
              entry.status === 'passed' ? 'passed' : ['FAILED: ', { code: firstLine(entry.message ?? '') }],
              ...[entry.events, entry.allocations, entry.maxAlive, entry.orderChecked, entry.orderFollowed].map((n) =>
                n.toLocaleString('en'),
              ),
            ],
          })),
        },
      ],
    },
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
