import { figure, times } from '../format.ts';
import type { Params } from '../scenario.ts';
import { type Claim, counted, undecided } from './rule.ts';
import { cell, percentOver, type Ratio, ratioCell, type View } from './view.ts';

const LIVE = 32_000;

/** What pidspace is compared by, one level down. */
const MANAGED: readonly (readonly [what: string, scenario: string, params: Params])[] = [
  ['translate, seen from the root', 'translate', { view: 'root', level: 1, live: LIVE }],
  ['translate, seen from inside', 'translate', { view: 'own', level: 1, live: LIVE }],
  ['freePid and allocPid', 'churn', { order: 'random', level: 1, live: LIVE }],
  ['bytes for each pid', 'memory', { by: 'stats', level: 1, live: LIVE }],
];

export const E8: Claim = {
  id: 'E8',
  claim: 'With the space’s id in the number, virtual pids need no management of their own.',
  source: { who: 'Hubertus Franke', where: 'the pidspaces patch for Linux 2.6.15', when: '2006-01' },
  measured:
    'Translation both ways, freePid and allocPid, and bytes for each pid, with 32,000 pids in a container: pidspace against hierarchical and flat.',
  rule: 'Holds if pidspace takes no more than either of the others in all four, where more is more than the noise of this run, and in every round; in part if in one of them at least it takes less than both.',
  wouldChange:
    'Containers in containers, or more than 511 of them: pidspace has neither, and what manages them elsewhere is what it lacks.',
  judge(view) {
    const found = MANAGED.map(([what, scenario, params]) => {
      const [mine, ...others] = ['pidspace', 'hierarchical', 'flat'].map((id) => view.row(scenario, params, id));
      return { what, mine, ratios: others.map((other) => view.ratio(mine, other)) };
    });
    const missing = found.filter(({ ratios }) => ratios.some((ratio) => !ratio)).map(({ what }) => what);
    if (missing.length > 0) return undecided(`${missing.join(', ')} was not measured for all three`);
    const isAll = found.every(({ ratios }) => ratios.every((ratio) => ratio && !view.isMore(ratio)));
    const wins = found.filter(({ ratios }) => ratios.every((ratio) => ratio && view.isLess(ratio)));
    const churn = found[2].ratios.map((ratio) => times(ratio?.value ?? 1));
    return {
      verdict: isAll ? 'holds' : wins.length > 0 ? 'holds in part' : 'does not hold',
      answer: `In a container pidspace takes ${churn[0]} the time of hierarchical and ${churn[1]} that of flat for freePid and allocPid, and ${times(found[0].ratios[0]?.value ?? 1)} and ${times(found[0].ratios[1]?.value ?? 1)} to translate; its pids take ${cell(found[3].mine?.median)} bytes.`,
      figures: [
        {
          caption: 'pidspace, in a container, and how many times the others it takes',
          head: ['', 'pidspace', 'of hierarchical', 'of flat'],
          align: 'lrrr',
          rows: found.map(({ what, mine, ratios }) => [
            what,
            mine ? `${cell(mine.median)} ${mine.unit.split(' ')[0]}` : '–',
            ...ratios.map(ratioCell),
          ]),
        },
      ],
      evidence: MANAGED.map(([, scenario, params]) => ({ scenario, params })),
    };
  },
};

/** The baseline that knows no namespaces. */
export const WITHOUT = 'one-space';
const FLAT_INSIDE = 1.07;
const MULTI_INSIDE = 1.1;
const IN_ROOT = 1.02;

export const E9: Claim = {
  id: 'E9',
  claim:
    'Against a kernel without pid namespaces the flat model costs about nothing in the root and under 7 % inside, the multi-level one up to 2 % in the root and over 10 % inside.',
  source: {
    who: 'Pavel Emelyanov and Sukadev Bhattiprolu',
    where: 'their comparison of both models on the containers list',
    when: '2007-06',
  },
  measured:
    'Exit and fork with their task links, 32,000 processes live, in the root and in a container, against the same structure written without namespaces. Theirs timed whole threads, of which the pid is a small part: so the order can be compared, and the sizes cannot.',
  rule: `Holds if flat takes at most ${percentOver(FLAT_INSIDE)} % more inside and hierarchical at least ${percentOver(MULTI_INSIDE)} % more, and both at most ${percentOver(IN_ROOT)} % more in the root, or the noise of this run; in part if the order is theirs: inside costs more than the root, and hierarchical inside no less than flat inside.`,
  wouldChange: 'A whole fork around it: what is half as much again of a pid’s life is a few per cent of a thread’s.',
  historic: {
    caption: 'June 2007: seconds of a test that creates and joins threads',
    head: ['', 'in the root', 'inside'],
    align: 'lrr',
    rows: [
      ['no namespaces', '11.68 ± 0.14', '–'],
      ['flat', '11.83 ± 0.18 (+1.3 %)', '12.52 ± 0.15 (+7.2 %)'],
      ['multi-level', '12.01 ± 0.18 (+2.8 %)', '12.96 ± 0.14 (+11.0 %)'],
    ],
  },
  judge(view) {
    const row = (id: string, level: number) => view.row('fork-exit', { live: LIVE, level }, id);
    const base = row(WITHOUT, 0);
    const over = (id: string, level: number): Ratio | undefined => view.ratio(row(id, level), base);
    const [flatRoot, flatInside, root, inside] = [
      over('flat', 0),
      over('flat', 1),
      over('hierarchical', 0),
      over('hierarchical', 1),
    ];
    if (!base) return undecided('the baseline without namespaces was not measured');
    if (!flatRoot || !flatInside || !root || !inside) return undecided('fork-exit was not measured at both levels');
    const most = Math.max(IN_ROOT, view.noise);
    const isTheirs =
      flatRoot.value <= most && root.value <= most && flatInside.value <= FLAT_INSIDE && inside.value >= MULTI_INSIDE;
    const isOrdered =
      flatInside.value > flatRoot.value && inside.value > root.value && inside.value * view.noise >= flatInside.value;
    const more = ({ value }: Ratio): string => `${value < 1 ? '−' : '+'}${figure(Math.abs(100 * (value - 1)))} %`;
    return {
      verdict: isTheirs ? 'holds' : isOrdered ? 'holds in part' : 'does not hold',
      answer: `Exit and fork cost flat ${more(flatRoot)} in the root and ${more(flatInside)} inside, hierarchical ${more(root)} and ${more(inside)}, against the same structure without namespaces.`,
      figures: [
        {
          caption: `Exit and fork, times the ${cell(base.median)} ns without namespaces (least and most of a round)`,
          head: ['', 'in the root', 'inside'],
          align: 'lrr',
          rows: view.strategies.map((id) => [id, ratioCell(over(id, 0)), ratioCell(over(id, 1))]),
        },
        {
          caption: 'Words that freePid and allocPid read and write together, counted',
          head: ['', 'in the root', 'inside'],
          align: 'lrr',
          rows: view.strategies.map((id) => [id, ...[0, 1].map((level) => cell(wordsAt(view, id, level)))]),
        },
      ],
      evidence: [0, 1].map((level) => ({ scenario: 'fork-exit', params: { level, live: LIVE } })),
    };
  },
};

function wordsAt(view: View, id: string, level: number): number | undefined {
  const [free, alloc] = ['freeWords', 'allocWords'].map((name) => view.count('levels', id, { level }, name));
  return free === undefined || alloc === undefined ? undefined : free + alloc;
}

const TREE: readonly (readonly [what: string, scenario: string, params: Params])[] = [
  ['list', 'list', { level: 0, live: LIVE }],
  ['fork and exit', 'fork-exit', { level: 0, live: LIVE }],
  ['freePid and allocPid', 'churn', { order: 'random', level: 0, live: LIVE }],
  ['look-up', 'lookup-hit', { level: 0, live: LIVE }],
];

export const E11: Claim = {
  id: 'E11',
  claim:
    'A radix tree lists processes faster than bitmap and hash; on fork, where nobody had compared them, it is a poor choice.',
  source: {
    who: 'Gargi Sharma (2017); a kernel developer in the thread of November 2025',
    where:
      '“pid: Replace pid bitmap implementation with IDR API” (95846ecf9dac); “pid: only take pidmap_lock once on alloc”',
    when: '2017-11',
  },
  measured:
    'A walk over 32,000 pids, exit and fork, freePid and allocPid, and look-ups: the idr design, which is that tree, against hierarchical, which gives the same numbers by bitmap and hash. The same walk over 10,000 pids, counted, with their numbers side by side and 64 apart.',
  rule: 'Holds if the tree lists faster and forks slower, both beyond the noise of this run and in every round; in part if only one of the two.',
  wouldChange:
    'Numbers that lie far apart: the more the bitmap has to skip, the better the tree is at listing (list at other sizes).',
  historic: {
    caption: '2017: seconds of ps with 10,000 processes',
    head: ['', 'bitmap and hash', 'IDR'],
    align: 'lrr',
    rows: [
      ['one posting', '2.32', '1.48'],
      ['another', '2.32', '1.96'],
    ],
  },
  judge(view) {
    const found = TREE.map(([what, scenario, params]) => ({
      what,
      rows: ['idr', 'hierarchical'].map((id) => view.row(scenario, params, id)),
      ratio: view.ratio(view.row(scenario, params, 'idr'), view.row(scenario, params, 'hierarchical')),
    }));
    const [listed, forked] = found.map(({ ratio }) => ratio);
    if (!listed || !forked) return undecided(`${listed ? 'fork-exit' : 'list'} was not measured for both`);
    const isFaster = view.isLess(listed);
    const isSlower = view.isMore(forked);
    const words = (id: string, apart: number): string => cell(view.count('listing', id, { apart }, 'words'));
    return {
      verdict: isFaster && isSlower ? 'holds' : isFaster || isSlower ? 'holds in part' : 'does not hold',
      answer: `The tree takes ${times(listed.value)} the time of bitmap and hash for a list, and ${times(forked.value)} for exit and fork. For each pid listed it reads ${words('idr', 1)} words against ${words('hierarchical', 1)} side by side, and ${words('idr', 64)} against ${words('hierarchical', 64)} where numbers are 64 apart.`,
      figures: [
        {
          caption: 'ns, 32,000 live in the root',
          head: ['', 'tree', 'bitmap and hash', 'times'],
          align: 'lrrr',
          rows: found.map(({ what, rows, ratio }) => [what, ...rows.map((row) => cell(row?.median)), ratioCell(ratio)]),
        },
        {
          caption: 'A list of 10,000, for each pid: words read, lines touched, reads that wait for one another',
          head: ['numbers apart', ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length)}`,
          rows: [1, 64].map((apart) => [
            String(apart),
            ...view.strategies.map((id) =>
              ['words', 'lines', 'chain'].map((name) => cell(view.count('listing', id, { apart }, name))).join(' / '),
            ),
          ]),
        },
      ],
      evidence: [...TREE.map(([, scenario, params]) => ({ scenario, params })), counted('listing')],
    };
  },
};

const ENOUGH = 1.5;
const HASHED = [1_000, 10_000, 100_000, 1_000_000] as const;

export const E12: Claim = {
  id: 'E12',
  claim: '4,096 hash slots are enough.',
  source: { who: 'the kernel of 2007', where: 'kernel/pid.c, pidhash_init() (2.6.24)', when: '2007-10' },
  measured:
    'Words that a look-up reads with 1,000 to 1,000,000 pids, in 4,096 slots and in a table for that many, counted; its time with 32,000. And the chains of 1,000,000 consecutive numbers in 4,194,304 slots by the constant of 2007 and by one of full entropy.',
  rule: `Holds if a look-up in 4,096 slots reads at most ${ENOUGH}× the words of one in a table for all pids, up to 1,000,000 in hierarchical; in part if up to 10,000.`,
  wouldChange: 'A machine on which never more than some ten thousand processes live.',
  judge(view) {
    const of = (id: string, live: number, hash: string, value: string): number | undefined =>
      view.count('hash', id, { live, hash }, value);
    const times4096 = (live: number): number =>
      (of('hierarchical', live, 'kernel', 'words') ?? Number.NaN) /
      (of('hierarchical', live, 'capacity', 'words') ?? Number.NaN);
    const growth = HASHED.map(times4096);
    if (growth.some(Number.isNaN)) return undecided('the look-ups were not counted');
    const timed = view.pair('lookup-hash', { live: LIVE }, 'hash kernel against capacity', 'hierarchical');
    const hashing = view.strategies.filter((id) => view.tallies('hash', id).length > 0);
    return {
      verdict: growth.every((each) => each <= ENOUGH)
        ? 'holds'
        : growth[1] <= ENOUGH
          ? 'holds in part'
          : 'does not hold',
      answer: `A look-up among 10,000 pids reads ${times(growth[1])} the words, among 100,000 ${times(growth[2])}, and among 1,000,000 ${times(growth[3])}${timed ? `; with 32,000 it takes ${times(timed.factor.value)} the time` : ''}. The 64-bit constant of 2007 makes it worse in any table: it puts 1,000,000 consecutive numbers into ${cell(view.tallies('sparse')[0]?.values.slots)} of 4,194,304 slots.`,
      figures: [
        {
          caption:
            'Words read by a look-up: in 4,096 slots / in a table for all pids (longest wait for one read after the other)',
          head: ['live', ...hashing],
          align: `r${'r'.repeat(hashing.length)}`,
          rows: HASHED.map((live) => [
            cell(live),
            ...hashing.map((id) => {
              const both = ['kernel', 'capacity'].map((sized) => cell(of(id, live, sized, 'words'))).join(' / ');
              return `${both} (${cell(of(id, live, 'kernel', 'longestChain'))})`;
            }),
          ]),
        },
        {
          caption: '1,000,000 consecutive numbers in 4,194,304 slots',
          head: ['multiplier', 'slots in use', 'links followed', 'longest chain'],
          align: 'lrrr',
          rows: view
            .tallies('sparse')
            .map(({ strategy, values }) => [
              strategy,
              ...['slots', 'mean', 'longest'].map((name) => cell(values[name])),
            ]),
        },
      ],
      evidence: [
        counted('hash'),
        counted('sparse'),
        { scenario: 'lookup-hash', params: { live: LIVE, hash: 'kernel' } },
      ],
    };
  },
};
