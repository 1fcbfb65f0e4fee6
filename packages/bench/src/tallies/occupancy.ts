import { PID_MAX_DEFAULT, type PidAllocator, type PidRef } from '@pidlab/contract';
import { indices, permutation } from '../random.ts';
import type { Found, Survey } from './tally.ts';
import { meanAndMost, type Seen, Watched } from './watched.ts';

/** Shares of the numbers that are taken, in per cent. */
export const OCCUPANCIES = [0, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99] as const;
const SAMPLE = 300;
/** So that every number comes round again. */
const FLOOR = 1;
const NUMBERS = PID_MAX_DEFAULT - 1;

/** Allocation with ever fewer free numbers, which lie anywhere: claim E1. */
export const occupancy: Survey = {
  id: 'occupancy',
  question: 'What does an allocation read when ever more of the numbers are taken?',
  counted: `the mean of ${SAMPLE} allocPid in the root with 32,768 numbers, of which a share is taken, anywhere; after each a random pid is freed`,
  ask({ observed }) {
    if (!observed) return [];
    const watched = new Watched(observed, {
      capacity: PID_MAX_DEFAULT,
      pidMax: PID_MAX_DEFAULT,
      floors: { root: FLOOR, child: FLOOR },
    });
    const { allocator } = watched;
    const made = Array.from({ length: NUMBERS }, () => allocator.allocPid(allocator.initPidNs));
    // In random order, so that those that stay have numbers anywhere.
    const live = Array.from(permutation(1, NUMBERS), (slot) => made[slot]);
    const found: Found[] = [];
    for (const percent of [...OCCUPANCIES].reverse()) {
      const keep = Math.min(NUMBERS - 1, Math.round((percent / 100) * NUMBERS));
      for (const pid of live.splice(keep)) allocator.freePid(pid);
      found.unshift(sample(watched, live, percent));
    }
    return found;
  },
};

/** Leaves as many pids alive as there were. */
function sample(watched: Watched, live: PidRef[], percent: number): Found {
  const { allocator } = watched;
  const victims = indices(2, SAMPLE, live.length + 1);
  const seen: Seen[] = [];
  let first = 0;
  for (const victim of victims) {
    const next = candidateOf(allocator);
    seen.push(watched.watch((a) => live.push(a.allocPid(a.initPidNs))));
    if (allocator.lastPid(allocator.initPidNs) === next) first++;
    const gone = live[victim];
    live[victim] = live[live.length - 1];
    live.pop();
    allocator.freePid(gone);
  }
  return { params: { percent }, values: { firstShare: first / SAMPLE, ...readBy(watched, seen) } };
}

/** The number after the cursor: what an allocation tries first. */
function candidateOf(allocator: PidAllocator): number {
  const next = allocator.lastPid(allocator.initPidNs) + 1;
  return next >= PID_MAX_DEFAULT ? FLOOR : next;
}

/** Words read in all, entries of the map, and words of bitmaps or nodes. */
export function readBy(watched: Watched, seen: readonly Seen[]): Record<string, number> {
  const words = meanAndMost(seen.map(({ reads, atomics }) => reads + atomics));
  const entries = meanAndMost(seen.map((each) => entriesIn(watched, each)));
  const bits = meanAndMost(seen.map((each) => readsOf(watched, each, 'bitmap.')));
  const nodes = meanAndMost(seen.map((each) => readsOf(watched, each, 'radix_tree_node.')));
  return {
    words: words.mean,
    mostWords: words.most,
    entries: entries.mean,
    mostEntries: entries.most,
    bitmapBytes: 4 * bits.mean,
    mostBitmapBytes: 4 * bits.most,
    nodeWords: nodes.mean,
    mostNodeWords: nodes.most,
  };
}

/** Different entries of the pidmap that were read: each has two words. */
function entriesIn(watched: Watched, seen: Seen): number {
  return new Set(watched.to(seen, 'pidmap.').map(({ at }) => at >> 1)).size;
}

/** Different words of such records that were read. */
function readsOf(watched: Watched, seen: Seen, record: string): number {
  const reads = watched.to(seen, record).filter(({ kind }) => kind !== 'write');
  return new Set(reads.map(({ at }) => at)).size;
}
