/** Everything at once, by one seed; and that it finds what is broken, the same way every time, in few moves. */
import { describe, expect, test } from 'vitest';
import { loadFaulty } from '../src/faults/strategy.ts';
import type { Change, Strategy } from '../src/mutants/mutant.ts';
import { drawMoves, MoveFailed, play, shortest } from '../src/simulation/simulate.ts';

/* Environment: PIDLAB_RUNS (seeds for each design; 1, and 100 with PIDLAB_LONG=1), PIDLAB_SEED, PIDLAB_STEPS (moves of each run). */

const RUNS = Number(process.env.PIDLAB_RUNS ?? (process.env.PIDLAB_LONG === '1' ? 100 : 1));
const STEPS = Number(process.env.PIDLAB_STEPS ?? 150);
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);

test.each(['hierarchical', 'flat', 'pidspace', 'idr'] as const)(
  `%s holds in ${RUNS} runs (seed ${SEED})`,
  async (name) => {
    const strategy = await loadFaulty(name);
    const counts = new Map<string, number>();
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      try {
        play(strategy, drawMoves(seed, STEPS), counts);
      } catch (error) {
        throw new Error(`npm run simulate -- --strategy ${name} --seed ${seed} --moves ${STEPS}: ${error}`, {
          cause: error,
        });
      }
    }
    console.log(
      `${name}, seed ${SEED}: ${['process', 'number', 'kill', 'fault'].map((what) => `${what} ${counts.get(what)}`)}`,
    );
  },
);

describe('it finds', () => {
  test.each<[string, Strategy, Change]>([
    [
      'a pid that keeps its inner numbers when there is none further out',
      'hierarchical',
      { package: 'core', file: 'pids/pids.ts', find: '  s.design.giveBack(s, pidAt, taken);\n', replace: '' },
    ],
    [
      'a namespace whose record is lost when there is no page for its map',
      'flat',
      {
        package: 'core',
        file: 'pids/namespaces.ts',
        find: '    freeRecord(s, nsAt);\n    throw',
        replace: '    throw',
      },
    ],
    [
      'a worker that is declared gone with its magazines',
      'pidspace',
      {
        package: 'core',
        file: 'whole/recover.ts',
        find: '  for (const cache of ALL_CACHES) salvageMagazine(s, cache, worker);\n',
        replace: '',
      },
    ],
    [
      'a namespace that has a reaper when it has none',
      'idr',
      {
        package: 'core',
        file: 'pids/tasks.ts',
        find: '  if (type === PIDTYPE_PID && w[nsAt + REAPER] === taskAt) compareExchange(w, nsAt + REAPER, taskAt, 0);\n',
        replace: '',
      },
    ],
  ])('%s', async (_what, name, change) => {
    const strategy = await loadFaulty(name, [change]);
    for (let seed = 1; seed < 100; seed++) {
      const moves = drawMoves(seed, STEPS);
      const first = failureOf(() => play(strategy, moves));
      if (first === undefined) continue;
      expect(failureOf(() => play(strategy, moves))?.message).toBe(first.message);
      const few = shortest(strategy, moves.slice(0, first.at + 1), 60);
      expect(few.length).toBeLessThanOrEqual(first.at + 1);
      expect(failureOf(() => play(strategy, few))).toBeDefined();
      return;
    }
    throw new Error('nothing was found by 99 seeds');
  });
});

function failureOf(run: () => void): MoveFailed | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof MoveFailed) return error;
    throw error;
  }
}
