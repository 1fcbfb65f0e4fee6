import { PIDTYPE_PGID, PIDTYPE_PID, PIDTYPE_SID, PIDTYPE_TGID } from '@pidlab/contract';
import { createWorld, verifyWorld, type World } from '../populate.ts';
import { choices } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';
import type { Handles } from '../workload.ts';

const OPS = 500;
/** Processes to one session. The first is its leader, and leads its only process group; leaders never exit here. */
const SESSION_SIZE = 50;

interface State extends World {
  /** The task of each process; `pids` has its pid in the same place. */
  readonly tasks: Handles;
  /** Who exits next; never a leader. */
  readonly victims: Int32Array;
  at: number;
}

/** Makes the process of `slot`, in the session and group of its leader, as fork does. */
function fork({ workload, ns, pids, tasks }: Pick<State, 'workload' | 'ns' | 'pids' | 'tasks'>, slot: number): void {
  const pid = workload.allocPid(ns);
  const task = workload.allocTask();
  const leader = slot % SESSION_SIZE === 0 ? pid : pids[slot - (slot % SESSION_SIZE)];
  workload.attachPid(task, PIDTYPE_PID, pid);
  workload.attachPid(task, PIDTYPE_TGID, pid);
  workload.attachPid(task, PIDTYPE_PGID, leader);
  workload.attachPid(task, PIDTYPE_SID, leader);
  pids[slot] = pid;
  tasks[slot] = task;
}

/** Timed: 500 × (a process exits and is reaped, another is forked), with `live` before and after. Unit: ns per pair. */
export const forkExit: TimedScenario<State> = scenario<State>({
  id: 'fork-exit',
  question: 'What do fork and exit cost a process table, task links included?',
  timed: `${thousands(OPS)} × (exit: detachPid of PID, TGID, PGID and SID, the last of which frees the pid, then freeTask; fork: allocPid, allocTask, four attachPid), in sessions of ${SESSION_SIZE}`,
  notTimed: 'making the processes, choosing who exits (a table, read in order)',
  unit: 'exit + fork',
  plan: {
    quick: grid({ level: [0], live: [1_000, 32_000] }),
    lab: grid({ level: [0, 1], live: [32_000] }),
    default: grid({ level: [0, 1, 3], live: [1_000, 32_000, 1_000_000] }),
    full: grid({ level: [0, 1, 3], live: [1_000, 32_000, 1_000_000] }),
  },
  setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const world = createWorld(subject, live, numberOf(params, 'level'));
    const state = { ...world, tasks: subject.handles(live) };
    for (let slot = 0; slot < live; slot++) fork(state, slot);
    const victims = choices(seed, live).map((slot) =>
      slot % SESSION_SIZE === 0 ? Math.min(slot + 1, live - 1) : slot,
    );
    return { ...state, victims, at: 0 };
  },
  opsOf: () => OPS,
  run(state) {
    const { workload, tasks, victims } = state;
    let at = state.at;
    for (let i = 0; i < OPS; i++) {
      const slot = victims[at];
      if (++at === victims.length) at = 0;
      const task = tasks[slot];
      workload.detachPid(task, PIDTYPE_SID);
      workload.detachPid(task, PIDTYPE_PGID);
      workload.detachPid(task, PIDTYPE_TGID);
      workload.detachPid(task, PIDTYPE_PID);
      workload.freeTask(task);
      fork(state, slot);
    }
    state.at = at;
  },
  verify: verifyWorld,
});
