import { CLONE_NEWPID, type NsRef, type PidAllocator, type PidAllocatorOptions } from '@pidlab/contract';
import { sharedFloorMap, takenInFloor } from '../baselines/shared-floor.ts';
import {
  type Assignment,
  type Crew,
  DUTY,
  dismiss,
  handOverNs,
  isDisturbed,
  operationsOf,
  startCrew,
  takeTurn,
  turnMs,
} from '../crew.ts';
import { optionsFor } from '../populate.ts';
import { grid, numberOf, type Params, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';
import type { Subject, Workload } from '../workload.ts';
import { churn } from './churn.ts';
import { lookupHit } from './lookup.ts';

/** Operations of each worker in a sample. */
export const OPS = 20_000;

type Churn = Parameters<typeof churn.run>[0];
type Lookup = Parameters<typeof lookupHit.run>[0];

/** A crew at work. */
export interface State {
  readonly crew: Crew;
  readonly assignments: readonly Assignment[];
  /** What all share: an allocator, or nothing for the floor, whose maps are in the assignments. */
  readonly allocator?: PidAllocator;
  turns: number;
}

function assignments(
  subject: Subject,
  params: Params,
  seed: number,
  more: PidAllocatorOptions,
): Pick<State, 'assignments' | 'allocator'> {
  const [workers, live] = [numberOf(params, 'workers'), numberOf(params, 'live')];
  const seats = Array.from({ length: workers }, (_, i) => ({ isNew: i === 0 || params.namespaces === 'own', i }));
  const { id, kind, module, twinOf } = subject;
  const spec = { id, kind, ...(module ? { module } : {}), ...(twinOf ? { twinOf } : {}) };
  const common = { subject: spec, live };
  if (subject.kind === 'floor') {
    const maps: Int32Array[] = [];
    for (const { isNew } of seats)
      maps.push(isNew ? sharedFloorMap(optionsFor(live * workers, 0).pidMax ?? 0) : maps[0]);
    return { assignments: seats.map(({ i }) => ({ ...common, shared: maps[i], ns: 0, seed: seed + i })) };
  }
  const options = { ...optionsFor(live * workers, 1), shared: true, workers: workers + 1, ...more };
  const allocator = subject.create(options) as unknown as PidAllocator;
  const spaces: NsRef[] = [];
  for (const { isNew } of seats)
    spaces.push(isNew ? allocator.copyPidNs(CLONE_NEWPID, allocator.initPidNs) : spaces[0]);
  const shared = allocator.share();
  return { allocator, assignments: seats.map(({ i }) => ({ ...common, shared, ns: spaces[i], seed: seed + i })) };
}

/** Numbers that are taken in a worker's namespace. */
function takenBy({ shared, ns }: Assignment, allocator: PidAllocator | undefined): number {
  if (!allocator) return takenInFloor(shared as Int32Array);
  let taken = 0;
  for (let nr = allocator.nextPidmap(ns as NsRef, 0); nr !== undefined; nr = allocator.nextPidmap(ns as NsRef, nr))
    taken++;
  return taken;
}

/** A turn of work. */
export function work(state: State): void {
  takeTurn(state.crew, DUTY.work);
  state.turns++;
}

/** Throws unless all that was asked for was done, and every pid is as it should be. */
export function verify({ crew, assignments, allocator, turns }: State): void {
  const done = operationsOf(crew);
  if (done !== turns * assignments.length * OPS) throw new Error(`${done} operations in ${turns} turns`);
  takeTurn(crew, DUTY.verify);
  for (const { ns, shared } of assignments) {
    const mates = assignments.filter((other) => other.ns === ns && other.shared === shared);
    const taken = takenBy(mates[0], allocator);
    const live = mates.reduce((sum, mate) => sum + mate.live, 0);
    if (taken !== live) throw new Error(`${taken} numbers are taken by ${live} live pids`);
  }
  const broken = allocator?.checkInvariants().violations ?? [];
  if (broken.length > 0) throw new Error(`after the work ${broken[0]}`);
}

/** Why a subject cannot be shared by threads, if so. */
export function forOneThread(subject: Pick<Subject, 'kind' | 'strategy'>): string | undefined {
  if (subject.kind === 'baseline') return 'objects cannot be shared by threads';
  if (subject.strategy && subject.strategy.traits.shared !== true) return 'its traits say that it is for one thread';
  return undefined;
}

/**
 * Timed: each worker, a thread of its own, 20,000 × (freePid of a random one of its pids, then allocPid), from one instant
 * to the end of the last. Unit: ns of that time for each pair that any of them did, so half of it is twice the throughput.
 *
 * In one namespace they race for its cursor and its numbers; with one each they share the rest: the hash table, the slab
 * caches, and in the designs that number every pid in the root too, the root's cursor. How much two workers gain depends
 * on how far apart their cores are: the floor's row says what this machine can do now.
 */
export const workersThroughput: TimedScenario<State> = throughput(
  'workers-throughput',
  'How much more do two workers get done than one, in one allocator?',
  {},
  { own: 1.8, same: 1 },
);

/** Numbers that each worker claims at once: a line of a bitmap. */
const WINDOW = 512;

/** The same where each worker draws numbers from a window of its own, so that they race for next to nothing. */
export const workersWindows: TimedScenario<State> = throughput(
  'workers-windows',
  `How much more do two workers get done than one, where each claims ${WINDOW} numbers at once?`,
  { window: WINDOW },
  { own: 1.7, same: 1.5 },
);

function throughput(
  id: string,
  question: string,
  more: PidAllocatorOptions,
  goals: { readonly own: number; readonly same: number },
): TimedScenario<State> {
  return scenario<State>({
    id,
    question,
    timed: `in each worker ${thousands(OPS)} × (freePid of a random one of its own pids, then allocPid), from one instant to the last one’s end`,
    notTimed: 'starting the threads, making the live pids (`live` in each worker), waking up',
    unit: 'free + alloc, of all workers together',
    threads: true,
    plan: {
      quick: grid({ namespaces: ['own', 'same'], live: [4_000], workers: [1, 2] }),
      lab: grid({ namespaces: ['own', 'same'], live: [4_000], workers: [1, 2] }),
      default: grid({ namespaces: ['own', 'same'], live: [4_000, 32_000], workers: [1, 2] }),
      full: grid({ namespaces: ['own', 'same'], live: [4_000, 32_000, 500_000], workers: [1, 2] }),
    },
    versus: {
      param: 'workers',
      base: 1,
      isGain: true,
      // Two threads that share nothing do twice as much, if each has a core.
      room: { params: { namespaces: 'own' }, atLeast: 1.5 },
      goal: ({ namespaces }) => ({ atLeast: namespaces === 'own' ? goals.own : goals.same }),
    },
    cannot: forOneThread,
    setup(subject, params, seed) {
      const made = assignments(subject, params, seed, more);
      return { ...made, crew: startCrew(made.assignments), turns: 0 };
    },
    opsOf: ({ assignments }) => assignments.length * OPS,
    run: work,
    lasted: ({ crew }) => turnMs(crew),
    disturbed: ({ crew }) => isDisturbed(crew),
    handOverNs: ({ crew }) => handOverNs(crew),
    verify,
    teardown: ({ crew }) => dismiss(crew),
  });
}

/** The same subject, whose allocators are shared if the parameters say so; nobody else attaches. */
function inBlock(subject: Subject, { block }: Params): Subject {
  const create = (options: object): Workload => subject.create({ ...options, shared: true });
  return block === 'shared' ? { ...subject, create } : subject;
}

/** A scenario in a shared block against the same in a block for one thread. */
function alone<S>(of: TimedScenario<S>, parts: { id: string; question: string; atMost: number }): TimedScenario<S> {
  const { id, question, atMost } = parts;
  const sizes = (live: readonly number[]): Params[] => grid({ live, block: ['plain', 'shared'] });
  return {
    ...of,
    id,
    question,
    plan: {
      quick: sizes([1_000, 32_000, 1_000_000]),
      lab: sizes([32_000]),
      default: sizes([1_000, 32_000, 1_000_000]),
      full: sizes([1_000, 32_000, 1_000_000]),
    },
    // Which design is faster alone, `churn` and `lookup-hit` ask.
    unasked: true,
    versus: { param: 'block', base: 'plain', isGain: false, goal: () => ({ atMost }) },
    cannot: (subject) => (subject.kind === 'floor' ? 'it has no modes' : forOneThread(subject)),
    setup: (subject, params, seed) =>
      of.setup(inBlock(subject, params), { level: 0, order: 'random', ...params }, seed),
  };
}

/** Churn in the root, random first, by one worker that is alone in a shared block. */
export const workersAloneChurn: TimedScenario<Churn> = alone(churn, {
  id: 'workers-alone-churn',
  question: 'What does shared mode cost a worker that is alone, to end one pid and make another?',
  atMost: 2,
});

/** Look-ups in the root, by one worker that is alone in a shared block. */
export const workersAloneLookup: TimedScenario<Lookup> = alone(lookupHit, {
  id: 'workers-alone-lookup',
  question: 'What does shared mode cost a worker that is alone, to find a pid?',
  atMost: 2.5,
});
