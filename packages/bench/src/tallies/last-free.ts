import type { PidAllocator } from '@pidlab/contract';
import { indices } from '../random.ts';
import { readBy } from './occupancy.ts';
import { allocatorOf, type Found, type Survey, type Surveyed } from './tally.ts';
import { type Seen, Watched } from './watched.ts';

/** All but one of these are taken: 32 pages of a pidmap. */
const MILLION = 2 ** 20;
/** In a shared block, where they cannot be copied and have to be made one by one: two pages. */
const SHARED_NUMBERS = 2 ** 16;
const SAMPLE = 100;

/** Allocation where a single number is free, wherever it is: claim E2. */
export const lastFree: Survey = {
  id: 'last-free',
  question: 'What does an allocation read when all numbers but one are taken?',
  counted: `mean and most of allocPid in the root with all but one number taken, at ${SAMPLE} places of the free one, drawn at random, and at the ends of pages: in a block for one thread among 1,048,576 numbers, in a shared one among 65,536`,
  ask(surveyed) {
    const { observed, module } = surveyed;
    if (!observed) return [];
    const modes = module.traits.shared ? (['plain', 'shared'] as const) : (['plain'] as const);
    return modes.map((mode) => found(surveyed, mode));
  },
};

function found(surveyed: Surveyed, block: 'plain' | 'shared'): Found {
  const numbers = block === 'plain' ? MILLION : SHARED_NUMBERS;
  const watched = fullOf(surveyed, numbers, block);
  const { allocator } = watched;
  const root = allocator.initPidNs;
  const seen: Seen[] = [];
  for (const nr of placesIn(numbers)) {
    const pid = allocator.findPidNs(nr, root);
    if (pid === undefined) throw new Error(`${surveyed.id}: nobody has number ${nr}`);
    allocator.freePid(pid);
    seen.push(watched.watch((a) => a.allocPid(a.initPidNs)));
    if (allocator.lastPid(root) !== nr) throw new Error(`${surveyed.id}: not ${nr}, the only free number, was given`);
  }
  return { params: { block, numbers }, values: { places: seen.length, ...readBy(watched, seen) } };
}

function fullOf(surveyed: Surveyed, numbers: number, block: 'plain' | 'shared'): Watched {
  const { observed } = surveyed;
  if (!observed) throw new Error(`${surveyed.id} cannot be observed`);
  const options = { capacity: numbers, pidMax: numbers, ...(block === 'shared' ? { shared: true } : {}) };
  const watched = new Watched(observed, options);
  if (block === 'shared') {
    fill(watched.allocator, numbers);
  } else {
    const made = allocatorOf(surveyed, options);
    fill(made, numbers);
    watched.become(made);
  }
  return watched;
}

function fill(allocator: PidAllocator, numbers: number): void {
  for (let nr = 1; nr < numbers; nr++) allocator.allocPid(allocator.initPidNs);
}

/** Places of the free number: the cursor stands on the one before, so each comes from somewhere else. */
function placesIn(numbers: number): number[] {
  const drawn = Array.from(indices(3, SAMPLE, numbers - 1_000), (at) => at + 1_000);
  const ends = [1, 2, numbers >> 15].flatMap((page) => [page * 32_768 - 1, (page - 1) * 32_768 + 300]);
  // Just behind the cursor: everything else is looked at first.
  const behind = drawn.slice(0, 20).flatMap((nr) => [nr, nr - 1]);
  return [...drawn, ...ends, ...behind, ...[...ends].reverse()];
}
