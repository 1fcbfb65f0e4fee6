import { figure, times } from '../format.ts';
import type { Pair } from '../results.ts';
import type { ClaimResult } from './claim.ts';
import { type Claim, counted, type Judgement, undecided } from './rule.ts';
import { cell, DESIGNS, type Findings, pairCell, percentOver, ratioCell, View } from './view.ts';

const known = (pairs: readonly (Pair | undefined)[]): Pair[] => pairs.filter((pair) => pair !== undefined);

const LEARNT = 1 / 1.25;

const learnt: Claim = {
  id: 'F1',
  claim:
    'A benchmark that asks for the same thousand numbers in the same order measures the processor’s memory for branches, and not the table.',
  measured: 'Look-ups among 1,000 live pids: numbers drawn at random, and 1,000 such draws again and again.',
  rule: `Holds if a Map takes at most ${figure(LEARNT)}× the time in the order that repeats.`,
  wouldChange: 'A processor that foresees nothing.',
  judge(view) {
    const pairs = known(
      ['map', ...DESIGNS].map((id) => view.pair('order', {}, 'order cycle of 1,000 against fresh', id)),
    );
    const map = pairs.find(({ strategy }) => strategy === 'map');
    if (!map) return undecided('a Map was not measured in both orders');
    return {
      verdict: map.factor.value <= LEARNT ? 'holds' : 'does not hold',
      answer: `In an order that repeats a Map takes ${times(map.factor.value)} of the time that it takes in one that does not: whoever measures so finds it ${times(1 / map.factor.value)} as fast as it is.`,
      figures: [
        {
          caption: 'Time of a look-up in the order that repeats, times that in one that does not',
          head: ['', 'times'],
          align: 'lr',
          rows: pairs.map((pair) => [pair.strategy, pairCell(pair)]),
        },
      ],
      evidence: [{ scenario: 'order', params: { live: 1_000, order: 'fresh' } }],
    };
  },
};

const PAGE = 4_096;

const unread: Claim = {
  id: 'F2',
  claim:
    'What lets one thread step over full pages is what several threads cannot afford: in a shared block full pages of a bitmap are read, and a tree needs no such count.',
  measured:
    'Bytes of bitmaps that an allocation reads with all numbers taken but one: in a block for one thread, and in a shared one with two pages; counted.',
  rule: 'Holds if the designs with a bitmap read more than one page in a shared block, and at most one and a word in the other.',
  wouldChange: 'A count for each page that all workers write: then every allocation pays, and not only the rare one.',
  judge(view) {
    const of = (id: string, block: string, value: string): number | undefined =>
      view.count('last-free', id, { block }, value);
    const [plain, shared] = ['plain', 'shared'].map((block) => of('hierarchical', block, 'mostBitmapBytes'));
    if (plain === undefined || shared === undefined) return undecided('the reads were not counted');
    const holds = plain <= PAGE + 4 && shared > PAGE + 4;
    return {
      verdict: holds ? 'holds' : 'does not hold',
      answer: `A bitmap of two pages costs ${cell(shared)} bytes of reading in a shared block; one of 32 pages costs ${cell(plain)} in a block for one thread. The tree reads ${cell(of('idr', 'shared', 'mostNodeWords'))} and ${cell(of('idr', 'plain', 'mostNodeWords'))} words.`,
      figures: [],
      evidence: [counted('last-free')],
    };
  },
};

const idle: Claim = {
  id: 'F3',
  claim: 'A container with one process costs a tree a tenth of what it costs a bitmap.',
  measured: 'Bytes of records and bitmaps that 100 namespaces below the root add, each with its first pid; exact.',
  rule: 'Holds if idr takes at most a tenth of hierarchical; in part if less than half.',
  wouldChange: 'Containers with thousands of processes: a page of bits then costs less than the nodes.',
  judge(view) {
    const bytes = (id: string): number | undefined => view.count('namespaces', id, { namespaces: 100 }, 'bytes');
    const [tree, bitmap] = [bytes('idr'), bytes('hierarchical')];
    if (tree === undefined || bitmap === undefined) return undecided('the bytes were not counted');
    return {
      verdict: tree <= bitmap / 10 ? 'holds' : tree < bitmap / 2 ? 'holds in part' : 'does not hold',
      answer: `Such a container takes ${cell(tree)} bytes in idr and ${cell(bitmap)} in hierarchical, most of them a page of bits of which one is set.`,
      figures: [
        {
          caption: 'Bytes for each namespace with its first pid',
          head: ['namespaces', ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length)}`,
          rows: [1, 100, 10_000].map((count) => [
            cell(count),
            ...view.strategies.map((id) => cell(view.count('namespaces', id, { namespaces: count }, 'bytes'))),
          ]),
        },
      ],
      evidence: [counted('namespaces'), { scenario: 'namespace-memory', params: { pids: 1 } }],
    };
  },
};

const NEAR = 1.5;

const spaces: Claim = {
  id: 'F4',
  claim:
    'That pidspace paid six times as much for a container as the others was its table of spaces, and not its idea.',
  measured:
    'Closing one of 500 namespaces and opening another, with its only pid. Before, pidspace walked the table of 512 spaces twice for a free id; now it finds one in a bitmap.',
  rule: `Holds if pidspace takes at most ${NEAR}× the time of hierarchical.`,
  wouldChange: 'Going back to a walk over the table.',
  judge(view) {
    const rows = DESIGNS.map((id) => view.row('namespace', { open: 500 }, id));
    const ratio = view.ratio(rows[2], rows[0]);
    if (!ratio) return undecided('namespace was not measured for both');
    return {
      verdict: ratio.value <= NEAR ? 'holds' : 'does not hold',
      answer: `Beside 500 others pidspace takes ${times(ratio.value)} the time of hierarchical to close a container and open one.`,
      figures: [
        {
          caption: 'ns for a container closed and another opened',
          head: ['', 'ns', 'times hierarchical'],
          align: 'lrr',
          rows: rows.flatMap((row) =>
            row ? [[row.strategy, cell(row.median), ratioCell(view.ratio(row, rows[0]))]] : [],
          ),
        },
      ],
      evidence: [{ scenario: 'namespace', params: { open: 500 } }],
    };
  },
};

const NO_GAIN = 1.05;

const SHARED_STATES = ['own', 'same'].flatMap((namespaces) => [1, 512].map((window) => ({ namespaces, window })));

const crowded: Claim = {
  id: 'F5',
  claim: 'Two workers in one namespace get no more done than one: they meet at its cursor, whatever the design.',
  measured:
    'freePid and allocPid by two workers in one namespace against one worker; the floor does no more than move a cursor and set and clear a bit. And, counted, the lines that a worker fetches from the cache of the other.',
  rule: `Holds if no design gains more than ${percentOver(NO_GAIN)} % by the second worker; in part if some do not.`,
  wouldChange: 'A cursor for each worker, which would not give the numbers in order.',
  judge(view) {
    const gain = (id: string, namespaces: string): Pair | undefined =>
      view.pair('workers-throughput', { namespaces }, 'workers 2 against 1', id);
    const same = known(DESIGNS.map((id) => gain(id, 'same')));
    if (same.length === 0) return undecided('two workers were not measured');
    const gains = same.filter(({ factor }) => factor.value > NO_GAIN).length;
    const best = same.reduce((most, pair) => (pair.factor.value > most.factor.value ? pair : most));
    return {
      verdict: gains === 0 ? 'holds' : gains < same.length ? 'holds in part' : 'does not hold',
      answer: `In one namespace the second worker brings at best ${times(best.factor.value)} (${best.strategy}); in namespaces of their own ${known(
        DESIGNS.map((id) => gain(id, 'own')),
      )
        .map((pair) => `${pair.strategy} ${times(pair.factor.value)}`)
        .join(', ')}.`,
      figures: [
        {
          caption: 'Two workers, times what one gets done',
          head: ['', 'in one namespace', 'in namespaces of their own'],
          align: 'lrr',
          rows: [...DESIGNS, 'floor'].map((id) => [
            id,
            ...['same', 'own'].map((namespaces) => {
              const pair = gain(id, namespaces);
              return pair ? pairCell(pair) : '–';
            }),
          ]),
        },
        {
          caption: 'Lines that a worker fetches from the cache of another, for each freePid and allocPid',
          head: ['namespaces', 'numbers claimed at once', ...view.strategies],
          align: `lr${'r'.repeat(view.strategies.length)}`,
          rows: SHARED_STATES.map(({ namespaces, window }) => [
            namespaces === 'own' ? 'one each' : 'one',
            String(window),
            ...view.strategies.map((id) => cell(view.count('sharing', id, { namespaces, window }, 'lines'))),
          ]),
        },
      ],
      evidence: [
        { scenario: 'workers-throughput', params: { namespaces: 'same', workers: 2, live: 4_000 } },
        counted('sharing'),
      ],
    };
  },
};

const recorded: Claim = {
  id: 'F6',
  claim: 'The cyclic order is what a real kernel gives, to the last number.',
  measured:
    'Process trees of two real builds, recorded on Linux and replayed in the root and in a container: each number that follows from what was before must be the kernel’s.',
  rule: 'Holds if every such number is the kernel’s, in every design.',
  wouldChange: 'A kernel that draws its numbers at random.',
  judge(view) {
    const replayed = view.report.replay;
    const [checked, followed] = [
      replayed.reduce((sum, { orderChecked }) => sum + orderChecked, 0),
      replayed.reduce((sum, { orderFollowed }) => sum + orderFollowed, 0),
    ];
    if (checked === 0) return undecided('no recorded build was replayed');
    return {
      verdict: followed === checked && replayed.every(({ status }) => status === 'passed') ? 'holds' : 'does not hold',
      answer: `${figure(followed)} of ${checked.toLocaleString('en')} numbers were the kernel’s, in ${replayed.length} replays.`,
      figures: [],
      evidence: [{ scenario: 'replay', params: { level: 1 } }],
    };
  },
};

/** What was found by tools whose findings stand in the repository, and not in a report. */
interface Committed extends Omit<ClaimResult, 'verdict' | 'figures' | 'evidence' | 'rule'> {
  /** The clause or scenario that shows it today. */
  readonly shownBy: string;
}

const COMMITTED: readonly Committed[] = [
  {
    id: 'F7',
    claim: 'The search of 2007 could say that a map is full while one number was free: that which was given last.',
    measured:
      'Written anew to the letter, as the mutant spurious-full; clause PIDMAP-20 of the conformance suite refuses it.',
    answer: 'With one number free, wherever the cursor is, our designs give it; the clause tries every place.',
    wouldChange: 'A design that leaves the number of the cursor out: the suite names it.',
    shownBy: 'docs/mutants.md, spurious-full; PIDMAP-20',
  },
  {
    id: 'F8',
    claim: 'In a shared block a number could be given to two live pids, by two rare meetings.',
    measured:
      'Every interleaving of a few calls, access by access, with up to two preemptions (pid-conformance explore).',
    answer: 'Hours of random calls had not met it; the explorer did, with at most two preemptions, and it is repaired.',
    wouldChange:
      'Taking the number before it is said which namespace it is taken of: the explorer shows the fault again.',
    shownBy: 'docs/interleavings.md, “When something fails”; docs/adr/0009-memory-order.md',
  },
  {
    id: 'F9',
    claim:
      'Linux 6.18 hangs for good where the init of a namespace is in the process group of a dead process of that namespace, and ends.',
    measured:
      'Scenarios drawn from seeds and recorded on a running kernel; 97 of them, 58,100 steps, are replayed on the process table.',
    answer:
      'The init itself holds the number that zap_pid_ns_processes() waits for; our table comes back. The recorded scenarios leave it out since.',
    wouldChange: 'A kernel that does not count the init’s own number.',
    shownBy: 'packages/linux-oracle/README.md, “Limits”',
  },
];

function committed({ shownBy, ...found }: Committed): ClaimResult {
  return {
    ...found,
    verdict: 'holds',
    rule: `Shown by ${shownBy}.`,
    figures: [],
    evidence: [],
  };
}

const FOUND: readonly Claim[] = [learnt, unread, idle, spaces, crowded, recorded];

/** What nobody claimed, and the lab found. What could not be measured this time is left out. */
export function foundOf(report: Findings): ClaimResult[] {
  const view = new View(report);
  const judged = FOUND.map(({ judge, ...claim }): ClaimResult & Judgement => ({ ...claim, ...judge(view) }));
  return [...judged.filter(({ verdict }) => verdict !== 'undecided'), ...COMMITTED.map(committed)];
}
