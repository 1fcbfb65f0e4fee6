import { PID_MAX_LIMIT, type PidAllocator } from '@pidlab/contract';
import { numbersOf, optionsFor, populate, type World } from '../populate.ts';
import { choices, DRAWS, indices, take } from '../random.ts';
import { grid, numberOf, type Params, scenario, type TimedScenario } from '../scenario.ts';
import { thousands } from '../thousands.ts';
import type { Handle, StrategyModule, Subject, Workload } from '../workload.ts';

const OPS = 2_000;

interface State extends World {
  /** The numbers to ask for, in the order of asking. */
  readonly asked: Int32Array;
  at: number;
  calls: number;
  found: number;
  /** Who was found last. */
  last: Handle;
}

/**
 * Looks up the next `OPS` numbers of the table. Who was found is kept: a handle that nobody uses, V8 does not make, and then a
 * strategy need not read the pid.
 */
function run(state: State): void {
  const { workload, ns, asked } = state;
  let { at, last } = state;
  let found = 0;
  for (let i = 0; i < OPS; i++) {
    const pid = workload.findPidNs(asked[at], ns);
    if (pid !== undefined) {
      found++;
      last = pid;
    }
    if (++at === asked.length) at = 0;
  }
  state.last = last;
  state.at = at;
  state.calls += OPS;
  state.found += found;
}

const plan = {
  quick: grid({ level: [0], live: [1_000, 32_000, 1_000_000] }),
  lab: [...grid({ level: [0], live: [1_000, 32_000, 1_000_000] }), ...grid({ level: [1], live: [32_000] })],
  default: [
    ...grid({ level: [0], live: [1_000, 32_000, 1_000_000, 4_000_000] }),
    ...grid({ level: [1, 3], live: [1_000, 32_000, 1_000_000] }),
  ],
  full: [
    ...grid({ level: [0], live: [1_000, 32_000, 1_000_000, 4_000_000] }),
    ...grid({ level: [1, 3], live: [1_000, 32_000, 1_000_000] }),
  ],
};

/** Live numbers, drawn at random. */
function setupHits(subject: Subject, params: Params, seed: number): State {
  const world = populate(subject, numberOf(params, 'live'), numberOf(params, 'level'), seed);
  const numbers = numbersOf(world);
  const asked = take(choices(seed + 1, numbers.length), numbers);
  return { ...world, asked, at: 0, calls: 0, found: 0, last: world.pids[0] };
}

function verifyHits({ workload, ns, pids, calls, found }: State): void {
  if (found !== calls || calls === 0) throw new Error(`${found} of ${calls} look-ups of live numbers found a pid`);
  const nr = workload.pidNrNs(pids[0], ns);
  if (workload.findPidNs(nr, ns) !== pids[0]) throw new Error(`the look-up of ${nr} found another pid`);
}

/** Timed: 2,000 × findPidNs of numbers that live pids have, drawn at random. Unit: ns per look-up. */
export const lookupHit: TimedScenario<State> = scenario<State>({
  id: 'lookup-hit',
  question: 'How long does it take to find a pid by its number?',
  timed: `${thousands(OPS)} × findPidNs in the namespace of the pids, of live numbers drawn at random`,
  notTimed: 'making the pids, drawing the numbers (a table, read in order)',
  unit: 'look-up',
  plan,
  setup: setupHits,
  opsOf: () => OPS,
  run,
  verify: verifyHits,
});

/**
 * Timed: 2,000 × (findPidNs, then pidNrNs of what was found). Unit: ns per pair.
 *
 * A handle is of no use by itself. A `Map` hands out a reference without looking at the object behind it, which a hash table
 * over records must have read by then; here both have to.
 */
export const lookupUse: TimedScenario<State> = scenario<State>({
  id: 'lookup-use',
  question: 'How long does it take to find a pid by its number and ask it something?',
  timed: `${thousands(OPS)} × (findPidNs, then pidNrNs of what it found), of live numbers drawn at random`,
  notTimed: 'making the pids, drawing the numbers (a table, read in order)',
  unit: 'look-up and question',
  plan: { ...plan, lab: grid({ level: [0], live: [1_000, 32_000] }) },
  setup: setupHits,
  opsOf: () => OPS,
  run(state) {
    const { workload, ns, asked } = state;
    let at = state.at;
    let found = 0;
    for (let i = 0; i < OPS; i++) {
      const nr = asked[at];
      if (workload.pidNrNs(workload.findPidNs(nr, ns), ns) === nr) found++;
      if (++at === asked.length) at = 0;
    }
    state.at = at;
    state.calls += OPS;
    state.found += found;
  },
  verify: verifyHits,
});

const hashes = (live: readonly number[]): Params[] => grid({ live, hash: ['capacity', 'kernel'] });
/** What the rule of 2007 gave its 4,096 slots to; it gave fewer to less. */
const GIBIBYTE = 2 ** 30;

/** The slots of a small allocator's tables, as it says itself. */
function slotsOf({ createPidAllocator }: StrategyModule, hash: 'capacity' | 'kernel'): string {
  const allocator = createPidAllocator({ capacity: 64, memory: GIBIBYTE / 16, hash }) as PidAllocator;
  return JSON.stringify(allocator.stats().hashTables);
}

/** Timed: 2,000 × findPidNs as above, in a table that is sized for the pids and in one of 4,096 slots. Unit: ns per look-up. */
export const lookupHash: TimedScenario<State> = {
  ...lookupHit,
  id: 'lookup-hash',
  question: 'Are the 4,096 hash slots of 2007 enough?',
  timed: `${lookupHit.timed}; in a table for as many pids as live (1,000 have 2,048 slots), and in one of 4,096 slots`,
  plan: {
    quick: hashes([1_000, 32_000]),
    lab: hashes([32_000]),
    default: hashes([1_000, 32_000, 1_000_000]),
    full: hashes([1_000, 32_000, 1_000_000]),
  },
  versus: { param: 'hash', base: 'capacity', isGain: false },
  cannot: ({ strategy }) =>
    strategy && slotsOf(strategy, 'kernel') !== slotsOf(strategy, 'capacity')
      ? undefined
      : 'it has no table that follows the option hash',
  setup(subject, params, seed) {
    const hash = params.hash === 'kernel' ? 'kernel' : 'capacity';
    const create = (options: object): Workload => subject.create({ ...options, memory: GIBIBYTE, hash });
    return setupHits({ ...subject, create }, { level: 0, ...params }, seed);
  },
};

const CYCLE = 1_000;
const orders = grid({ live: [1_000], order: ['fresh', `cycle of ${thousands(CYCLE)}`] });

/**
 * Timed: 2,000 × findPidNs, of numbers drawn at random, and of the same 1,000 again and again. Unit: ns per look-up.
 *
 * Not a question about designs but about benchmarks: what a table that is short enough to be learnt makes of the numbers.
 */
export const order: TimedScenario<State> = {
  ...lookupHit,
  id: 'order',
  question: 'What does a benchmark measure that asks for the same numbers in the same order again and again?',
  timed: `${thousands(OPS)} × findPidNs of live numbers: drawn at random, or ${thousands(CYCLE)} such draws repeated, which the processor learns by heart`,
  plan: { quick: orders, lab: orders, default: orders, full: orders },
  versus: { param: 'order', base: 'fresh', isGain: false },
  setup(subject, params, seed) {
    const state = setupHits(subject, { level: 0, live: numberOf(params, 'live') }, seed);
    return params.order === 'fresh' ? state : { ...state, asked: state.asked.slice(0, CYCLE) };
  },
};

/** The hottest share of the pids. */
const HOT = 0.01;
const skewed = (live: readonly number[]): Params[] => grid({ live, percent: [1, 50, 90, 99] });

/**
 * Timed: 2,000 × findPidNs, of which so many per cent ask for the same one in a hundred pids. Unit: ns per look-up.
 *
 * With 1 % nobody is asked for more than others; with 99 % almost all look-ups stay in what the processor keeps at hand.
 */
export const lookupSkew: TimedScenario<State> = {
  ...lookupHit,
  id: 'lookup-skew',
  question: 'How much faster is a look-up where most of them ask for the same few pids?',
  timed: `${lookupHit.timed}; \`percent\` of them among the same one in a hundred pids`,
  // In the lab it is counted which lines look-ups touch (the survey access).
  plan: { quick: skewed([1_000_000]), lab: [], default: skewed([1_000_000]), full: skewed([32_000, 1_000_000]) },
  setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const state = setupHits(subject, { level: 0, live }, seed);
    const numbers = numbersOf(state);
    const hot = choices(seed + 2, Math.max(1, Math.round(live * HOT)));
    const dice = choices(seed + 3, 10_000);
    // One in a hundred of those who ask for anybody ask for a hot one as well.
    const share = (numberOf(params, 'percent') / 100 - HOT) / (1 - HOT);
    return {
      ...state,
      asked: state.asked.map((nr, i) => (dice[i % dice.length] < 10_000 * share ? numbers[hot[i % hot.length]] : nr)),
    };
  },
};

/** Timed: 2,000 × findPidNs of numbers that nobody has, drawn at random. Unit: ns per look-up. */
export const lookupMiss: TimedScenario<State> = scenario<State>({
  id: 'lookup-miss',
  question: 'How long does it take to learn that nobody has a number?',
  timed: `${thousands(OPS)} × findPidNs in the namespace of the pids; free numbers below pidMax, drawn at random`,
  notTimed: 'making the pids, choosing the numbers (a table, read in order)',
  unit: 'look-up',
  plan: {
    ...plan,
    lab: grid({ level: [0], live: [32_000] }),
  },
  setup(subject, params, seed) {
    const live = numberOf(params, 'live');
    const world = populate(subject, live, numberOf(params, 'level'), seed);
    const taken = new Uint8Array(PID_MAX_LIMIT);
    for (const nr of numbersOf(world)) if (nr < PID_MAX_LIMIT) taken[nr] = 1;
    const pidMax = optionsFor(live, 0).pidMax ?? PID_MAX_LIMIT;
    const free = new Int32Array(pidMax - 1 - live);
    let count = 0;
    for (let nr = 1; nr < pidMax && count < free.length; nr++) if (taken[nr] === 0) free[count++] = nr;
    // As many draws as are never learnt; of millions of free numbers, no need to ask for each.
    const asked = take(indices(seed + 1, DRAWS, count), free);
    return { ...world, asked, at: 0, calls: 0, found: 0, last: world.pids[0] };
  },
  opsOf: () => OPS,
  run,
  verify({ calls, found }) {
    if (found !== 0 || calls === 0) throw new Error(`${found} of ${calls} look-ups of free numbers found a pid`);
  },
});
