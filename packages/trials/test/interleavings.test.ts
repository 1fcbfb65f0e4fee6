import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { explore, loadModule, type Report, SCENARIOS } from '@pidlab/conformance/explore';
import { afterAll, describe, expect, test } from 'vitest';
import { buildStrategy } from '../src/mutants/build.ts';
import { mutants } from '../src/mutants/list.ts';
import { type Mutant, type Strategy, strategyOf } from '../src/mutants/mutant.ts';

/*
 * What real threads show only by luck, or not at all: for each such mutant one scenario of the explorer, which fails in the same
 * execution every time.
 */

const folder = mkdtempSync(join(tmpdir(), 'pidlab-interleavings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isLong = process.env.PIDLAB_LONG === '1';
/** Draws the sixth of the mutants that is tried when there is less time than with `npm test -- --long`. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const explored = mutants.filter(({ scenario }) => scenario !== undefined);
const tried = explored.filter((_, i) => isLong || i % 6 === SEED % 6);

/** The scenarios that are named for mutants, by the design that they break. */
const ownScenarios = new Map<Strategy, Set<string>>();
for (const mutant of explored) {
  const strategy = strategyOf(mutant);
  ownScenarios.set(strategy, (ownScenarios.get(strategy) ?? new Set()).add(mutant.scenario!));
}

async function exploreMutant(mutant: Mutant, file: string): Promise<Report | string> {
  const module = await loadModule(pathToFileURL(file).href);
  const { scenario: name, preemptions = 2, memory = 'sc' } = mutant;
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`${mutant.id}: there is no scenario ${name}`);
  try {
    return explore(module, scenario, { preemptions, memory, first: true });
  } catch (error) {
    // Where a lock is not taken that is relied on, the beginning itself fails, since mutants are built with checks.
    return String(error);
  }
}

test('the explorer has more than a dozen mutants of its own', () => expect(explored.length).toBeGreaterThan(12));

describe(`the explorer, of ${explored.length} mutants ${isLong ? 'all' : `a sixth (seed ${SEED})`}`, () => {
  test.each(tried.map((mutant) => [mutant.id, mutant] as const))('catches %s', async (id, mutant) => {
    const file = join(folder, `${id}.mjs`);
    await buildStrategy(strategyOf(mutant), [mutant], file);
    const first = await exploreMutant(mutant, file);
    if (typeof first === 'string') expect(first).toMatch(/relies on/);
    else expect(first.failures).not.toEqual([]);
  });

  // A scenario that fails anyway would catch nothing. All scenarios of the hierarchical one are tried by the explorer's own tests,
  // those of the others when there is time (`npm test -- --long`).
  const controlled = isLong ? [...ownScenarios] : [];
  test.each(controlled)('finds nothing in %s as it is', async (strategy, names) => {
    const file = join(folder, `${strategy}.mjs`);
    await buildStrategy(strategy, [], file);
    const module = await loadModule(pathToFileURL(file).href);
    const failed = SCENARIOS.filter(({ name }) => names.has(name)).filter(
      (scenario) => explore(module, scenario, { preemptions: 2, first: true }).failures.length > 0,
    );
    expect(failed.map(({ name }) => name)).toEqual([]);
  });

  test('catches one in the same execution every time', async () => {
    const mutant = explored.find(({ id }) => id === 'found-in-its-next-life')!;
    const file = join(folder, 'again.mjs');
    await buildStrategy(strategyOf(mutant), [mutant], file);
    const [a, b] = [await exploreMutant(mutant, file), await exploreMutant(mutant, file)] as Report[];
    expect(a!.failures).toEqual(b!.failures);
  });
});
