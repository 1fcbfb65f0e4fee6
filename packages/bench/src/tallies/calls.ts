import { CLONE_NEWPID, type NsRef, type PidAllocator, type PidRef } from '@pidlab/contract';
import { indices, permutation } from '../random.ts';
import { allocatorOf, type Found, type Survey, type Surveyed } from './tally.ts';
import { meanAndMost, type Seen, Watched } from './watched.ts';

const DEEPEST = 8;
const LIVE = 1_000;
const SAMPLE = 50;

const touched = ({ reads, writes, atomics }: Seen): number => reads + writes + atomics;
const mean = (seen: readonly Seen[], of: (each: Seen) => number): number => meanAndMost(seen.map(of)).mean;

/** One level more: for the curve, and for what claim E9 says of being inside. */
export const levels: Survey = {
  id: 'levels',
  question: 'What does one more level cost a call?',
  counted: `the mean of ${SAMPLE} calls each, among 1,000 live pids of one namespace of that level: words read and written, and lines of 64 bytes touched`,
  ask({ observed, module }) {
    if (!observed) return [];
    const deepest = Math.min(DEEPEST, module.traits.maxLevel);
    return Array.from({ length: deepest + 1 }, (_, level): Found => {
      const watched = new Watched(observed, { capacity: 2 * LIVE, memory: 2 ** 26 });
      const { allocator } = watched;
      const ns = chainOf(allocator, level);
      const pids = Array.from({ length: LIVE }, () => allocator.allocPid(ns));
      const seen: Record<'find' | 'translate' | 'free' | 'alloc', Seen[]> = {
        find: [],
        translate: [],
        free: [],
        alloc: [],
      };
      for (const slot of indices(5, SAMPLE, LIVE)) {
        const nr = allocator.pidNrNs(pids[slot], ns);
        seen.find.push(watched.watch((a) => a.findPidNs(nr, ns)));
        seen.translate.push(watched.watch((a) => a.pidNrNs(pids[slot], a.initPidNs)));
        seen.free.push(watched.watch((a) => a.freePid(pids[slot])));
        seen.alloc.push(watched.watch((a) => Object.assign(pids, { [slot]: a.allocPid(ns) })));
      }
      const values = Object.entries(seen).flatMap(([call, all]) => [
        [`${call}Words`, mean(all, touched)],
        [`${call}Lines`, mean(all, ({ lines }) => lines)],
      ]);
      return { params: { level }, values: Object.fromEntries(values) };
    });
  },
};

function chainOf(allocator: PidAllocator, level: number): NsRef {
  let ns = allocator.initPidNs;
  for (let i = 0; i < level; i++) ns = allocator.copyPidNs(CLONE_NEWPID, ns);
  return ns;
}

const LISTED = 10_000;

/** A walk over 10,000 pids: claim E11. */
export const listing: Survey = {
  id: 'listing',
  question: 'What does a list of 10,000 processes read, one after the other?',
  counted: `a walk by findGePid over 10,000 pids in the root, \`apart\` numbers from one another: words read, lines touched and reads that wait for one another, for each pid listed`,
  ask(surveyed) {
    const { observed } = surveyed;
    if (!observed) return [];
    return [1, 64].map((apart) => {
      const options = { capacity: LISTED, pidMax: 2 ** 22 };
      const made = allocatorOf(surveyed, options);
      for (let i = 0; i < LISTED; i++) {
        made.setLastPid(made.initPidNs, i * apart);
        made.allocPid(made.initPidNs);
      }
      const watched = new Watched(observed, options);
      watched.become(made);
      const seen: Seen[] = [];
      const { allocator } = watched;
      for (let nr = 1, listed = 0; listed < LISTED; listed++) {
        let pid: PidRef | undefined;
        const walk = watched.watch((a) => {
          pid = a.findGePid(nr, a.initPidNs);
        });
        if (pid === undefined) throw new Error(`${surveyed.id}: the walk ended after ${listed} pids`);
        nr = allocator.pidNrNs(pid, allocator.initPidNs) + 1;
        // Every tenth is enough, at this size.
        if (listed % 10 === 0) seen.push(walk);
      }
      return {
        params: { apart },
        values: {
          words: mean(seen, ({ reads }) => reads),
          lines: mean(seen, ({ lines }) => lines),
          chain: mean(seen, ({ chain }) => chain),
        },
      };
    });
  },
};

/** Up to how many pids the table of 2007 is tried with. */
const HASHED = [1_000, 10_000, 100_000, 1_000_000];
const GIBIBYTE = 2 ** 30;

/** Chains in tables of either size: claim E12. */
export const hash: Survey = {
  id: 'hash',
  question: 'How long are the chains of the hash table?',
  counted:
    'findPidNs of 200 live numbers in the root, drawn at random: words read, and reads that wait for one another, mean and most; in a table for as many pids as live, and in one of 4,096 slots',
  ask(surveyed) {
    const { observed } = surveyed;
    if (!observed || !followsHash(surveyed)) return [];
    return HASHED.flatMap((live) =>
      (['capacity', 'kernel'] as const).map((sized): Found => {
        const options = { capacity: live, pidMax: 2 ** 22, memory: GIBIBYTE, hash: sized };
        const made = allocatorOf(surveyed, options);
        for (let i = 0; i < live; i++) made.allocPid(made.initPidNs);
        const watched = new Watched(observed, options);
        watched.become(made);
        const seen = Array.from(indices(6, 200, live), (at) =>
          watched.watch((a) => {
            if (a.findPidNs(at + 1, a.initPidNs) === undefined) throw new Error(`nobody finds ${at + 1}`);
          }),
        );
        const words = meanAndMost(seen.map(({ reads }) => reads));
        const chain = meanAndMost(seen.map((each) => each.chain));
        return {
          params: { live, hash: sized },
          values: { words: words.mean, mostWords: words.most, chain: chain.mean, longestChain: chain.most },
        };
      }),
    );
  },
};

/** Whether its tables follow the option `hash`; a tree has none. */
function followsHash(surveyed: Surveyed): boolean {
  const slots = (sized: 'capacity' | 'kernel'): string =>
    JSON.stringify(allocatorOf(surveyed, { capacity: 64, memory: 2 ** 26, hash: sized }).stats().hashTables);
  return slots('kernel') !== slots('capacity');
}

const ACCESSED = 100_000;
const ASKED = 10_000;
/** The hottest share of the pids. */
const HOT = 0.01;

/** Look-ups that go to few pids or to all: for the curve. */
export const access: Survey = {
  id: 'access',
  question: 'How much memory do look-ups touch, by how many of them go to the same few pids?',
  counted: `different lines of 64 bytes that ${ASKED.toLocaleString('en')} findPidNs touch among ${ACCESSED.toLocaleString('en')} live pids, of which so many per cent ask for one in a hundred of the pids`,
  ask(surveyed) {
    const { observed } = surveyed;
    if (!observed) return [];
    const options = { capacity: ACCESSED, pidMax: 2 ** 22 };
    const made = allocatorOf(surveyed, options);
    for (let i = 0; i < ACCESSED; i++) made.allocPid(made.initPidNs);
    const watched = new Watched(observed, options);
    watched.become(made);
    const order = permutation(7, ACCESSED);
    return [1, 25, 50, 75, 90, 99].map((percent): Found => {
      const asked = askedOf(order, percent);
      const { lines } = watched.watch((a) => {
        for (const at of asked) a.findPidNs(at + 1, a.initPidNs);
      });
      return { params: { percent }, values: { lines: lines / ASKED } };
    });
  },
};

function askedOf(order: Int32Array, percent: number): number[] {
  const hot = indices(8, ASKED, ACCESSED * HOT);
  const any = indices(9, ASKED, ACCESSED);
  const dice = indices(10, ASKED, 10_000);
  // One in a hundred of those who ask for anybody ask for a hot one as well.
  const share = (percent / 100 - HOT) / (1 - HOT);
  return Array.from(dice, (die, i) => order[die < 10_000 * share ? hot[i] : any[i]]);
}
