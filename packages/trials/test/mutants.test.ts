import { strict as assert } from 'node:assert';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { occurrences } from '../src/mutants/build.ts';
import { type Answer, control, type HuntOptions, hunt } from '../src/mutants/hunt.ts';
import { mutants } from '../src/mutants/list.ts';
import type { Mutant } from '../src/mutants/mutant.ts';
import { AGAIN_MS, mutantsPage } from '../src/mutants/table.ts';

/*
 * Environment: PIDLAB_SEED draws the sixth of them that is tried; PIDLAB_UPDATE=1 writes docs/mutants.md; PIDLAB_MUTANTS=all runs the whole suite on every mutant (about ten
 * seconds each) and prints which clauses fail on it, for choosing the one to name.
 */

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'mutants.md');
const options: HuntOptions = { all: false, timeoutMs: 120_000, hangMs: 2_000, againMs: AGAIN_MS, processes: 2 };
/** The seed draws which sixth is tried when there is less time than with `npm test -- --long`. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const caughtByClauses = mutants.filter(({ scenario }) => scenario === undefined);
const tried = caughtByClauses.filter((_, i) => process.env.PIDLAB_LONG === '1' || i % 6 === SEED % 6);

test('every mutant changes exactly one place, and has a name of its own', () => {
  const stale = mutants.filter((mutant) => occurrences(mutant) !== 1);
  assert.deepEqual(
    stale.map(({ id, file }) => `${id}: what it replaces is not in ${file} exactly once`),
    [],
  );
  assert.equal(new Set(mutants.map((mutant) => mutant.id)).size, mutants.length);
  assert.ok(mutants.length >= 40);
});

// Each design's own suite says that of what is built as it is published.
if (process.env.PIDLAB_LONG === '1') {
  test('the clauses that are named for mutants hold on the strategies as they are', { timeout: 600_000 }, async () => {
    // Those of several threads are tried by the suite's own tests.
    const ofOneThread = tried.filter(({ caughtBy }) => !caughtBy.startsWith('SHARED-'));
    for (const [strategy, answer] of await control(ofOneThread, options)) {
      assert.deepEqual(answer.failures, [], strategy);
      assert.ok(answer.ran > 0, `${strategy} is stuck in ${answer.stuckIn}`);
    }
  });
}

test(`each of ${tried.length} mutants is caught by the clause that is named for it (seed ${SEED})`, async () => {
  const answers = await hunt(tried, options);
  const surprises = tried.map((mutant, i) => surprise(mutant, answers[i]!)).filter((s) => s !== undefined);
  assert.deepEqual(surprises, []);
}, 1_800_000);

test('docs/mutants.md says what these tests try', () => {
  const text = mutantsPage(mutants);
  if (process.env.PIDLAB_UPDATE === '1') {
    mkdirSync(dirname(page), { recursive: true });
    writeFileSync(page, text);
  }
  const found = existsSync(page) ? readFileSync(page, 'utf8') : '';
  assert.ok(found === text, 'docs/mutants.md is stale: run this test with PIDLAB_UPDATE=1 and commit it');
});

if (process.env.PIDLAB_MUTANTS === 'all') {
  test('all clauses on all mutants', { timeout: 7_200_000 }, async () => {
    const everything = { ...options, all: true };
    const whole = await control(mutants, everything);
    for (const [strategy, answer] of whole) console.log(`${strategy} as it is: ${summary(answer)}`);
    const answers = await hunt(mutants, everything);
    for (const [i, mutant] of mutants.entries()) console.log(`${mutant.id}: ${summary(answers[i]!)}`);
    expect(answers.filter((answer) => answer.failures.length === 0 && answer.stuckIn === undefined)).toEqual([]);
  });
}

/** What is not as the mutant says, if anything. */
function surprise({ id, caughtBy, hangs = false, byInvariants = false }: Mutant, answer: Answer): string | undefined {
  // In whichever scope the clause itself fails, that counts.
  const failed = answer.failures.some((failure) => !failure.byInvariants);
  if (failed && !hangs && !byInvariants) return undefined;
  // What several threads break is sometimes a wrong answer and sometimes none.
  if (caughtBy.startsWith('SHARED-') && answer.stuckIn === caughtBy) return undefined;
  if (hangs) return answer.stuckIn === caughtBy && !failed ? undefined : `${id}: ${caughtBy} comes back`;
  if (answer.stuckIn !== undefined) return `${id}: ${answer.stuckIn} never comes back`;
  if (answer.ran === 0) return `${id}: there is no clause ${caughtBy}`;
  if (answer.failures.length === 0) return `${id}: ${caughtBy} holds`;
  if (failed === byInvariants) return `${id}: ${failed ? 'the clause itself fails' : 'only the invariants fail'}`;
  return undefined;
}

function summary({ failures, ran, stuckIn }: Answer): string {
  const found = failures.map(({ clause, byInvariants }) => `${clause}${byInvariants ? ' (invariants)' : ''}`);
  const end = stuckIn === undefined ? `of ${ran} clauses` : `and stuck in ${stuckIn}`;
  return `${[...new Set(found)].join(', ') || 'none'} ${end}`;
}
