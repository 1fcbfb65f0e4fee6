import { populate, type World } from '../populate.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import type { Subject } from '../workload.ts';

interface State extends World {
  readonly subject: Subject;
  found: number;
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
  notTimed: 'making the pids',
  unit: 'pid listed',
  plan: {
    quick: grid({ level: [0], live: [1_000, 32_000] }),
    lab: grid({ level: [0], live: [1_000, 32_000] }),
    default: grid({ level: [0, 1], live: [1_000, 32_000, 1_000_000] }),
    full: grid({ level: [0, 1, 3], live: [1_000, 32_000, 1_000_000, 4_000_000] }),
  },
  setup: (subject, params, seed) => ({
    ...populate(subject, numberOf(params, 'live'), numberOf(params, 'level'), seed),
    subject,
    found: 0,
  }),
  opsOf: ({ pids }) => pids.length,
  run(state) {
    state.found = state.subject.list(state.workload, state.ns);
  },
  verify({ found, pids }) {
    if (found !== pids.length) throw new Error(`the walk found ${found} of ${pids.length} pids`);
  },
});
