import type { PidAllocator } from '@pidlab/contract';
import { optionsFor } from '../populate.ts';
import { choices } from '../random.ts';
import { grid, numberOf, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';
import type { Handle, Processes, Subject, Waited } from '../workload.ts';

/**
 * So many that each sample has its share of collections. Processes live long enough to make those a good part of the cost, and
 * new objects are collected when there are 16 MiB of them: with classes and `Map`s after some 22,000 rounds. A sample of 20,000 had one
 * or none, and as the ruler takes the quicker half of the turns, it took those that had none.
 */
const OPS = 100_000;
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

/**
 * A function of its own, which V8 compiles whole. Of one long loop it compiles the loop, and gives that up at its end, where it has never been;
 * so each sample would begin with slow code.
 */
function round(state: State): void {
  const { table, processes, victims, at } = state;
  const slot = victims[at];
  state.at = at + 1 === victims.length ? 0 : at + 1;
  const parent = processes[slot - (slot % SESSION_SIZE)];
  table.exit(processes[slot], 7);
  const waited = table.wait4(parent, -1) as Waited;
  if (waited.status === 7 << 8) state.reaped++;
  processes[slot] = table.fork(parent);
}

/** Timed: 100,000 × (a process exits, its parent waits for it and forks another), with `live` before and after. Unit: ns per round. */
export const forkExitWait: TimedScenario<State> = scenario<State>({
  id: 'fork-exit-wait',
  question: 'What do fork, exit and wait cost a program that keeps its processes in a table?',
  timed: `${thousands(OPS)} × (exit, then wait4 of any child and fork by the parent), in sessions of ${SESSION_SIZE} under one parent each: @pidlab/process-table over each strategy, a class-and-Map table as baseline`,
  notTimed: 'making the processes, choosing who exits (a table, read in order)',
  unit: 'fork + exit + wait',
  slow: true,
  plan: {
    quick: grid({ level: [0, 1], live: [10_000] }),
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
    state.reaped = 0;
    for (let i = 0; i < OPS; i++) round(state);
  },
  verify({ table, processes, reaped }) {
    if (reaped !== OPS) throw new Error(`${reaped} of ${OPS} children were waited for`);
    const numbers = new Set(processes.map((process) => table.getpid(process)));
    if (numbers.size !== processes.length || numbers.has(0)) throw new Error('two processes have the same number');
  },
});
