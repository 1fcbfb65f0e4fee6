import { CLONE_NEWPID, PID_MAX_LIMIT, type PidAllocator } from '@pidlab/contract';
import { createChain } from '../populate.ts';
import { grid, numberOf, type OnceScenario, once } from '../scenario.ts';
import type { Subject, Workload } from '../workload.ts';

/** Bytes of the process that are in memory, after the garbage collector has been. */
function residentBytes(): number {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** What the allocator itself says; baselines cannot say. */
function statsOf(subject: Subject, workload: Workload): ReturnType<PidAllocator['stats']> {
  if (!subject.strategy) throw new Error(`${subject.id} keeps no account of its memory`);
  return (workload as unknown as PidAllocator).stats();
}

/** Unit: bytes per pid. By the process (`resident`), and by the allocator's own account (`stats`). */
export const memory: OnceScenario = once({
  id: 'memory',
  question: 'How many bytes does a pid take, everything included?',
  timed:
    "`by: 'process'`: growth of the resident memory of the process from before the allocator is made until `live` pids are, over `live`; `by: 'stats'`: usedBytes of the allocator, over `live` (header, hash tables, bitmaps, records)",
  notTimed: 'arrays of handles: none are kept, the pids are reached by number',
  unit: 'pid',
  measures: 'bytes',
  plan: {
    quick: grid({ by: ['stats', 'process'], level: [0], live: [1_000_000] }),
    lab: [
      ...grid({ by: ['stats'], level: [0, 1], live: [32_000, 1_000_000] }),
      ...grid({ by: ['process'], level: [0], live: [1_000_000] }),
    ],
    default: grid({ by: ['stats', 'process'], level: [0, 1, 3], live: [32_000, 1_000_000, 4_000_000] }),
    full: [
      ...grid({ by: ['stats', 'process'], level: [0, 1, 3], live: [1_000, 32_000, 1_000_000] }),
      ...grid({ by: ['stats', 'process'], level: [0], live: [4_000_000] }),
    ],
  },
  exact: ({ by }) => by === 'stats',
  cannot: (subject, params) =>
    params.by === 'stats' && !subject.strategy ? 'it keeps no account of its own memory' : undefined,
  measure(subject, params) {
    const live = numberOf(params, 'live');
    const before = residentBytes();
    const { workload, ns } = createChain(subject, live, numberOf(params, 'level'));
    for (let i = 0; i < live; i++) workload.allocPid(ns);
    const bytes = params.by === 'stats' ? statsOf(subject, workload).usedBytes : residentBytes() - before;
    if (workload.findPidNs(live, ns) === undefined) throw new Error(`nobody finds the last pid, ${live}`);
    return bytes / live;
  },
});

/** Unit: pages of 4 KiB per namespace, by the allocator's own account. */
export const namespaceMemory: OnceScenario = once({
  id: 'namespace-memory',
  question: 'How much memory does a namespace take?',
  timed:
    '1,000 namespaces (500 where the design has no more) beside one another: what they add to the pages and records in use, over their number; `pids: 0` is an empty one, `pids: 1` has its first pid',
  notTimed: 'nothing is timed',
  unit: 'namespace',
  measures: 'pages',
  exact: () => true,
  wholeContract: true,
  plan: {
    quick: grid({ pids: [0, 1] }),
    lab: grid({ pids: [0, 1] }),
    default: grid({ pids: [0, 1] }),
    full: grid({ pids: [0, 1] }),
  },
  measure(subject, params) {
    const count = Math.min(1_000, Math.floor((subject.strategy?.traits.maxNamespaces ?? 1_000) / 100) * 100);
    const workload = subject.create({ namespaces: 2_000 });
    const before = statsOf(subject, workload).pages;
    for (let i = 0; i < count; i++) {
      const ns = workload.copyPidNs(CLONE_NEWPID, workload.initPidNs);
      for (let pid = 0; pid < numberOf(params, 'pids'); pid++) workload.allocPid(ns);
    }
    const after = statsOf(subject, workload).pages;
    return (after.slab + after.pidmap - before.slab - before.pidmap) / count;
  },
});

/** Unit: ms of the first call in a fresh process. */
export const createTime: OnceScenario = once({
  id: 'create-time',
  question: 'How long does it take to make an allocator for four million pids?',
  timed: 'one createPidAllocator with capacity 4,194,304, the first call in the process, so compiling is included',
  notTimed: 'loading the module',
  unit: 'allocator',
  measures: 'ms',
  // One cold call spreads by 60 %: to tell designs apart that differ by a half would take eighty processes of each.
  unasked: true,
  plan: { quick: [{}], lab: [{}], default: [{}], full: [{}] },
  measure(subject) {
    const start = process.hrtime.bigint();
    const workload = subject.create({ capacity: PID_MAX_LIMIT, pidMax: PID_MAX_LIMIT });
    const end = process.hrtime.bigint();
    if (workload.initPidNs === undefined) throw new Error('no allocator was made');
    return Number(end - start) / 1e6;
  },
});

/** Unit: KiB that the process grows by. */
export const createMemory: OnceScenario = once({
  id: 'create-memory',
  question: 'How much memory does an allocator for four million pids take before it is used?',
  timed: 'growth of the resident memory of the process by one createPidAllocator with capacity 4,194,304',
  notTimed: 'loading the module',
  unit: 'allocator',
  measures: 'KiB',
  // It comes by the 128 KiB, and one, two or none of them is chance.
  unasked: true,
  plan: { quick: [{}], lab: [{}], default: [{}], full: [{}] },
  measure(subject) {
    const before = residentBytes();
    const workload = subject.create({ capacity: PID_MAX_LIMIT, pidMax: PID_MAX_LIMIT });
    const bytes = residentBytes() - before;
    if (workload.initPidNs === undefined) throw new Error('no allocator was made');
    return Math.max(bytes, 0) / 1024;
  },
});
