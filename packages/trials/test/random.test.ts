import { strict as assert } from 'node:assert';
import { createModel } from '@pidlab/conformance';
import type { Strategy } from '@pidlab/contract';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import fc from 'fast-check';
import { describe, test, vi } from 'vitest';
import { play, type Sequence, shorten } from '../src/sequences/play.ts';
import { sequences } from './sequences.ts';

/*
 * Environment: PIDLAB_RUNS (sequences for each strategy; 12, and 200 with PIDLAB_LONG=1), PIDLAB_SEED and PIDLAB_PATH (of a failure that was printed),
 * PIDLAB_STEPS (commands in each sequence, at least).
 */

const RUNS = Number(process.env.PIDLAB_RUNS ?? (process.env.PIDLAB_LONG === '1' ? 200 : 12));
const STEPS = Number(process.env.PIDLAB_STEPS ?? 200);
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const PATH = process.env.PIDLAB_PATH;
vi.setConfig({ testTimeout: 120_000 + RUNS * 1_000 });

/** What must have happened at least once in the runs of all strategies together, or they were not worth much. */
const NOTABLE = [
  'EAGAIN',
  'ENOMEM',
  'EEXIST',
  'EINVAL',
  'ENOSPC',
  'PidBug',
  'wrap',
  'edge of a page',
  'namespace death',
  'stale handle',
  'bad argument',
  'out of memory',
  'zap to the end',
  'snapshot',
  'full comparison',
];

const strategies: readonly Strategy[] = [hierarchical, flat, pidspace, idr];

const happened = new Set<string>();

describe.each(strategies.map((strategy) => [strategy.traits.strategy, strategy] as const))('%s', (_name, strategy) => {
  test(`cannot be told from the model in ${RUNS} random sequences of ${STEPS} calls or more (seed ${SEED})`, () => {
    const events = new Map<string, number>();
    search(strategy, events);
    if (PATH !== undefined) return;
    console.log(`${strategy.traits.strategy}, seed ${SEED}: ${[...events].map(([e, n]) => `${e} ${n}`).join(', ')}`);
    for (const event of events.keys()) happened.add(event);
  });
});

/** What is rare happens in so many; to wait for it after a few takes longer than all the rest (`npm test -- --long`). */
const ENOUGH = 200;

test.skipIf(RUNS < ENOUGH)('what they did was worth something', ({ skip }) => {
  skip(PATH !== undefined || happened.size === 0, 'one sequence is played again, or none');
  const missing = (): string[] => NOTABLE.filter((event) => !happened.has(event));
  // What is rare may not be among so few sequences: then more are played, up to what the long form has.
  for (let more = 1; missing().length > 0 && more <= 8; more++) {
    const events = new Map<string, number>();
    search(flat, events, 25, SEED + more);
    for (const event of events.keys()) happened.add(event);
  }
  assert.deepEqual(missing(), []);
});

test('a model cannot be told from itself', () => {
  search({ traits: flat.traits, createPidAllocator: createModel(flat.traits) }, new Map(), Math.min(RUNS, 20));
});

test('a broken strategy is found out, and two or three commands are left to show it', () => {
  const broken: Strategy = {
    traits: flat.traits,
    createPidAllocator: (options) => ({ ...flat.createPidAllocator(options), getPid: (pid) => pid }),
  };
  let told = '';
  try {
    // With a seed of its own: where a sequence cannot be made any shorter is up to the seed, too.
    search(broken, new Map(), 20, 1);
  } catch (error) {
    told = String(error);
  }
  const [, enough] = /; (\d+) commands are enough/.exec(told) ?? [];
  assert.ok(enough !== undefined && Number(enough) <= 3, told || 'it was not found out');
  assert.match(told, /PIDLAB_SEED=\d+ PIDLAB_PATH=\d+/);
});

/** Looks for a sequence that tells strategy and model apart, makes it as short as it can, and throws. */
function search(strategy: Strategy, events: Map<string, number>, numRuns: number = RUNS, seed: number = SEED): void {
  const found = fc.check(
    fc.property(sequences(STEPS, STEPS + 50), (sequence) => play(strategy, sequence, events)),
    { numRuns, seed, endOnFailure: true, ...(PATH === undefined ? {} : { path: PATH }) },
  );
  const failing = found.counterexample?.[0];
  if (failing === undefined) return;
  const why = (sequence: Sequence): unknown => {
    try {
      play(strategy, sequence, new Map());
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const shortest = shorten(failing, (shorter) => why(shorter) !== undefined);
  const again = `PIDLAB_SEED=${found.seed} PIDLAB_PATH=${found.counterexamplePath}`;
  throw new Error(
    `${strategy.traits.strategy} differs from the model; once more: ${again}; ${shortest[1].length} commands are enough: ` +
      `${JSON.stringify(shortest)}\n${why(shortest)}`,
    { cause: found.errorInstance },
  );
}
