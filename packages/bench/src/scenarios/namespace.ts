import { CLONE_NEWPID } from '@pidlab/contract';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import type { Workload } from '../workload.ts';

const OPS = 200;

interface State {
  readonly workload: Workload;
  /** Sum of the first numbers of the last sample: one each. */
  first: number;
}

/** Timed: 200 × (create a namespace, its first pid, end that, destroy the namespace). Unit: ns per round. */
export const namespace: TimedScenario<State> = scenario<State>({
  id: 'namespace',
  question: 'What does it cost to open a container and close it again?',
  timed: `${OPS} × (copyPidNs, allocPid of number 1, freePid, putPidNs), with 'others' namespaces of one pid each beside it`,
  notTimed: 'making the other namespaces',
  unit: 'namespace opened and closed',
  plan: {
    quick: grid({ others: [10] }),
    lab: grid({ others: [500] }),
    default: grid({ others: [10, 500] }),
    full: grid({ others: [10, 500, 10_000] }),
  },
  setup(subject, params) {
    const others = numberOf(params, 'others');
    const workload = subject.create({ capacity: others + 16, namespaces: others + 16 });
    for (let i = 0; i < others; i++) workload.allocPid(workload.copyPidNs(CLONE_NEWPID, workload.initPidNs));
    return { workload, first: 0 };
  },
  opsOf: () => OPS,
  run(state) {
    const { workload } = state;
    const root = workload.initPidNs;
    let first = 0;
    for (let i = 0; i < OPS; i++) {
      const ns = workload.copyPidNs(CLONE_NEWPID, root);
      const pid = workload.allocPid(ns);
      first += workload.pidNrNs(pid, ns);
      workload.freePid(pid);
      workload.putPidNs(ns);
    }
    state.first = first;
  },
  verify({ first }) {
    if (first !== OPS) throw new Error('the first number of a new namespace was not 1');
  },
});
