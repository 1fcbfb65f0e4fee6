/**
 * Tries the orders in which threads can interleave: all with so many preemptions, depth first, and random ones beyond.
 *
 * A thread runs until it is done, waits, or is preempted. Where it is done or waits, all others are tried. Preempted it is only
 * before accesses to words that two threads touch and one of them writes: what is in between is nobody else's business, so the
 * order of it against others makes no difference. Which words those are is found on the way: whenever one more turns up, the
 * search begins anew. An execution that comes to a state in which another was before, with no more preemptions left, is over: what
 * follows is known (visited.ts). Musuvathi and Qadeer, "Iterative context bounding" (2007), say why few preemptions find most bugs.
 */
import { choices } from '../random.ts';
import type { Exception } from './judge/exceptions.ts';
import { type Fault, Judge } from './judge/judge.ts';
import { createMachine, type Decision, type Execution, FLUSH, type Machine, type Run } from './machine.ts';
import type { Module } from './module.ts';
import type { Races } from './races.ts';
import type { Scenario } from './scenario.ts';
import { type Schedule, showSchedule } from './schedule.ts';
import { Visited } from './visited.ts';
import { type Chance, type MemoryName, WeakMemory, type Whim } from './weak.ts';
import { makeWorld, type World } from './world.ts';

/** How far to go. */
export interface Options {
  /** The most preemptions: 2 finds nearly everything. */
  readonly preemptions?: number;
  /** How memory behaves. Beyond `sc` one access at a time is late or early, each that counts in turn. */
  readonly memory?: MemoryName;
  /** Random executions with up to twice as many preemptions, after all the others. */
  readonly random?: number;
  readonly seed?: number;
  /** Seconds after which it stops, complete or not. */
  readonly seconds?: number;
  /** Stops at the first failure. */
  readonly first?: boolean;
  /**
   * Takes note of each plain read that races, in executions with up to one preemption: those have each pair of accesses in both
   * orders. Only where memory is `sc` is the order of accesses the order of memory.
   */
  readonly races?: Races;
  /** Stops before every access, whatever it is to. */
  readonly everywhere?: boolean;
  /** Goes on from states that are known, too: that finds nothing more, as a test shows, and takes long. */
  readonly again?: boolean;
  /** Is told now and then how many executions there were. */
  readonly progress?: (executions: number) => void;
}

/** An outcome: how often, and why it is allowed or is not. */
export interface Outcome {
  readonly outcome: string;
  executions: number;
  /** The exceptions of the contract that it needs; undefined when it is none. */
  readonly needs: readonly Exception[] | undefined;
}

/** Something that must not be, and how to see it again. */
export interface Failure {
  readonly fault: Fault;
  readonly outcome: string;
  readonly schedule: string;
  /** The number of the execution that showed it first, and how many did. */
  readonly at: number;
  count: number;
}

export interface Report {
  readonly scenario: string;
  readonly executions: number;
  /** Those of them that came to a state from which all was known. */
  readonly known: number;
  /** Whether all orders with so many preemptions were tried. */
  readonly complete: boolean;
  readonly outcomes: readonly Outcome[];
  readonly failures: readonly Failure[];
  /** Words that two threads touch and one writes. */
  readonly hotWords: number;
  readonly accesses: number;
  readonly seconds: number;
}

/** Explores a scenario. Throws UsageError where the design cannot play it. */
export function explore(module: Module, scenario: Scenario, options: Options = {}): Report {
  // Refusals are thrown by the thousand, and nobody reads where.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const machine = machines.get(module) ?? createMachine();
  // Whatever is thrown, nobody goes on with a machine that it has left half way.
  machines.delete(module);
  try {
    const report = new Exploration(module, machine, scenario, options).run();
    machines.set(module, machine);
    return report;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The machine that has run scenarios of a module is there for the next one: by then the engine has made fast code of the strategy. */
const machines = new WeakMap<Module, Machine>();

/** What the search decides: as the machine does, or a whim of memory. */
type Step = Decision | (Chance & { readonly free: number });

/** Executions between two looks at the clock. */
const LOOK = 64;

class Exploration {
  readonly #options: Options;
  readonly #machine: Machine;
  readonly #world: World;
  readonly #judge: Judge;
  readonly #memory: WeakMemory | undefined;
  readonly #outcomes = new Map<string, Outcome>();
  readonly #failures = new Map<string, Failure>();
  readonly #began = performance.now();
  readonly #visited = new Visited();
  #isTakingNote = false;
  #executions = 0;
  #known = 0;
  #accesses = 0;
  #isStopped = false;
  #kill: readonly number[] | undefined;

  constructor(module: Module, machine: Machine, scenario: Scenario, options: Options) {
    this.#options = options;
    this.#machine = machine;
    this.#world = makeWorld(module, machine, scenario);
    this.#judge = new Judge(this.#world);
    const { memory = 'sc' } = options;
    this.#memory = memory === 'sc' ? undefined : new WeakMemory(this.#machine, memory);
    this.#machine.setMemory(this.#memory);
    options.races?.over(this.#world, module.traits.strategy);
  }

  run(): Report {
    const { preemptions = 2, random = 0, everywhere = false } = this.#options;
    this.#machine.cool(everywhere ? 1 : 0);
    if (this.#world.scenario.gone === undefined) this.#deepen(preemptions);
    else this.#deepenGone(preemptions);
    if (this.#memory !== undefined && this.#kill === undefined) this.#deepen(preemptions, true);
    const complete = !this.#isStopped;
    if (random > 0) this.#tryAtRandom(random, 2 * Math.max(1, preemptions));
    return {
      scenario: this.#world.scenario.name,
      executions: this.#executions,
      known: this.#known,
      complete,
      outcomes: [...this.#outcomes.values()],
      failures: [...this.#failures.values()],
      hotWords: this.#machine.hotWords(),
      accesses: this.#accesses,
      seconds: (performance.now() - this.#began) / 1000,
    };
  }

  /** First without preemptions, then with one, …: so that what is found is found in the simplest way. */
  #deepen(preemptions: number, hasWhim = false): void {
    for (let most = 0; most <= preemptions && !this.#isStopped; most++) {
      do this.#search([], most, hasWhim);
      while (this.#isHotter() && !this.#isStopped);
    }
  }

  /** Whether more words count than before: then no state was seen with all those that follow. */
  #isHotter(): boolean {
    if (this.#machine.heat() === 0) return false;
    this.#visited.clear();
    return true;
  }

  /** With one preemption at most, and in a nested scenario without. */
  #deepenGone(preemptions: number): void {
    const isTwice = this.#world.scenario.gone === 'twice';
    for (let most = 0; most <= (isTwice ? 0 : Math.min(1, preemptions)) && !this.#isStopped; most++) {
      do this.#stopForGood(most, isTwice);
      while (!isTwice && this.#isHotter() && !this.#isStopped);
    }
  }

  /** A thread is stopped for good before each of its stores, and in a nested scenario whoever declares it gone as well. */
  #stopForGood(preemptions: number, isTwice: boolean): void {
    let wasKilled = true;
    for (let store = 1; wasKilled && !this.#isStopped; store++) {
      wasKilled = false;
      let wasKilledToo = true;
      for (let second = isTwice ? 1 : 0; wasKilledToo && !this.#isStopped; second++) {
        this.#kill = [store, second, 0];
        const { killed } = this.#search([], preemptions);
        wasKilled ||= killed[0]!;
        wasKilledToo = isTwice && killed[0]! && killed[1]!;
      }
    }
  }

  /**
   * Everything that can be decided otherwise after those steps, depth first. Returns how it went without. With `hasWhim` one access
   * that counts may be late, or early.
   */
  #search(steps: readonly Step[], preemptions: number, hasWhim = false): Execution {
    const left = preemptions - preemptionsIn(steps);
    this.#isTakingNote = preemptions <= 1;
    const execution = this.#check(steps, left, hasWhim);
    if (execution.unused > 0) return execution;
    const chances = hasWhim ? this.#memory!.chances() : [];
    for (const next of alternatives(execution, steps, left, this.#world.bodies.length, chances)) {
      if (this.#isStopped) break;
      this.#search([...steps, next], preemptions, hasWhim && !('whim' in next));
    }
    return execution;
  }

  /** Steps at which threads are preempted, drawn at random; and who begins. */
  #tryAtRandom(executions: number, depth: number): void {
    const threads = this.#world.bodies.length;
    const { seed = 1 } = this.#options;
    let longest = this.#check([], -1).steps;
    for (let i = 0; i < executions && !this.#isStopped; i++) {
      const random = choices(seed, i, 0);
      const drawn = Array.from({ length: 1 + random.below(depth) }, () => 1 + random.below(longest));
      const steps = [...new Set(drawn)].sort((a, b) => a - b);
      const first: Decision = { choice: 0, to: random.below(threads), step: 0, segment: 0 };
      const { steps: came } = this.#check(
        [first, ...steps.map((step) => ({ step, to: random.below(threads), free: 0, segment: 0 }))],
        -1,
      );
      longest = Math.max(longest, came);
      this.#machine.heat();
    }
  }

  /** Runs the threads once and judges what came of it, if that is not known. As many preemptions are left; -1 for a random one. */
  #check(steps: readonly Step[], left: number, mayHaveWhim = false): Execution {
    const races = this.#isTakingNote ? this.#options.races : undefined;
    const whim = steps.find((step) => 'whim' in step)?.whim;
    this.#memory?.next(whim, mayHaveWhim);
    races?.begin();
    const execution = once(this.#world, this.#machine, {
      ...this.#runOf(steps.filter((step): step is Decision => !('whim' in step))),
      onlooker: races?.onlooker,
      isKnown: left < 0 || this.#options.again === true ? undefined : (a, b) => this.#visited.has(a, b, left),
      past: this.#world.past,
    });
    races?.end(execution.taken, this.#kill);
    this.#executions++;
    this.#accesses += execution.accesses;
    if (this.#executions % LOOK === 0) this.#lookAtClock();
    if (execution.verdict === 'KNOWN') {
      this.#known++;
      this.#machine.undo();
      return execution;
    }
    const { outcome, faults, needs } = this.#judge.judge(execution);
    this.#machine.undo();
    const known = this.#outcomes.get(outcome);
    if (known === undefined) this.#outcomes.set(outcome, { outcome, executions: 1, needs });
    else known.executions++;
    for (const fault of faults) this.#fail(fault, outcome, execution, whim);
    return execution;
  }

  #runOf(decisions: readonly Decision[]): Run {
    if (this.#kill === undefined) return { decisions };
    return { decisions, kill: this.#kill, held: this.#world.bodies.map((_, t) => t > 0) };
  }

  #fail(fault: Fault, outcome: string, { taken }: Execution, whim: Whim | undefined): void {
    const key = fault.kind === 'unexplained' ? outcome : `${fault.kind} ${fault.text}`;
    const known = this.#failures.get(key);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const schedule = showSchedule({ stops: taken, kill: this.#kill ?? [], whim });
    this.#failures.set(key, { fault, outcome, schedule, at: this.#executions, count: 1 });
    if (this.#options.first === true) this.#isStopped = true;
  }

  #lookAtClock(): void {
    const { seconds = Number.POSITIVE_INFINITY, progress } = this.#options;
    progress?.(this.#executions);
    if (performance.now() - this.#began > seconds * 1000) this.#isStopped = true;
  }
}

function once(world: World, machine: Machine, run: Run): Execution {
  world.rewind();
  return machine.execute(world.bodies, run);
}

/** Steps by which somebody is stopped who could go on. */
function preemptionsIn(steps: readonly Step[]): number {
  let found = 0;
  for (const step of steps) if (!('choice' in step || 'whim' in step)) found++;
  return found;
}

/**
 * What could have been decided otherwise after the last step: other threads where one could not go on, preemptions if some are
 * left, and whims of memory.
 */
function alternatives(
  execution: Execution,
  decided: readonly Step[],
  left: number,
  threads: number,
  chances: readonly Chance[],
): Step[] {
  const { choices: free, segments, steps } = execution;
  const last = decided.at(-1);
  const lastStep = last !== undefined && 'step' in last ? last.step : 0;
  const lastSegment = last !== undefined && 'segment' in last ? last.segment : 0;
  const lastChoice = last === undefined ? -1 : 'choice' in last ? last.choice : 'free' in last ? last.free : -1;
  const found: Step[] = [];
  for (const { choice, step, options, segment } of free) {
    if (choice <= lastChoice || step < lastStep) continue;
    for (const to of options.slice(1)) found.push({ choice, to, step, segment });
  }
  // Choices that lie before a stretch are made.
  const choicesBefore = (k: number): number => {
    let before = lastChoice;
    for (const { choice, segment } of free) if (segment <= k) before = Math.max(before, choice);
    return before;
  };
  for (const chance of chances) {
    if (chance.segment >= lastSegment) found.push({ ...chance, free: choicesBefore(chance.segment) });
  }
  if (left <= 0) return found;
  for (const [k, { thread, from, able }] of segments.entries()) {
    const end = segments[k + 1]?.from ?? steps;
    const before = choicesBefore(k);
    for (let step = Math.max(from, lastStep) + 1; step <= end; step++) {
      for (let to = 0; to < threads; to++) {
        if (to === thread) continue;
        if ((able & (1 << to)) !== 0) found.push({ step, to, free: before, segment: k + 1 });
        if ((able & (1 << (to + 8))) !== 0) found.push({ step, to: FLUSH + to, free: before, segment: k + 1 });
      }
    }
  }
  return found;
}

/** Runs a schedule once more, and hands it to whoever wants to see each access. */
export function replay(
  module: Module,
  scenario: Scenario,
  { stops, kill, whim }: Schedule,
  memoryName: MemoryName,
  look: (world: World, run: (onlooker?: Run['onlooker']) => Execution) => void,
): void {
  const machine = createMachine();
  const world = makeWorld(module, machine, scenario);
  const memory = memoryName === 'sc' ? undefined : new WeakMemory(machine, memoryName);
  memory?.next(whim, false);
  machine.setMemory(memory);
  const decisions = decisionsOf(stops);
  const held = kill.length === 0 ? {} : { kill, held: world.bodies.map((_, t) => t > 0) };
  look(world, (onlooker) => once(world, machine, { decisions, ...held, onlooker }));
  machine.undo();
}

function decisionsOf(stops: readonly string[]): Decision[] {
  return stops.map((stop): Decision => {
    const [, kind, number, how, to] = /^([af])(\d+)([→!])(\d+)$/.exec(stop)!;
    const target = how === '!' ? FLUSH + Number(to) : Number(to);
    return kind === 'f'
      ? { choice: Number(number), to: target, step: 0, segment: 0 }
      : { access: Number(number), to: target };
  });
}
