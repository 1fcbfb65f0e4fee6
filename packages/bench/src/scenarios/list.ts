import { populate, type World } from '../populate.ts';
import { choices } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import type { Subject } from '../workload.ts';

interface State extends World {
  readonly subject: Subject;
  /** Who is replaced between two walks. */
  readonly victims: Int32Array;
  at: number;
  found: number;
  /** Milliseconds of the last walk. */
  ms: number;
}

/** One in so many pids is replaced before each walk, so that no two walks meet the same numbers. */
const REPLACED = 8;

function replaceSome(state: State): void {
  const { workload, ns, pids, victims } = state;
  for (let i = 0; i < pids.length / REPLACED; i++) {
    const slot = victims[state.at];
    if (++state.at === victims.length) state.at = 0;
    workload.freePid(pids[slot]);
    pids[slot] = workload.allocPid(ns);
  }
}

/**
 * Timed: one walk over all pids of a namespace in ascending number, as `ps` does it. Unit: ns per pid.
 *
 * A strategy is asked for `findGePid(nr + 1)` again and again, so that the walk may be broken off and taken up at any number
 * and pids may come and go meanwhile. A `Map` has no order: the baselines sort its keys and look each one up, which is the
 * fastest way there is, and answers for the moment of sorting only.
 */
export const list: TimedScenario<State> = scenario<State>({
  id: 'list',
  question: 'What does it cost to walk over all pids in the order of their numbers, as ps does?',
  timed:
    'one walk over all: findGePid(last + 1) until there is none; the Map baselines sort their keys and look each one up',
  notTimed: 'making the pids; replacing an eighth of them, drawn at random, before each walk',
  unit: 'pid listed',
  plan: {
    quick: grid({ level: [0], live: [1_000, 32_000] }),
    lab: grid({ level: [0], live: [32_000] }),
    default: grid({ level: [0, 1], live: [1_000, 32_000, 1_000_000] }),
    full: grid({ level: [0, 1], live: [1_000, 32_000, 1_000_000] }),
  },
  setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const world = populate(subject, live, numberOf(params, 'level'), seed);
    return { ...world, subject, victims: choices(seed + 1, live), at: 0, found: 0, ms: 0 };
  },
  opsOf: ({ pids }) => pids.length,
  run(state) {
    replaceSome(state);
    const start = process.hrtime.bigint();
    state.found = state.subject.list(state.workload, state.ns);
    state.ms = Number(process.hrtime.bigint() - start) / 1e6;
  },
  lasted: ({ ms }) => ms,
  verify({ found, pids }) {
    if (found !== pids.length) throw new Error(`the walk found ${found} of ${pids.length} pids`);
  },
});
