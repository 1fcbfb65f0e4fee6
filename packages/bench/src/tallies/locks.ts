import { CLONE_NEWPID, type NsRef, type PidAllocator } from '@pidlab/contract';
import { BY_LEVEL, builtFile } from '../builtins.ts';
import { loadObserved, type ObservedStrategy } from '../observe/observe.ts';
import type { Found, Survey } from './tally.ts';
import { meanAndMost, type Seen, Watched } from './watched.ts';

const LIVE = 200;
const SAMPLE = 50;

function chainOf(allocator: PidAllocator, level: number): NsRef {
  let ns = allocator.initPidNs;
  for (let i = 0; i < level; i++) ns = allocator.copyPidNs(CLONE_NEWPID, ns);
  return ns;
}

/** What an allocation in a shared block does at each level. */
function allocations(observed: ObservedStrategy, level: number): { watched: Watched; seen: Seen[] } {
  const watched = new Watched(observed, { capacity: 2 * LIVE, memory: 2 ** 24, shared: true });
  const { allocator } = watched;
  const ns = chainOf(allocator, level);
  for (let i = 0; i < LIVE; i++) allocator.allocPid(ns);
  const seen = Array.from({ length: SAMPLE }, () => watched.watch((a) => a.allocPid(ns)));
  return { watched, seen };
}

/** Times that a map's lock is taken: a lock is taken by one exchange and let go of by another. */
function roundsIn(watched: Watched, seen: readonly Seen[]): number {
  return meanAndMost(seen.map((each) => watched.to(each, 'header.mapLock').filter(isExchange).length / 2)).mean;
}

const isExchange = ({ kind }: { readonly kind: string }): boolean => kind === 'atomic';

/** How often the lock of the numbers is taken for a pid: claim E13. */
export const locks: Survey = {
  id: 'locks',
  question: 'How often is the lock of the numbers taken to make a pid?',
  counted: `the mean of ${SAMPLE} allocPid in a shared block, by level: times that mapLock is taken, and atomic operations in all; \`rounds\` is once for all levels, or once for each and once more to publish`,
  async ask({ id, observed, module, file }) {
    if (!observed || !module.traits.shared) return [];
    const deepest = Math.min(4, module.traits.maxLevel);
    const variants: (readonly [string, ObservedStrategy])[] = [['once', observed]];
    // Only the built-in design has its older self at hand.
    if (id === 'idr' && file === builtFile('idr')) variants.push(['each level', await loadObserved(BY_LEVEL)]);
    return variants.flatMap(([rounds, strategy]) =>
      Array.from({ length: deepest + 1 }, (_, level): Found => {
        const { watched, seen } = allocations(strategy, level);
        const atomics = meanAndMost(seen.map((each) => each.atomics)).mean;
        return { params: { level, rounds }, values: { lockRounds: roundsIn(watched, seen), atomics } };
      }),
    );
  },
};

/** Writes to the count of references of a namespace: claim E5. */
export const references: Survey = {
  id: 'references',
  question: 'How often does making and ending pids write to the references of their namespace?',
  counted:
    'writes and atomic operations on the reference count of any namespace for each freePid and allocPid, in a namespace with 1,000 pids',
  ask({ observed, module }) {
    if (!observed) return [];
    const blocks = module.traits.shared ? (['plain', 'shared'] as const) : (['plain'] as const);
    return blocks.map((block) => {
      const watched = new Watched(observed, { capacity: 2_000, ...(block === 'shared' ? { shared: true } : {}) });
      const { allocator } = watched;
      const ns = allocator.copyPidNs(CLONE_NEWPID, allocator.initPidNs);
      const pids = Array.from({ length: 1_000 }, () => allocator.allocPid(ns));
      const changes = pids.slice(0, 200).map((pid) => {
        const seen = watched.watch((a) => {
          a.freePid(pid);
          a.allocPid(ns);
        });
        const counts = watched.to(seen, 'pid_namespace.count');
        return counts.filter(({ kind }) => kind !== 'read').length;
      });
      return { params: { block }, values: { writes: meanAndMost(changes).mean } };
    });
  },
};
