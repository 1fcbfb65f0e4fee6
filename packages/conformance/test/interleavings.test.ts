import { describe, expect, test } from 'vitest';
import {
  explore,
  isFor,
  loadModule,
  Races,
  type Report,
  readPlainlyIn,
  SCENARIOS,
  type Scenario,
} from '../src/explore/index.ts';
import { BUILTINS } from '../src/strategies/builtins.ts';

/* One design is enough here: what threads can do to each other is in core. `npm run explore` tries the others, and more preemptions. */

const module = await loadModule(import.meta.resolve(BUILTINS.hierarchical!.package));
const scenarios = SCENARIOS.filter((scenario) => isFor(scenario, module.traits));

/** What is not as it should be, in words that say how to see it again. */
function faultsOf({ scenario, failures, complete }: Report): string[] {
  const faults = failures.map(({ fault, outcome, schedule }) => {
    return `${fault.kind}: ${fault.text}: ${outcome}: --scenario ${scenario} --schedule '${schedule}'`;
  });
  return complete ? faults : [...faults, `${scenario} is not complete`];
}

/** What was read plainly while another thread may have written it. */
function fieldsOf(races: Races): string[] {
  return races.list().map(({ field }) => field);
}

const isLong = process.env.PIDLAB_LONG === '1';
/** Draws the sixteenth of the scenarios that is explored in full when there is less time than with `npm test -- --long`. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const SIXTEENTH = 16;
const drawn = new Set(scenarios.filter((_, i) => isLong || i % SIXTEENTH === SEED % SIXTEENTH));
const howMany = isLong ? 'all scenarios' : `a sixteenth of the scenarios, and fewer of the others (seed ${SEED})`;

/**
 * Those that are explored. One of two threads that are stopped for good shows nothing that is read plainly and the others do not,
 * and is left out unless it is drawn.
 */
const tried = scenarios.filter((scenario) => drawn.has(scenario) || scenario.gone !== 'twice');

/** Subjects, by the first word of a scenario's name. */
const subjects = new Map<string, Scenario[]>();
for (const scenario of tried) {
  const subject = scenario.name.split('-')[0]!;
  subjects.set(subject, [...(subjects.get(subject) ?? []), scenario]);
}

/**
 * Preemptions of a scenario. One that is not drawn has one, and none where a thread is stopped for good before each of its stores:
 * that shows everything that is read plainly. Where such a thread has cold caches, its stores to a batch of records are mostly
 * the same over and over: there one preemption takes as long as all other scenarios (`npm test -- --long`).
 */
function preemptionsOf(scenario: Scenario): number {
  const { gone, isCold } = scenario;
  if (!drawn.has(scenario)) return gone === undefined ? 1 : 0;
  return gone !== undefined && isCold && !isLong ? 0 : 2;
}

test('there are more scenarios than the prototype had', () => expect(SCENARIOS.length).toBeGreaterThan(175));

describe(`every interleaving with two preemptions of ${howMany}`, () => {
  const races = new Races();
  const explored = new Set<Scenario>();

  test.each([...subjects])('of %s-*', { timeout: 900_000 }, (_, some) => {
    for (const scenario of some) {
      expect(faultsOf(explore(module, scenario, { preemptions: preemptionsOf(scenario), races }))).toEqual([]);
      explored.add(scenario);
    }
  });

  test('reads those fields plainly meanwhile that ADR 0009 lists', () => {
    expect(explored.size, 'scenarios that were explored before this, of which it takes all').toBe(tried.length);
    expect(fieldsOf(races)).toEqual(readPlainlyIn('hierarchical'));
  });
});

const designs = isLong ? Object.entries(BUILTINS) : [];
for (const [name, builtin] of designs) {
  test(`${name} with one preemption reads those fields plainly meanwhile that ADR 0009 lists`, {
    timeout: 900_000,
  }, async () => {
    const played = await loadModule(import.meta.resolve(builtin.package));
    const races = new Races();
    for (const scenario of SCENARIOS.filter((one) => isFor(one, played.traits)))
      explore(played, scenario, { preemptions: 1, races });
    expect(fieldsOf(races)).toEqual(readPlainlyIn(name));
  });
}

describe(`stores that pass each other and loads that are early, with one preemption, in ${isLong ? 'all scenarios' : `a sixteenth of them (seed ${SEED})`}`, () => {
  // Cold caches have so many stores that those of some scenarios take as long as all others: `npm test -- --long`.
  const some = [...drawn].filter(({ gone, isCold }) => gone === undefined && (isLong || isCold !== true));
  test.each(some.map((scenario) => [scenario.name, scenario] as const))('%s', { timeout: 300_000 }, (_, scenario) => {
    expect(faultsOf(explore(module, scenario, { preemptions: 1, memory: 'arm' }))).toEqual([]);
  });
});
