import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isDisturbed, waitedNs } from '../src/crew.ts';
import { runUndisturbed } from '../src/measure.ts';
import { flagsFor } from '../src/process.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';

/** Two threads in a turn of 10 ms, of which the second waited so long. */
function crewThatWaited(waitedMs: number): { times: Float64Array[] } {
  return { times: [0, waitedMs].map((waited) => Float64Array.of(1e6, 11e6, waited * 1e6)) };
}

describe('a turn of threads', () => {
  it('is disturbed when one waited for a core for more than a hundredth of it', () => {
    for (const waitedMs of [0, 0.09]) expect(isDisturbed(crewThatWaited(waitedMs), 2)).toBe(false);
    for (const waitedMs of [0.11, 4, 9]) expect(isDisturbed(crewThatWaited(waitedMs), 2)).toBe(true);
  });

  it('is never disturbed where there are fewer cores than threads', () => {
    expect(isDisturbed(crewThatWaited(9), 1)).toBe(false);
  });
});

describe('what is run until it is not disturbed', () => {
  /** How often it is run where the first so many are disturbed. */
  function runs(disturbed: number, tries: number): number {
    const state = { runs: 0 };
    const run = (it: typeof state): void => void it.runs++;
    runUndisturbed({ run, disturbed: (it) => it.runs <= disturbed }, state, tries);
    return state.runs;
  }

  it('is run once more for each time that it is', () => {
    expect([0, 1, 3].map((disturbed) => runs(disturbed, 5))).toEqual([1, 2, 4]);
  });

  it('counts in the end', () => {
    expect(runs(9, 5)).toBe(5);
    expect(runs(9, 1)).toBe(1);
  });
});

describe('how long a thread has waited', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pid-bench-crew-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileWith = (text: string): string => {
    const file = join(folder, 'schedstat');
    writeFileSync(file, text);
    return file;
  };

  it('is the second of the three numbers of schedstat', () => {
    expect(waitedNs(fileWith('81042 5003 7\n'))).toBe(5003);
  });

  it('is 0 where the operating system does not say', () => {
    expect(waitedNs(fileWith(''))).toBe(0);
    expect(waitedNs(join(folder, 'none'))).toBe(0);
  });

  it('is what Linux says of this thread', () => {
    const file = '/proc/thread-self/schedstat';
    if (!existsSync(file)) return expect(waitedNs()).toBe(0);
    const before = waitedNs(file);
    expect(Number(readFileSync(file, 'latin1').split(' ')[1])).toBeGreaterThanOrEqual(before);
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
