import type { Trace } from '@pidlab/conformance/trace';
import type { CreatePidAllocator } from '@pidlab/contract';
import { grid, scenario, type TimedScenario } from '../scenario.ts';

interface State {
  readonly create: CreatePidAllocator;
  readonly trace: Trace;
  /** The function of the conformance package that replays without checks and gives the seconds. */
  readonly timeReplay: (create: CreatePidAllocator, trace: Trace, level: 0 | 1) => number;
  readonly level: 0 | 1;
  /** Of the last replay. */
  seconds: number;
}

const plan = grid({ trace: ['c-build', 'npm-install'], level: [0, 1] });

/** Timed: one replay of a recorded process tree. Unit: ns per recorded event. */
export const replay: TimedScenario<State> = scenario<State>({
  id: 'replay',
  question: 'What does the process tree of a real build cost?',
  timed:
    'every fork, thread, exec, setsid, setpgid, exit and wait of the recorded build, each process found again by its number; level 0 in the root, level 1 in a container',
  notTimed: 'making the allocator, reading the trace; that the numbers are right is what the replay in the lab checks',
  unit: 'event',
  wholeContract: true,
  plan: {
    quick: grid({ trace: ['c-build', 'npm-install'], level: [1] }),
    lab: grid({ trace: ['c-build'], level: [1] }),
    default: plan,
    full: plan,
  },
  async setup(subject, params) {
    // Loaded here, so that processes of other scenarios do not hold the code of the conformance suite.
    const [{ loadTrace }, { timeReplay }] = await Promise.all([
      import('@pidlab/conformance/trace'),
      import('@pidlab/conformance/replay'),
    ]);
    if (!subject.strategy) throw new Error(`${subject.id} does not keep the whole contract`);
    return {
      create: subject.strategy.createPidAllocator as CreatePidAllocator,
      trace: loadTrace(params.trace as Parameters<typeof loadTrace>[0]),
      timeReplay,
      level: params.level === 0 ? 0 : 1,
      seconds: 0,
    };
  },
  opsOf: ({ trace }) => trace.events.length,
  run(state) {
    state.seconds = state.timeReplay(state.create, state.trace, state.level);
  },
  lasted: ({ seconds }) => seconds * 1_000,
  verify({ seconds }) {
    if (seconds === 0) throw new Error('nothing was replayed');
  },
});
