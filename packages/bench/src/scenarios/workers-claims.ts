import { CLONE_NEWPID, type PidAllocator } from '@pidlab/contract';
import { BY_LEVEL } from '../builtins.ts';
import { type Assignment, dismiss, handOverNs, isDisturbed, startCrew, turnMs } from '../crew.ts';
import { optionsFor } from '../populate.ts';
import { grid, numberOf, type Params, scenario, type TimedScenario } from '../scenario.ts';
import { loadModule, type SubjectSpec } from '../subjects.ts';
import { thousands } from '../thousands.ts';
import type { Subject } from '../workload.ts';
import { forOneThread, OPS, type State, verify, work } from './workers.ts';

// Two claims about threads, each asked of the one design that it is about. What is timed is that of `workers-throughput`,
// in one namespace.

const timed = `in each worker ${thousands(OPS)} × (freePid of a random one of its own pids, then allocPid), in one namespace, from one instant to the last one’s end`;
const notTimed = 'starting the threads, making the live pids (`live` in each worker), waking up';
const unit = 'free + alloc, of all workers together';

/** A crew in one namespace at that depth. */
async function crewOf(spec: SubjectSpec, create: Subject['create'], params: Params, seed: number): Promise<State> {
  const [workers, live, depth] = ['workers', 'live', 'depth'].map((name) => numberOf({ depth: 1, ...params }, name));
  const options = { ...optionsFor(live * workers, Math.max(depth, 2)), shared: true, workers: workers + 1 };
  const allocator = create(options) as unknown as PidAllocator;
  let ns = allocator.initPidNs;
  for (let level = 0; level < depth; level++) ns = allocator.copyPidNs(CLONE_NEWPID, ns);
  const shared = allocator.share();
  const references = params.reference === 'a pid' ? new Int32Array(new SharedArrayBuffer(4)) : undefined;
  const assignments = Array.from(
    { length: workers },
    (_, i): Assignment => ({ subject: spec, live, shared, ns, seed: seed + i, ...(references ? { references } : {}) }),
  );
  return { allocator, assignments, crew: startCrew(assignments), turns: 0 };
}

const common = {
  notTimed,
  unit,
  threads: true as const,
  opsOf: ({ assignments }: State) => assignments.length * OPS,
  run: work,
  lasted: ({ crew }: State) => turnMs(crew),
  disturbed: ({ crew }: State) => isDisturbed(crew),
  handOverNs: ({ crew }: State) => handOverNs(crew),
  verify,
  teardown: ({ crew }: State) => dismiss(crew),
};

const only = (id: string, subject: Parameters<typeof forOneThread>[0] & Pick<Subject, 'id'>): string | undefined =>
  subject.id === id ? forOneThread(subject) : `it is asked of ${id} alone`;

const referenced = grid({ workers: [1, 2], live: [4_000], reference: ['a page', 'a pid'] });

/** What one reference to the namespace costs that every pid takes and puts: one atomic addition and one subtraction. Claim E5. */
export const workersReference: TimedScenario<State> = scenario<State>({
  id: 'workers-reference',
  question: 'What does it cost if every pid takes a reference to its namespace, and puts it at its end?',
  timed: `${timed}; \`reference: a pid\` with an atomic addition for each allocPid and a subtraction for each freePid, on one word that all workers share`,
  ...common,
  plan: { quick: referenced, lab: referenced, default: referenced, full: referenced },
  versus: { param: 'reference', base: 'a page', isGain: false },
  cannot: (subject) => only('hierarchical', subject),
  setup: (subject, params, seed) => crewOf({ id: subject.id, kind: 'strategy' }, subject.create, params, seed),
});

const rounds = (depth: readonly number[]): Params[] =>
  grid({ workers: [2], live: [4_000], depth, rounds: ['each level', 'once'] });

/** What it gains to take the lock of the numbers once for a pid, and not once for each level. Claim E13. */
export const workersRounds: TimedScenario<State> = scenario<State>({
  id: 'workers-rounds',
  question: 'What does it gain to take the lock of all numbers once for a pid, and not at each level?',
  timed: `${timed}, at that depth; \`rounds: each level\` as Linux did it until November 2025, once more to publish`,
  ...common,
  plan: { quick: rounds([1]), lab: rounds([0, 4]), default: rounds([0, 1, 2, 4]), full: rounds([0, 1, 2, 3, 4]) },
  versus: { param: 'rounds', base: 'each level', isGain: true },
  cannot: (subject) => only('idr', subject),
  async setup(subject, params, seed) {
    if (params.rounds === 'once') return crewOf({ id: subject.id, kind: 'strategy' }, subject.create, params, seed);
    const { createPidAllocator } = await loadModule(BY_LEVEL);
    const create = createPidAllocator as Subject['create'];
    return crewOf({ id: subject.id, kind: 'strategy', module: BY_LEVEL }, create, params, seed);
  },
});
