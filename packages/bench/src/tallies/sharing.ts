import { CLONE_NEWPID, type NsRef, type PidAllocator, type PidRef } from '@pidlab/contract';
import type { ObservedStrategy } from '../observe/observe.ts';
import { indices } from '../random.ts';
import type { Params } from '../scenario.ts';
import type { Found, Survey } from './tally.ts';

const LINE_SHIFT = 4;
const LIVE = 500;
const ROUNDS = 400;
const GRID = [
  { namespaces: 'own', window: 1 },
  { namespaces: 'own', window: 512 },
  { namespaces: 'same', window: 1 },
  { namespaces: 'same', window: 512 },
] as const;

/**
 * The caches of two cores, as far as they hand lines to each other: a line is at several of them while nobody writes to it,
 * and at one alone when somebody does.
 */
class Caches {
  /** Who has a line: a bit for each core. */
  readonly #holders: Map<number, number> = new Map();
  fetched = 0;

  access(core: number, at: number, isWrite: boolean): void {
    const line = at >>> LINE_SHIFT;
    const me = 1 << core;
    const holders = this.#holders.get(line) ?? me;
    const isHere = isWrite ? holders === me : (holders & me) !== 0;
    if (!isHere) this.fetched++;
    this.#holders.set(line, isWrite ? me : holders | me);
  }
}

interface Worker {
  readonly allocator: PidAllocator;
  readonly ns: NsRef;
  readonly pids: PidRef[];
  readonly victims: Int32Array;
}

function workersOf(observed: ObservedStrategy, { namespaces, window }: (typeof GRID)[number]): Worker[] {
  const options = { capacity: 2 * LIVE, shared: true, workers: 3, window, generationBase: 1 };
  const founder = observed.createPidAllocator(options);
  const open = (): NsRef => founder.copyPidNs(CLONE_NEWPID, founder.initPidNs);
  const first = open();
  const spaces = [first, namespaces === 'own' ? open() : first];
  const workers = spaces.map((ns, seed): Worker => {
    const allocator = observed.attachPidAllocator(founder.share());
    return { allocator, ns, pids: [], victims: indices(seed + 1, 2 * ROUNDS, LIVE) };
  });
  for (let i = 0; i < LIVE; i++) for (const { allocator, ns, pids } of workers) pids.push(allocator.allocPid(ns));
  return workers;
}

/** Lines fetched for each freePid and allocPid, once the caches know the block. */
function fetchedBy(observed: ObservedStrategy, params: (typeof GRID)[number]): number {
  const workers = workersOf(observed, params);
  const caches = new Caches();
  const stops = workers.map(({ allocator }, core) =>
    observed.observe(allocator, ({ at, isWrite }) => caches.access(core, at, isWrite)),
  );
  const churn = (from: number): void => {
    for (let round = from; round < from + ROUNDS; round++)
      for (const { allocator, ns, pids, victims } of workers) {
        allocator.freePid(pids[victims[round]]);
        pids[victims[round]] = allocator.allocPid(ns);
      }
  };
  churn(0);
  caches.fetched = 0;
  churn(ROUNDS);
  for (const stop of stops) stop();
  return caches.fetched / (2 * ROUNDS);
}

/** What two workers write in common: claim F5. */
export const sharing: Survey = {
  id: 'sharing',
  question: 'How many lines does a worker fetch from the cache of another?',
  counted: `lines of 64 bytes for each freePid and allocPid that have been written to by the other worker since, or are written to and the other has read; two workers that take turns pair by pair, among ${LIVE} pids each`,
  ask({ observed, module }) {
    if (!observed || module.traits.shared !== true) return [];
    return GRID.map(
      (params): Found => ({ params: { ...params } satisfies Params, values: { lines: fetchedBy(observed, params) } }),
    );
  },
};
