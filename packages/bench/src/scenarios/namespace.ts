import { CLONE_NEWPID } from '@pidlab/contract';
import { choices } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import type { Handle, Workload } from '../workload.ts';

const OPS = 200;

interface State {
  readonly workload: Workload;
  /** The namespaces that are open, and the one pid of each. */
  readonly spaces: Handle[];
  readonly pids: Handle[];
  /** Which of them is closed next. */
  readonly victims: Int32Array;
  at: number;
  /** Sum of the first numbers of the last sample: one each. */
  first: number;
}

/** Timed: 200 × (end a namespace's only pid, put the namespace, create another and its first pid). Unit: ns per round. */
export const namespace: TimedScenario<State> = scenario<State>({
  id: 'namespace',
  question: 'What does it cost to open a container and close it again?',
  timed: `${OPS} × (freePid of the only pid of one of 'open' namespaces, drawn at random, and putPidNs; then copyPidNs and allocPid of number 1)`,
  notTimed: 'making the namespaces, choosing which one is closed (a table, read in order)',
  unit: 'namespace closed and opened',
  plan: {
    quick: grid({ open: [10] }),
    lab: grid({ open: [500] }),
    default: grid({ open: [10, 500] }),
    full: grid({ open: [10, 500, 10_000] }),
  },
  cannot({ strategy }, params) {
    const most = strategy?.traits.maxNamespaces ?? Number.POSITIVE_INFINITY;
    return numberOf(params, 'open') > most ? `it has ${most} namespaces at once` : undefined;
  },
  setup(subject, params, seed) {
    const open = numberOf(params, 'open');
    const workload = subject.create({ capacity: open + 16, namespaces: open + 16 });
    const spaces = Array.from({ length: open }, () => workload.copyPidNs(CLONE_NEWPID, workload.initPidNs));
    const pids = spaces.map((ns) => workload.allocPid(ns));
    return { workload, spaces, pids, victims: choices(seed, open), at: 0, first: 0 };
  },
  opsOf: () => OPS,
  run(state) {
    const { workload, spaces, pids, victims } = state;
    const root = workload.initPidNs;
    let at = state.at;
    let first = 0;
    for (let i = 0; i < OPS; i++) {
      const slot = victims[at];
      if (++at === victims.length) at = 0;
      workload.freePid(pids[slot]);
      workload.putPidNs(spaces[slot]);
      const ns = workload.copyPidNs(CLONE_NEWPID, root);
      const pid = workload.allocPid(ns);
      first += workload.pidNrNs(pid, ns);
      spaces[slot] = ns;
      pids[slot] = pid;
    }
    state.at = at;
    state.first = first;
  },
  verify({ first }) {
    if (first !== OPS) throw new Error('the first number of a new namespace was not 1');
  },
});
