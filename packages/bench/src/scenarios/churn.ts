import { fill, populate, verifyWorld, type World } from '../populate.ts';
import { choices, counting } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';

const OPS = 500;

interface State extends World {
  /** Whose turn it is to die. */
  readonly victims: Int32Array;
  at: number;
}

/**
 * Timed: 500 × (freePid + allocPid), with `live` pids before and after. Unit: ns per pair.
 *
 * Two orders of dying, since they are good for different designs. `oldest`: first in, first out, like requests that all
 * live equally long; numbers and records are freed in the order in which they were given. `random`: anybody, like
 * processes; this is where memory is touched at random and where free numbers lie scattered.
 */
export const churn: TimedScenario<State> = scenario<State>({
  id: 'churn',
  question: 'What does it cost to end one pid and make another, and does it depend on how many there are?',
  timed: `${thousands(OPS)} × (freePid of one live pid, then allocPid); order 'oldest' or 'random' says which one dies`,
  notTimed: 'making the live pids, choosing who dies (a table, read in order)',
  unit: 'free + alloc',
  plan: {
    quick: grid({ order: ['random'], level: [0], live: [1_000, 32_000, 1_000_000] }),
    lab: [
      ...grid({ order: ['random'], level: [0], live: [1_000, 32_000, 1_000_000, 4_000_000] }),
      ...grid({ order: ['random'], level: [1, 3], live: [32_000] }),
    ],
    default: [
      ...grid({ order: ['oldest', 'random'], level: [0], live: [1_000, 32_000, 1_000_000, 4_000_000] }),
      ...grid({ order: ['random'], level: [1, 3], live: [1_000, 32_000, 1_000_000] }),
    ],
    full: [
      ...grid({ order: ['oldest', 'random'], level: [0], live: [1_000, 32_000, 1_000_000, 4_000_000] }),
      ...grid({ order: ['random'], level: [1, 3], live: [1_000, 32_000, 1_000_000] }),
    ],
  },
  setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const level = numberOf(params, 'level');
    // Slot after slot, round and round: whoever was made first dies first.
    if (params.order === 'oldest') return { ...fill(subject, live, level), victims: counting(live), at: 0 };
    return {
      ...populate(subject, live, level, seed),
      victims: choices(seed + 1, live),
      at: 0,
    };
  },
  opsOf: () => OPS,
  run(state) {
    const { workload, ns, pids, victims } = state;
    let at = state.at;
    for (let i = 0; i < OPS; i++) {
      const slot = victims[at];
      if (++at === victims.length) at = 0;
      workload.freePid(pids[slot]);
      pids[slot] = workload.allocPid(ns);
    }
    state.at = at;
  },
  verify: verifyWorld,
});
