import { populate, type World } from '../populate.ts';
import { choices } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';
import type { Handle, Handles } from '../workload.ts';

const OPS = 2_000;

interface State extends World {
  /** The pids in the order of asking. */
  readonly asked: Handles;
  /** Whose view is asked for. */
  readonly viewer: Handle;
  at: number;
  calls: number;
  seen: number;
}

/** Timed: 2,000 × pidNrNs, as seen from the root (`view: 'root'`) or from the pids' own namespace. Unit: ns per call. */
export const translate: TimedScenario<State> = scenario<State>({
  id: 'translate',
  question: 'What does it cost to ask which number a pid has in a namespace?',
  timed: `${thousands(OPS)} × pidNrNs of pids drawn at random; 'view' is the namespace that asks: the root, or the pid's own`,
  notTimed: 'making the pids, drawing them (a table, read in order)',
  unit: 'translation',
  plan: {
    quick: grid({ view: ['root'], level: [0, 1], live: [32_000] }),
    lab: grid({ view: ['root', 'own'], level: [1], live: [32_000] }),
    default: grid({ view: ['root', 'own'], level: [0, 1, 3], live: [32_000, 1_000_000] }),
    full: grid({ view: ['root', 'own'], level: [0, 1, 3], live: [1_000, 32_000, 1_000_000] }),
  },
  setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const world = populate(subject, live, numberOf(params, 'level'), seed);
    const order = choices(seed + 1, live);
    const asked = subject.handles(order.length);
    for (let i = 0; i < order.length; i++) asked[i] = world.pids[order[i]];
    const viewer = params.view === 'own' ? world.ns : world.chain[0];
    return { ...world, asked, viewer, at: 0, calls: 0, seen: 0 };
  },
  opsOf: () => OPS,
  run(state) {
    const { workload, viewer, asked } = state;
    let at = state.at;
    let seen = 0;
    for (let i = 0; i < OPS; i++) {
      if (workload.pidNrNs(asked[at], viewer) !== 0) seen++;
      if (++at === asked.length) at = 0;
    }
    state.at = at;
    state.calls += OPS;
    state.seen += seen;
  },
  verify({ workload, viewer, pids, calls, seen }) {
    if (seen !== calls || calls === 0) throw new Error(`${seen} of ${calls} pids had a number`);
    const nr = workload.pidNrNs(pids[0], viewer);
    if (workload.findPidNs(nr, viewer) !== pids[0])
      throw new Error(`${nr} is not the number of the pid that was asked for`);
  },
});
