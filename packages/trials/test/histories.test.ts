import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Strategy } from '@pidlab/contract';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import { afterAll, describe, test } from 'vitest';
import { playHistories, type Report } from '../src/histories/run.ts';
import { showHistory } from '../src/histories/table.ts';
import { buildStrategy } from '../src/mutants/build.ts';

/*
 * Environment: PIDLAB_RUNS (histories of two workers, and a sixth as many of three; 100, and 6000 with PIDLAB_LONG=1),
 * PIDLAB_SEED, and PIDLAB_HISTORY (the number of one that failed: plays that one again and again, since what workers do is the
 * same each time and when they do it is not).
 */

const isLong = process.env.PIDLAB_LONG === '1';
const RUNS = Number(process.env.PIDLAB_RUNS ?? (isLong ? 6000 : 100));
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const HISTORY = process.env.PIDLAB_HISTORY;
/** What must have come of some calls, or the histories were not worth much. */
const NOTABLE = [
  'allocPid done',
  'allocPid EAGAIN',
  'allocPid EEXIST',
  'freePid nothing',
  'freePid PidBug',
  'findPidNs done',
  'findPidNs nothing',
  'findGetPid done',
  'getPid nothing',
  'putPid nothing',
  'nextPidmap done',
];

const strategies: readonly Strategy[] = [hierarchical, flat, pidspace, idr];

describe.each(strategies.map((strategy) => [strategy.traits.strategy, strategy] as const))('%s', (name, strategy) => {
  test.each([
    [2, 1, RUNS],
    [3, 1, Math.ceil(RUNS / 6)],
    [2, 2, RUNS],
  ])(
    `%i workers with a window of %i: something explains each of %i histories (seed ${SEED})`,
    { timeout: 120_000 + RUNS * 100 },
    async (workers, window, runs) => {
      const start = performance.now();
      const histories = HISTORY === undefined ? count(runs) : Array<number>(runs).fill(Number(HISTORY));
      const module = `@pidlab/core-${name}`;
      const report = await playHistories({ strategy, module, workers, window, seed: SEED, histories });
      const seconds = (performance.now() - start) / 1000;
      assert.equal(said(report), '');
      if (HISTORY !== undefined) return;
      const share = Math.round((100 * report.overlapping) / report.calls);
      console.log(
        `${name}, ${workers} workers, window ${window}: ${report.histories} histories in ${seconds.toFixed(1)} s, ${report.calls} calls, ${share} % of them while another was under way`,
      );
      // The rarest comes about once in ten histories.
      if (runs < 300) return;
      for (const outcome of NOTABLE)
        assert.ok(report.outcomes.has(outcome), `no ${outcome} in ${report.histories} histories`);
    },
  );
});

/** Threads have to meet for that, which takes as long as it takes. The explorer finds both every time. */
function findsPlainOnes(): void {
  const dir = mkdtempSync(join(tmpdir(), 'pidlab-histories-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  /** Histories until which it has to be found. One that never ends counts. */
  const ENOUGH = 200_000;
  const mutants = [
    ['or', '  if (SHARED) return Atomics.or(words, at, mask);\n'],
    ['compareExchange', '  if (SHARED) return Atomics.compareExchange(words, at, expected, value);\n'],
  ] as const;
  test.each(mutants)('%s', { timeout: 1_800_000 }, async (name, find) => {
    const file = join(dir, `${name}.mjs`);
    await buildStrategy('hierarchical', [{ package: 'core', file: 'words/access.ts', find, replace: '' }], file);
    const module = pathToFileURL(file).href;
    const strategy = (await import(/* @vite-ignore */ module)) as Strategy;
    const start = performance.now();
    const found = await broken({ strategy, module, workers: 2, seed: SEED, histories: count(ENOUGH) });
    console.log(
      `without ${name}: found after ${((performance.now() - start) / 1000).toFixed(1)} s: ${found.split('\n')[0]}`,
    );
    assert.notEqual(found, '', `${ENOUGH} histories, and all are explained`);
  });
}

if (isLong) describe('a plain read and write in place of an atomic one is found out', findsPlainOnes);

/** What is wrong; a thread that throws what is no PidError or never returns counts as well. */
async function broken(options: Parameters<typeof playHistories>[0]): Promise<string> {
  try {
    return said(await playHistories({ ...options }));
  } catch (error) {
    return String(error);
  }
}

/** What is wrong, and how to see it again; nothing when all is well. */
function said({ failure, violations }: Report): string {
  if (failure === undefined) return violations.join('\n');
  return `${showHistory(failure)}\nagain: PIDLAB_SEED=${SEED} PIDLAB_HISTORY=${failure.number} npx vitest run --project @pidlab/trials histories.test`;
}

/** The numbers below `end`. */
function* count(end: number): Generator<number> {
  for (let i = 0; i < end; i++) yield i;
}
