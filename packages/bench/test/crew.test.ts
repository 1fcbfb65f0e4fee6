import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { waitedNs, workSideBySide } from '../src/crew.ts';
import { flagsFor } from '../src/process.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';

/** Begin, end and wait of two threads in a turn of 10 ms, in nanoseconds. */
function turn(waitedMs: number): Float64Array[] {
  return [0, waitedMs].map((waited) => Float64Array.of(1e6, 11e6, waited * 1e6));
}

/** How many turns it takes where the threads wait so long in one after the other. */
function turnsFor(...waits: number[]): number {
  const crew = { times: [] as readonly Float64Array[] };
  let played = 0;
  const tries = workSideBySide(crew, () => {
    crew.times = turn(waits[Math.min(played++, waits.length - 1)]);
  });
  expect(tries).toBe(played);
  return tries;
}

describe('a turn of threads', () => {
  it('counts where each had a core for all but a hundredth of it', () => {
    expect(turnsFor(0)).toBe(1);
    expect(turnsFor(0.09)).toBe(1);
  });

  it('is played again where one waited longer', () => {
    expect(turnsFor(0.11, 0)).toBe(2);
    expect(turnsFor(4, 7, 0.2, 0.05)).toBe(4);
  });

  it('counts in the end, since there may be fewer cores than threads', () => {
    expect(turnsFor(5)).toBe(5);
  });
});

describe('how long a thread has waited', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pid-bench-crew-'));

  it('is the second of the three numbers of schedstat', () => {
    const file = join(folder, 'schedstat');
    writeFileSync(file, '81042 5003 7\n');
    expect(waitedNs(file)).toBe(5003);
    rmSync(folder, { recursive: true });
  });

  it('is 0 where the operating system does not say', () => {
    expect(waitedNs(join(folder, 'none'))).toBe(0);
  });

  it('never goes down', () => {
    const before = waitedNs();
    expect(before).toBeGreaterThanOrEqual(0);
    expect(waitedNs()).toBeGreaterThanOrEqual(before);
  });
});

describe('what Node is started with', () => {
  it('keeps threads, and nobody else, from entering functions by their loops', () => {
    const threaded = SCENARIOS.map(({ id }) => id).filter((id) => flagsFor(id).includes('--no-use-osr'));
    expect(threaded).toEqual(['workers-throughput', 'workers-windows', 'workers-reference', 'workers-rounds']);
    for (const { id } of SCENARIOS)
      expect(flagsFor(id)).toEqual(expect.arrayContaining(['--expose-gc', '--no-concurrent-recompilation']));
  });
});
