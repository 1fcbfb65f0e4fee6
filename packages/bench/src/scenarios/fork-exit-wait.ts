import type { PidAllocator } from '@pidlab/contract';
import { optionsFor } from '../populate.ts';
import { choices } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';
import type { Handle, Processes, Subject, Waited } from '../workload.ts';

/** Many, so that a sample has its share of collections: processes live long enough to make them a good part of the cost. */
const OPS = 20_000;
/** Processes to one session. The first leads it and its only process group, and is the parent of the others. */
const SESSION_SIZE = 50;
/** The inits, the root's first, stand beside the processes that are counted. */
const INITS = 8;

interface State {
  readonly table: Processes;
  /** The live processes; each leader in front of its session. */
  readonly processes: Handle[];
  /** Who exits next; never a leader. */
  readonly victims: Int32Array;
  at: number;
  /** Children that the last sample waited for, and found ended with their own code. */
  reaped: number;
}

/** A baseline's own table, or `@pidlab/process-table` over a strategy's allocator. */
async function createProcesses(subject: Subject, live: number, level: number): Promise<Processes> {
  const options = optionsFor(live + INITS, level);
  if (subject.createProcesses) return subject.createProcesses(options);
  // Loaded here, so that processes of other scenarios do not hold the code of the process table.
  const { createProcessTable } = await import('@pidlab/process-table');
  const allocator = subject.strategy?.createPidAllocator(options) as PidAllocator;
  return createProcessTable({ allocator, initPayload: undefined }) as unknown as Processes;
}

/** Timed: 20,000 × (a process exits, its parent waits for it and forks another), with `live` before and after. Unit: ns per round. */
export const forkExitWait: TimedScenario<State> = scenario<State>({
  id: 'fork-exit-wait',
  question: 'What do fork, exit and wait cost a program that keeps its processes in a table?',
  timed: `${thousands(OPS)} × (exit, then wait4 of any child and fork by the parent), in sessions of ${SESSION_SIZE} under one parent each: @pidlab/process-table over each strategy, a class-and-Map table as baseline`,
  notTimed: 'making the processes, choosing who exits (a table, read in order)',
  unit: 'fork + exit + wait',
  plan: {
    quick: grid({ level: [0, 1], live: [1_000, 10_000] }),
    lab: grid({ level: [0, 3], live: [10_000] }),
    default: grid({ level: [0, 1, 2, 3], live: [1_000, 10_000] }),
    full: grid({ level: [0, 1, 2, 3], live: [1_000, 10_000, 100_000] }),
  },
  cannot: ({ strategy, createProcesses: own }) =>
    strategy || own ? undefined : 'it has no process table; the one of map is what a program would write',
  async setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const level = numberOf(params, 'level');
    const table = await createProcesses(subject, live, level);
    let init = table.init;
    for (let i = 0; i < level; i++) init = table.clone(init, { newPid: true });
    const processes: Handle[] = new Array(live).fill(undefined);
    for (let slot = 0; slot < live; slot++) {
      const isLeader = slot % SESSION_SIZE === 0;
      processes[slot] = table.fork(isLeader ? init : processes[slot - (slot % SESSION_SIZE)]);
      if (isLeader) table.setsid(processes[slot]);
    }
    const victims = choices(seed, live).map((slot) =>
      slot % SESSION_SIZE === 0 ? Math.min(slot + 1, live - 1) : slot,
    );
    return { table, processes, victims, at: 0, reaped: 0 };
  },
  opsOf: () => OPS,
  run(state) {
    const { table, processes, victims } = state;
    let at = state.at;
    let reaped = 0;
    for (let i = 0; i < OPS; i++) {
      const slot = victims[at];
      if (++at === victims.length) at = 0;
      const parent = processes[slot - (slot % SESSION_SIZE)];
      table.exit(processes[slot], 7);
      const waited = table.wait4(parent, -1) as Waited;
      if (waited.status === 7 << 8) reaped++;
      processes[slot] = table.fork(parent);
    }
    state.at = at;
    state.reaped = reaped;
  },
  verify({ table, processes, reaped }) {
    if (reaped !== OPS) throw new Error(`${reaped} of ${OPS} children were waited for`);
    const numbers = new Set(processes.map((process) => table.getpid(process)));
    if (numbers.size !== processes.length || numbers.has(0)) throw new Error('two processes have the same number');
  },
});
