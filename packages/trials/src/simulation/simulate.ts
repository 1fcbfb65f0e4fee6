/**
 * One run that joins what else is tried apart: processes with hooks that throw and call again, an allocator by itself, several
 * workers of each block of which some stop for good, and memory that runs out, all by choices that follow from one seed. After
 * each step both blocks hold what they must, and cannot be told from the reference model.
 */
import { createModel } from '@pidlab/conformance';
import { choices } from '@pidlab/conformance/random';
import type { PidAllocatorOptions } from '@pidlab/contract';
import type { Faulty } from '../faults/strategy.ts';
import { fewest } from '../fewest.ts';
import { CHOICES, type Command, step } from '../sequences/commands.ts';
import { compareAll } from '../sequences/compare.ts';
import { createPair, type Pair } from '../sequences/pair.ts';
import { Crew } from './crew.ts';
import { Shortage } from './shortage.ts';
import { type Step, Table } from './table.ts';

/** What is done, and five choices. */
export type Move = readonly [what: What, ...Step];

/** How often each of them happened, and what else is worth counting. */
export type Counts = Map<string, number>;

const OPTIONS: PidAllocatorOptions = {
  memory: 2 ** 22,
  capacity: 1_024,
  namespaces: 64,
  pidMax: 32_000,
  generationBase: 7,
};
/** For the model, which counts memory otherwise. */
const MODEL_OPTIONS: PidAllocatorOptions = { ...OPTIONS, memory: 2 ** 30 };
/** What the pair calls it when the subject has no memory for a call. */
const NO_MEMORY = 'out of memory';
/** Everything looks alike after so many moves; invariants are walked after each. */
const COMPARE_EVERY = 40;

type What = 'process' | 'number' | 'hook' | 'turn' | 'kill' | 'leave' | 'fault';

const MOVES: Readonly<Record<What, (world: World, step: Step) => void>> = {
  process: (world, step) => world.process(step),
  number: (world, [, a, b, c, d]) => world.number([a, b, c, d]),
  hook: (world, step) => world.plan(step),
  turn: (world, [, a, b]) => world.crewOf(b).turn(a),
  kill: (world, [, a, b]) => world.crewOf(b).kill(a),
  leave: (world, [, a, b]) => world.crewOf(b).leave(a),
  fault: (world, [, a]) => world.failAt(a),
};
const SHARES: readonly (readonly [share: number, what: What])[] = [
  [50, 'process'],
  [25, 'number'],
  [8, 'hook'],
  [12, 'turn'],
  [3, 'kill'],
  [2, 'leave'],
  [10, 'fault'],
];
const WHEEL = SHARES.flatMap(([share, what]) => Array<What>(share).fill(what));

/** The moves that follow from a seed. */
export function drawMoves(seed: number, count: number): Move[] {
  const { below, pick } = choices(seed);
  const any = (): number => below(CHOICES);
  return Array.from({ length: count }, () => [pick(WHEEL), any(), any(), any(), any(), any()] as const);
}

/** Both blocks, and what is known of them. */
class World {
  readonly #strategy: Faulty;
  readonly #counts: Counts;
  readonly #crews: readonly [processes: Crew, numbers: Crew];
  readonly #shortage = new Shortage(() => this.#takeFault());
  readonly #subject: Table;
  readonly #model: Table;
  readonly #pair: Pair;
  /** How often memory will be taken until it runs out, once; 0 for never. */
  #left = 0;
  #hasFailed = false;
  #faults = 0;

  constructor(strategy: Faulty, counts: Counts) {
    this.#strategy = strategy;
    this.#counts = counts;
    this.#crews = [new Crew(strategy, OPTIONS), new Crew(strategy, OPTIONS)];
    const { traits } = strategy;
    this.#subject = new Table(this.#shortage.noting(this.#crews[0].allocator));
    this.#shortage.notes = [];
    this.#model = new Table(this.#shortage.following(createModel(traits)(MODEL_OPTIONS)));
    this.#pair = createPair({
      model: createModel(traits)(MODEL_OPTIONS),
      subject: this.#crews[1].allocator,
      restore: (snapshot) => this.#crews[1].restore(snapshot),
      events: counts,
    });
  }

  /** Faults come only while the subjects are at work. */
  #withFaults(run: () => void): void {
    this.#strategy.injectFaults(() => {
      if (this.#left === 0 || --this.#left > 0) return false;
      this.#hasFailed = true;
      this.#faults++;
      return true;
    });
    try {
      run();
    } finally {
      this.#strategy.injectFaults();
    }
  }

  #takeFault(): boolean {
    const had = this.#hasFailed;
    this.#hasFailed = false;
    return had;
  }

  failAt(choice: number): void {
    this.#left = 1 + (choice % 8);
  }

  crewOf(choice: number): Crew {
    return this.#crews[choice % 2];
  }

  plan(step: Step): void {
    this.#subject.plan(step);
    this.#model.plan(step);
  }

  process(step: Step): void {
    this.#shortage.notes = [];
    const before = this.#faults;
    this.#withFaults(() => this.#subject.act(step));
    this.#count('faults among processes', this.#faults - before);
    this.#model.act(step);
    const [found, expected] = [this.#subject.log, this.#model.log];
    this.#subject.log = [];
    this.#model.log = [];
    for (const one of found) if (typeof one === 'string') this.#count(one, 1);
    same('what came of it', expected, found);
    same('the processes', this.#model.picture(), this.#subject.picture());
    mustBeEmpty('the table', this.#subject.t.checkInvariants());
  }

  number(command: Command): void {
    const pair = this.#pair;
    const before = { faults: this.#faults, shortages: pair.events.get(NO_MEMORY) ?? 0 };
    // Only a fault may be the reason for a shortage; by mainline's rules a closed namespace may too.
    Object.assign(pair, { tight: this.#left > 0 });
    this.#withFaults(() => step(pair, command));
    this.#hasFailed = false;
    const faults = this.#faults - before.faults;
    this.#count('faults among numbers', faults);
    const shortages = (pair.events.get(NO_MEMORY) ?? 0) - before.shortages;
    if (shortages > faults && pair.model.traits.rules !== 'mainline')
      throw new Error(`${shortages} calls had no memory, and ${faults} were refused it`);
  }

  /** What must hold after each move. */
  check(): void {
    for (const { allocator } of this.#crews) {
      const { violations, leaked } = allocator.checkInvariants();
      mustBeEmpty('a block', [...violations, ...leaked]);
    }
  }

  compare(): void {
    compareAll(this.#pair);
  }

  /** Everybody ends, and nothing is left. */
  end(): void {
    this.#shortage.notes = [];
    this.#subject.end();
    this.#model.end();
    mustBeEmpty('the table at the end', this.#subject.t.checkInvariants());
    const { pids, tasks, namespaces } = this.#subject.t.allocator.stats();
    same('what is left of the processes', [1, 1, 1], [pids, tasks, namespaces]);
    this.compare();
  }

  #count(what: string, by: number): void {
    if (by > 0) this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }
}

/** Plays moves on a strategy, and throws where something is not as it must be: the number of the move is in the error. */
export function play(strategy: Faulty, moves: readonly Move[], counts: Counts = new Map()): void {
  const world = new World(strategy, counts);
  for (const [i, [what, ...step]] of moves.entries()) {
    try {
      counts.set(what, (counts.get(what) ?? 0) + 1);
      MOVES[what](world, step);
      world.check();
      if (i % COMPARE_EVERY === COMPARE_EVERY - 1) world.compare();
    } catch (error) {
      throw new MoveFailed(i, what, error);
    }
  }
  try {
    world.end();
  } catch (error) {
    throw new MoveFailed(moves.length, 'end', error);
  }
}

/** Where a run failed. */
export class MoveFailed extends Error {
  override readonly name = 'MoveFailed';
  /** Moves before it. */
  readonly at: number;

  constructor(at: number, what: string, cause: unknown) {
    super(`move ${at} (${what}): ${cause instanceof Error ? cause.message : cause}`, { cause });
    this.at = at;
  }
}

/** Leaves out whatever is not needed for the moves to fail, in so many tries at most. */
export function shortest(strategy: Faulty, moves: readonly Move[], most = 400): Move[] {
  let left = most;
  return fewest(moves, (fewer) => {
    if (left-- <= 0) return false;
    try {
      play(strategy, fewer);
      return false;
    } catch {
      return true;
    }
  });
}

function same(what: string, expected: unknown, found: unknown): void {
  const [e, f] = [JSON.stringify(expected), JSON.stringify(found)];
  if (e === f) return;
  const at = [...e].findIndex((char, i) => char !== f[i]);
  const near = (text: string): string => text.slice(Math.max(0, at - 60), at + 80);
  throw new Error(`${what}: the model says …${near(e)}…, the subject …${near(f)}…`);
}

function mustBeEmpty(what: string, sentences: readonly string[]): void {
  if (sentences.length > 0) throw new Error(`${what}: ${sentences.slice(0, 5).join('; ')}`);
}
