import { figure, times } from '../format.ts';
import { OCCUPANCIES } from '../tallies/occupancy.ts';
import { SEARCH, TASKS } from '../tallies/reckoned.ts';
import { type Claim, counted, undecided } from './rule.ts';
import { BITMAPS, cell, ratioCell, share } from './view.ts';

const HEADER = 'kernel/pid.c, the comment at its head (2.6.24)';
const IRWIN = 'William Irwin and Ingo Molnar';

const OFTEN = 0.5;
const BUSY = 25;

export const E1: Claim = {
  id: 'E1',
  claim: 'The usual allocation is one successful set-bit.',
  source: { who: IRWIN, where: HEADER, when: '2002-09' },
  measured:
    'How many of 300 allocations took the bit after the cursor, and what each read, in a root with 32,768 numbers of which a share is taken, anywhere. How full a real system is, by the recorded builds.',
  rule: `Holds if more than half of the allocations take the first bit with ${BUSY} % of the numbers taken, in every design with a bitmap, and the recorded builds are emptier than that; in part if only one of the two is so.`,
  wouldChange: 'A system that lives with more than half of its numbers taken: then most allocations look further.',
  judge(view) {
    const shares = BITMAPS.map((design) => view.count('occupancy', design, { percent: BUSY }, 'firstShare'));
    const alive = Math.max(0, ...view.report.replay.map(({ maxAlive }) => maxAlive));
    if (shares.some((each) => each === undefined) || alive === 0)
      return undecided(alive === 0 ? 'no recorded build was replayed' : 'the allocations were not counted');
    const least = Math.min(...(shares as number[]));
    const full = alive / 32_768;
    const [isUsual, isReal] = [least > OFTEN, full < BUSY / 100];
    const words = (percent: number): number | undefined =>
      view.count('occupancy', 'hierarchical', { percent }, 'words');
    return {
      verdict: isUsual && isReal ? 'holds' : isUsual || isReal ? 'holds in part' : 'does not hold',
      answer: `With a quarter of the numbers taken ${share(least)} of the allocations take the first bit, and the recorded builds take ${share(full)} of them at most; even at 99 % it is ${cell(words(99))} words in place of ${cell(words(0))}.`,
      figures: [
        {
          caption: 'Allocations that took the first bit, and words read by one, by how many numbers are taken',
          head: ['taken', 'first bit', ...view.strategies],
          align: `rr${'r'.repeat(view.strategies.length)}`,
          rows: OCCUPANCIES.map((percent) => [
            `${percent} %`,
            share(view.count('occupancy', 'hierarchical', { percent }, 'firstShare') ?? Number.NaN),
            ...view.strategies.map((strategy) => cell(view.count('occupancy', strategy, { percent }, 'words'))),
          ]),
        },
      ],
      evidence: [counted('occupancy')],
    };
  },
};

const ENTRIES = 32;
const PAGE = 4_096;
const WORD = 4;

export const E2: Claim = {
  id: 'E2',
  claim:
    'In the worst case, with all but one of a million numbers taken, an allocation reads 32 map entries and at most one page of bits.',
  source: { who: IRWIN, where: HEADER, when: '2002-09' },
  measured:
    'Map entries and bytes of bitmaps read by an allocation with one number free, at more than a hundred places of it, drawn at random and at the ends of pages: among 1,048,576 numbers in a block for one thread, among 65,536 in a shared one.',
  rule: `Holds if no place takes more than ${ENTRIES} entries and one page and the word of the first try (${cell(PAGE + WORD)} bytes) in any design with a bitmap, in both kinds of block; in part if only in a block for one thread.`,
  wouldChange:
    'A shared block that counts the numbers taken in each page. It does not, since all workers would write that count; so full pages are read there.',
  judge(view) {
    const within = (block: string): boolean | undefined => {
      const found = BITMAPS.map((design) =>
        view.tallies('last-free', design).find(({ params }) => params.block === block),
      );
      if (found.some((each) => !each)) return undefined;
      return found.every(
        (each) => (each?.values.mostEntries ?? 0) <= ENTRIES && (each?.values.mostBitmapBytes ?? 0) <= PAGE + WORD,
      );
    };
    const [plain, shared] = [within('plain'), within('shared')];
    if (plain === undefined || shared === undefined) return undecided('the reads were not counted');
    const of = (strategy: string, block: string, value: string): number | undefined =>
      view.count('last-free', strategy, { block }, value);
    const pages = (of('hierarchical', 'shared', 'mostBitmapBytes') ?? 0) / PAGE;
    return {
      verdict: plain && shared ? 'holds' : plain ? 'holds in part' : 'does not hold',
      answer: `In a block for one thread it is ${cell(of('hierarchical', 'plain', 'mostEntries'))} entries and ${cell(of('hierarchical', 'plain', 'mostBitmapBytes'))} bytes at most, ${cell(of('hierarchical', 'plain', 'bitmapBytes'))} in the mean${shared ? '' : `; in a shared block full pages are not stepped over, and all ${figure(Math.ceil(pages))} are read`}. The tree of idr reads ${cell(of('idr', 'plain', 'mostNodeWords'))} words of nodes.`,
      figures: [
        {
          caption: 'One number free: the most that an allocation reads, and the mean',
          head: [
            'design',
            'block',
            'numbers',
            'entries',
            'bitmap bytes',
            'in the mean',
            'words of nodes',
            'words in all',
          ],
          align: 'llrrrrrr',
          rows: view
            .tallies('last-free')
            .map(({ strategy, params, values }) => [
              strategy,
              params.block === 'plain' ? 'for one thread' : 'shared',
              cell(Number(params.numbers)),
              ...['mostEntries', 'mostBitmapBytes', 'bitmapBytes', 'mostNodeWords', 'mostWords'].map((name) =>
                cell(values[name]),
              ),
            ]),
        },
      ],
      evidence: [counted('last-free')],
    };
  },
};

const CONSTANT = 1.05;
const GROWTH = 1.5;
const FREED = [1, 1_000, 32_000, 1_000_000] as const;

export const E3: Claim = {
  id: 'E3',
  claim: 'Freeing is O(1).',
  source: { who: IRWIN, where: HEADER, when: '2002-09' },
  measured:
    'Words that freePid reads and writes with 1 to 1,000,000 live pids, counted. The time of freePid and allocPid together with 32,000 and 4,000,000 live, against what the machine makes the bare memory operations pay for so much more memory.',
  rule: `Holds if the mean count with 1,000,000 live is within ${figure(100 * (CONSTANT - 1))} % of that with 1,000 in every design with a bitmap, and the time grows at most ${GROWTH}× as much as that of the floor; in part if only the count does.`,
  wouldChange:
    'A hash table that is too small for its pids: then leaving the chain takes longer the more there are (see E12).',
  judge(view) {
    const words = (design: string, live: number): number | undefined => view.count('free', design, { live }, 'words');
    const growths = BITMAPS.map(
      (design) => (words(design, 1_000_000) ?? Number.NaN) / (words(design, 1_000) ?? Number.NaN),
    );
    if (growths.some(Number.isNaN)) return undecided('freePid was not counted');
    const row = (design: string, live: number) => view.row('churn', { live, level: 0, order: 'random' }, design);
    const inTime = BITMAPS.map((design) => {
      const [mine, floor] = [design, 'floor'].map((id) => view.ratio(row(id, 4_000_000), row(id, 32_000)));
      return mine && floor && mine.value / floor.value;
    });
    const isConstant = growths.every((growth) => growth <= CONSTANT);
    const known = inTime.filter((each) => each !== undefined);
    const isTimely = known.every((each) => each <= GROWTH);
    if (isConstant && known.length === 0)
      return undecided('the time with 4,000,000 live pids was not measured; the counts are constant');
    return {
      verdict: isConstant && isTimely ? 'holds' : isConstant ? 'holds in part' : 'does not hold',
      answer: `freePid touches ${cell(words('hierarchical', 1_000))} words with 1,000 live pids and ${cell(words('hierarchical', 1_000_000))} with 1,000,000; its time grows ${known.map((each) => times(each)).join(', ')} as much as that of the bare memory operations (${BITMAPS.join(', ')}).`,
      figures: [
        {
          caption: 'Words that freePid reads and writes, in the mean',
          head: ['live', ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length)}`,
          rows: FREED.map((live) => [cell(live), ...view.strategies.map((id) => cell(words(id, live)))]),
        },
        {
          caption: 'freePid and allocPid together, 4,000,000 live against 32,000',
          head: ['', ...view.strategies, 'floor'],
          align: `l${'r'.repeat(view.strategies.length + 1)}`,
          rows: [
            [
              'times the time',
              ...[...view.strategies, 'floor'].map((id) => ratioCell(view.ratio(row(id, 4_000_000), row(id, 32_000)))),
            ],
          ],
        },
      ],
      evidence: [
        counted('free'),
        { scenario: 'churn', params: { order: 'random', level: 0, live: 4_000_000 } },
        { scenario: 'churn', params: { order: 'random', level: 0, live: 32_000 } },
      ],
    };
  },
};

const FEW = [0, 1, 1_000, 30_000] as const;

export const E4: Claim = {
  id: 'E4',
  claim: 'A low pid_max costs no bitmaps, and yet the map grows to four million numbers at run time.',
  source: { who: 'Ingo Molnar', where: 'kernel/pid.c, the comment above the map (2.6.24)', when: '2002-09' },
  measured:
    'Bytes of the root’s bitmaps, or nodes, with 0 to 30,000 numbers taken; again after pidMax went from 32,768 to 4,194,304; and once more after the last of those numbers was taken.',
  rule: `Holds if a map for 32,768 numbers takes one page, a wider range adds nothing, and its last number one page more, in every design with a bitmap; in part if only the wider range is free of charge.`,
  wouldChange: 'A map that is allocated whole: at 4,194,304 numbers it would take 524,288 bytes for each namespace.',
  judge(view) {
    const of = (design: string, pids: number, value: string): number | undefined =>
      view.count('bitmaps', design, { pids }, value);
    const all = BITMAPS.flatMap((design) =>
      FEW.map((pids) => ({
        bytes: of(design, pids, 'bytes'),
        widened: of(design, pids, 'widened'),
        last: of(design, pids, 'last'),
      })),
    );
    if (all.some(({ bytes }) => bytes === undefined)) return undecided('the bitmaps were not counted');
    const isFree = all.every(({ bytes, widened }) => widened === bytes);
    const isOne = all.every(({ bytes, last }) => (bytes ?? 0) <= PAGE && (last ?? 0) <= 2 * PAGE);
    return {
      verdict: isFree && isOne ? 'holds' : isFree ? 'holds in part' : 'does not hold',
      answer: `A map takes ${cell(of('hierarchical', 0, 'bytes'))} bytes up to 32,768 numbers and not one more when its range becomes 4,194,304; number 4,194,303 costs a second page. A tree takes ${cell(of('idr', 0, 'bytes'))} bytes when it is empty and ${cell(of('idr', 30_000, 'bytes'))} with 30,000 numbers.`,
      figures: [
        {
          caption: 'Bytes of the root’s map: at 32,768 numbers → widened to 4,194,304 → with number 4,194,303',
          head: ['numbers taken', ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length)}`,
          rows: FEW.map((pids) => [
            cell(pids),
            ...view.strategies.map((id) =>
              ['bytes', 'widened', 'last'].map((name) => cell(of(id, pids, name))).join(' → '),
            ),
          ]),
        },
      ],
      evidence: [counted('bitmaps'), { scenario: 'namespace-memory', params: { pids: 0 } }],
    };
  },
};

const STEADY = 1.1;
const EXPLODED = 10;

export const E10: Claim = {
  id: 'E10',
  claim: 'The bitmap made the cost of a new pid independent of the number of tasks.',
  source: { who: 'Ingo Molnar', where: 'the posting of the bitmap allocator on linux-kernel', when: '2002-09' },
  measured:
    'Tasks that the search of before 2002 looks at for one new number, and words that allocPid reads, with 250 to 50,000 tasks among 65,536 numbers, after random ends; counted. The same search as a baseline of churn, timed.',
  rule: `Holds if the words that allocPid reads with 50,000 tasks are at most ${STEADY}× those with 250 in every design with a bitmap, and the old search looks at more than ${EXPLODED}× as many tasks with 10,000 as with 1,000; in part if only the first is so.`,
  wouldChange:
    'A range that is nearly full: then the bitmap is searched as well (E1), though never further than E2 says.',
  historic: {
    caption: 'September 2002: seconds for 4 × 1,000,000 threads, made and ended',
    head: ['', '250 tasks', '1,000', '5,000', '10,000', '50,000'],
    align: 'lrrrrr',
    rows: [
      ['search over all tasks', '21.2', '23.0', '47.4', 'did not finish', 'did not finish'],
      ['bitmap', '23.8', '23.8', '24.1', '25.5', '27.7'],
    ],
  },
  judge(view) {
    const looked = (id: string, tasks: number): number | undefined => view.count('search', id, { tasks }, 'looked');
    const growth = BITMAPS.map((id) => (looked(id, 50_000) ?? Number.NaN) / (looked(id, 250) ?? Number.NaN));
    const old = (looked(SEARCH, 10_000) ?? Number.NaN) / (looked(SEARCH, 1_000) ?? Number.NaN);
    if ([...growth, old].some(Number.isNaN)) return undecided('the searches were not counted');
    const isSteady = growth.every((each) => each <= STEADY);
    return {
      verdict: isSteady && old > EXPLODED ? 'holds' : isSteady ? 'holds in part' : 'does not hold',
      answer: `For a new number the old search looks at ${cell(looked(SEARCH, 1_000))} tasks of 1,000, ${cell(looked(SEARCH, 10_000))} of 10,000 and ${cell(looked(SEARCH, 50_000))} of 50,000; a bitmap reads ${cell(looked('hierarchical', 250))} words with 250 and ${cell(looked('hierarchical', 50_000))} with 50,000, all of allocPid included.`,
      figures: [
        {
          caption: 'Tasks looked at, or words read, for one new pid',
          head: ['tasks', SEARCH, ...view.strategies],
          align: `r${'r'.repeat(view.strategies.length + 1)}`,
          rows: TASKS.map((tasks) => [
            cell(tasks),
            ...[SEARCH, ...view.strategies].map((id) => cell(looked(id, tasks))),
          ]),
        },
      ],
      evidence: [counted('search'), { scenario: 'churn', params: { order: 'random', level: 0, live: 32_000 } }],
    };
  },
};
