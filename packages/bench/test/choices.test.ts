import { describe, expect, it } from 'vitest';
import { choices, indices, layoutOf } from '../src/random.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import { loadSubject } from '../src/subjects.ts';

// A processor predicts what comes next by what came after the same before. This predictor does so with more places than any
// processor has, and with the values themselves instead of the branches that follow from them; what it cannot foresee,
// nobody can.

const PLACES = 2 ** 16;
const HISTORY = 2;

/** How often the predictor foresees the next choice, on the second time round and after. */
function foreseen(table: ArrayLike<number>, steps: number): number {
  const next = new Int32Array(PLACES).fill(-1);
  let right = 0;
  let counted = 0;
  let place = 0;
  const recent: number[] = [];
  for (let i = 0; i < table.length + steps; i++) {
    const choice = table[i % table.length];
    if (i >= table.length) {
      counted++;
      if (next[place] === choice) right++;
    }
    next[place] = choice;
    recent.push(choice);
    if (recent.length > HISTORY) recent.shift();
    place = recent.reduce((hash, value) => (Math.imul(hash, 0x61c88647) + value) | 0, 1) & (PLACES - 1);
  }
  return right / counted;
}

const STEPS = 200_000;

/** Chance, and four standard deviations of what is counted. */
function byChance(below: number): number {
  const p = 1 / below;
  return p + 4 * Math.sqrt((p * (1 - p)) / STEPS);
}

describe('a table of choices', () => {
  it.each([1_000, 32_000, 1_000_000])(
    'among %i has a million independent draws and more, all equally likely',
    (below) => {
      const table = choices(1, below);
      expect(table.length).toBeGreaterThanOrEqual(2 ** 20);
      // Chi-square over 100 classes, of values and of pairs of neighbours: 99 degrees of freedom, 160 is one in 10,000.
      for (const classOf of [
        (i: number) => Math.floor((100 * table[i]) / below),
        (i: number) =>
          10 * Math.floor((10 * table[i]) / below) + Math.floor((10 * table[(i + 1) % table.length]) / below),
      ]) {
        const counts = new Float64Array(100);
        for (let i = 0; i < table.length; i++) counts[classOf(i)]++;
        const expected = table.length / 100;
        const chi = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
        expect(chi).toBeLessThan(160);
      }
    },
  );

  it('has as many as there are things to choose from, where those are more', () => {
    expect(choices(1, 2 ** 21)).toHaveLength(2 ** 21);
  });

  it.each([1_000, 32_000])('of %i is foreseen no better than draws that never repeat', (below) => {
    expect(foreseen(choices(3, below), STEPS)).toBeLessThan(byChance(below));
    expect(foreseen(indices(3, 2 ** 20 + STEPS, below), STEPS)).toBeLessThan(byChance(below));
  });

  it('of a thousand in a cycle is foreseen almost always: the predictor is one', () => {
    expect(foreseen(indices(3, 1_000, 1_000), STEPS)).toBeGreaterThan(0.95);
    expect(foreseen(indices(3, 2 ** 14, 1_000), STEPS)).toBeGreaterThan(0.5);
  });
});

describe('what a scenario asks for cannot be foreseen', () => {
  const TABLES = ['victims', 'asked'];
  // The order is the question itself, or there is none, or it is a recorded one.
  const KNOWN: Record<string, RegExp> = { churn: /oldest/, order: /cycle/ };

  it.each(SCENARIOS.flatMap((scenario) => scenario.plan.lab.map((params) => ({ id: scenario.id, scenario, params }))))(
    '$id $params',
    async ({ id, scenario, params }) => {
      // Threads draw for themselves, by the same function.
      if (scenario.kind !== 'timed' || scenario.threads || id === 'replay') return;
      const subject = await loadSubject({ id: 'hierarchical', kind: 'strategy' });
      const tiny = { ...params, ...('live' in params ? { live: 1_000 } : {}) };
      const state = await scenario.setup(subject, tiny, 5);
      const tables = TABLES.map((name) => state[name] as ArrayLike<number> | undefined).filter(
        (each) => each !== undefined,
      );
      expect(tables).toHaveLength(1);
      const isKnown = KNOWN[id]?.test(String(params.order)) ?? false;
      // Leaders stand for nobody's exit, so one in fifty choices is its neighbour's.
      if (isKnown) expect(foreseen(tables[0], STEPS)).toBeGreaterThan(0.9);
      else expect(foreseen(tables[0], STEPS)).toBeLessThan(3 * byChance(500));
    },
  );
});

describe('the layout of a process', () => {
  it('is the same for the same round and row, and another for any other', () => {
    expect(layoutOf(1, 'churn flat')).toEqual(layoutOf(1, 'churn flat'));
    const all = Array.from({ length: 200 }, (_, i) => layoutOf(i >> 1, i % 2 === 0 ? 'churn flat' : 'churn twin'));
    for (const part of ['environmentBytes', 'ballastBytes', 'ballastObjects'] as const)
      expect(new Set(all.map((layout) => layout[part])).size).toBeGreaterThan(150);
  });
});
