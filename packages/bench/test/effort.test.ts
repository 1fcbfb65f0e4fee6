/** How long a process warms its caches and measures, by what it is to measure. */
import { describe, expect, it } from 'vitest';
import { wakeMsFor } from '../src/job.ts';
import { effortFor, SETTINGS } from '../src/modes.ts';
import { SCENARIOS, scenarioOf } from '../src/scenarios/index.ts';

describe('caches', () => {
  it('are warmed for longer where there are more pids, up to what 32,000 need, and for as long where nobody says how many', () => {
    expect([1, 1_000, 16_000, 32_000, 4_000_000].map((live) => wakeMsFor({ live }))).toEqual([3, 3, 7.5, 15, 15]);
    expect(wakeMsFor({ trace: 'c-build' })).toBe(15);
  });
});

describe('the effort', () => {
  it('of the lab is twice as much where processes take long to get ready, and nothing else', () => {
    const cells = SCENARIOS.flatMap((scenario) => scenario.plan.lab.map((params) => ({ scenario, params })));
    const long = cells.filter((cell) => effortFor(SETTINGS.lab, cell).measureMs === 108);
    expect(long.length).toBeGreaterThan(0);
    expect(long.length).toBeLessThan(cells.length / 2);
    for (const cell of cells) {
      const { scenario, params } = cell;
      const isLong = scenario.id === 'fork-exit-wait' || Number(params.live ?? 0) >= 1_000_000;
      expect(effortFor(SETTINGS.lab, cell), scenario.id).toEqual({
        ...SETTINGS.lab.effort,
        measureMs: isLong ? 108 : 54,
      });
    }
  });

  it('of the other modes is the same for all', () => {
    const cell = { scenario: scenarioOf('churn'), params: { live: 4_000_000 } };
    for (const mode of ['quick', 'default', 'full'] as const)
      expect(effortFor(SETTINGS[mode], cell)).toBe(SETTINGS[mode].effort);
  });
});
