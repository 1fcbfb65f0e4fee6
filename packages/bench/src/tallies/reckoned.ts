import { RESERVED_PIDS } from '@pidlab/contract';
import { indices } from '../random.ts';
import { TaskSearch } from './before-2002.ts';
import { allocatorOf, type Found, type Reckoning, type Survey, type Tally } from './tally.ts';
import { meanAndMost, Watched } from './watched.ts';

/** The sizes of 2002, in as many numbers as the largest needs. */
export const TASKS = [250, 1_000, 5_000, 10_000, 50_000] as const;
const PID_MAX = 65_536;
const SAMPLE = 2_000;
/** Name of the row. */
export const SEARCH = 'search of before 2002';

/** The search of before 2002 by number of tasks: claim E10. */
const search: Reckoning = {
  id: 'search',
  question: 'What does finding a free number read, by how many tasks there are?',
  counted: `the mean of ${SAMPLE.toLocaleString('en')} allocations, before each of which a random pid is freed: tasks looked at by the search, words read by allocPid; among 65,536 numbers`,
  reckon: () => TASKS.map((tasks) => ({ strategy: SEARCH, params: { tasks }, values: searched(tasks) })),
};

function searched(count: number): Tally['values'] {
  const search = new TaskSearch(PID_MAX);
  const tasks = new Int32Array(count);
  for (let i = 0; i < count; i++) tasks[i] = i + 1;
  // Once round, so that the numbers lie anywhere: the cursor is behind the last of them.
  const scattered = indices(11, count, PID_MAX - RESERVED_PIDS);
  const taken = new Set<number>();
  for (let i = 0; i < count; i++) {
    let nr = RESERVED_PIDS + scattered[i];
    while (taken.has(nr)) nr = nr + 1 < PID_MAX ? nr + 1 : RESERVED_PIDS;
    taken.add(nr);
    tasks[i] = nr;
  }
  const victims = indices(12, SAMPLE, count);
  for (const victim of victims) {
    // The youngest task is at the front of the list's end.
    tasks[victim] = tasks[count - 1];
    tasks[count - 1] = search.next(tasks, count - 1);
  }
  return { looked: search.looked / SAMPLE };
}

/** The same question to a strategy. */
export const searchOfStrategy: Survey = {
  id: 'search',
  question: search.question,
  counted: search.counted,
  ask(surveyed) {
    const { observed } = surveyed;
    if (!observed) return [];
    return TASKS.map((count): Found => {
      const options = { capacity: count + 1, pidMax: PID_MAX };
      const made = allocatorOf(surveyed, options);
      const root = made.initPidNs;
      const pids = Array.from(indices(11, count, PID_MAX - RESERVED_PIDS), (at) => {
        made.setLastPid(root, RESERVED_PIDS + at - 1);
        return made.allocPid(root);
      });
      made.setLastPid(root, 0);
      const watched = new Watched(observed, options);
      watched.become(made);
      const { allocator } = watched;
      const reads: number[] = [];
      for (const victim of indices(12, SAMPLE / 10, count)) {
        allocator.freePid(pids[victim]);
        const seen = watched.watch((a) => Object.assign(pids, { [victim]: a.allocPid(root) }));
        reads.push(seen.reads);
      }
      return { params: { tasks: count }, values: { looked: meanAndMost(reads).mean } };
    });
  },
};

const KEYS = 1_000_000;
const SLOT_BITS = 22;

/** A multiplier of 64 bits, as two halves. */
interface Multiplier {
  readonly name: string;
  readonly high: number;
  readonly low: number;
}

/** The constant of 2007 is a sum of few powers of two; the golden ratio has full entropy. */
const MULTIPLIERS: readonly Multiplier[] = [
  { name: 'constant of 2007, 64 bits', high: 0x9e37_ffff, low: 0xfffc_0001 },
  { name: 'golden ratio, 64 bits', high: 0x61c8_8646, low: 0x80b5_83eb },
];

/** Chains by the constant of the hash function: claim E12. */
const sparse: Reckoning = {
  id: 'sparse',
  question: 'What does the constant of the hash function do to the chains?',
  counted:
    '1,000,000 consecutive numbers in 4,194,304 slots by the upper bits of a product of 64 bits: slots in use, links that a look-up follows in the mean, and the longest chain',
  reckon: () =>
    MULTIPLIERS.map((multiplier) => ({ strategy: multiplier.name, params: {}, values: chains(multiplier) })),
};

function chains({ high, low }: Multiplier): Tally['values'] {
  const lengths = new Int32Array(2 ** SLOT_BITS);
  let used = 0;
  let longest = 0;
  let followed = 0;
  for (let nr = 1; nr <= KEYS; nr++) {
    const slot = slotOf(nr, high, low);
    if (lengths[slot] === 0) used++;
    longest = Math.max(longest, ++lengths[slot]);
    followed += lengths[slot];
  }
  return { slots: used, mean: followed / KEYS, longest };
}

/** The upper 22 bits of `nr` times the constant, modulo 2^64. A number has at most 22 bits, so no product leaves 2^53 by far. */
function slotOf(nr: number, high: number, low: number): number {
  // 16 bits at a time, so that every product is exact.
  const p0 = nr * (low & 0xffff);
  const p1 = nr * (low >>> 16) + Math.floor(p0 / 65_536);
  const upper = (nr * high + Math.floor(p1 / 65_536)) % 2 ** 32;
  return Math.floor(upper / 2 ** (32 - SLOT_BITS));
}

/** What is counted of no strategy. */
export const RECKONINGS: readonly Reckoning[] = [search, sparse];

/** The same, counted. */
export function reckonedTallies(): Tally[] {
  return RECKONINGS.flatMap(({ id, reckon }) => reckon().map((tally) => ({ survey: id, ...tally })));
}
