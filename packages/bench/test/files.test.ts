import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compareRuns, differences, readBaseline, refuseForeign } from '../src/baseline-run.ts';
import type { Environment } from '../src/environment.ts';
import type { Job } from '../src/job.ts';
import { Journal } from '../src/journal.ts';
import { buildNative, nativeArguments } from '../src/native.ts';
import { checkWritable, OutputError, writeWhole } from '../src/output.ts';
import { runTogether } from '../src/process.ts';
import { layoutOf } from '../src/random.ts';
import type { Result } from '../src/results.ts';

const folder = mkdtempSync(join(tmpdir(), 'pid-bench-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EFFORT = { measureMs: 5, samples: 5, warmupMs: 3, warmupWindows: 3 };

function jobOf(scenario: string, params: Job['params'], subject: Job['subject']): Job {
  return { subject, scenario, params, round: 0, seed: 3, layout: layoutOf(3, scenario), effort: EFFORT };
}

describe('an output', () => {
  it('is tried before anything is measured, and leaves nothing behind', () => {
    const file = join(folder, 'new', 'deep', 'lab.json');
    checkWritable([file], '--out');
    expect(readdirSync(join(folder, 'new', 'deep'))).toEqual([]);
  });

  it('that cannot be written says which, why, and what to do', () => {
    writeFileSync(join(folder, 'file'), '');
    const inAFile = () => checkWritable([join(folder, 'file', 'lab.json')], '--out');
    expect(inAFile).toThrow(OutputError);
    expect(inAFile).toThrow(/cannot write .*file.lab\.json: E\w+.*; choose another place with --out/);
  });

  it('is there as a whole or not at all', () => {
    const file = join(folder, 'whole.json');
    writeWhole(file, 'first');
    writeWhole(file, 'second');
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});

describe('a journal', () => {
  const job = jobOf('create-time', {}, { id: 'flat', kind: 'strategy' });
  const file = join(folder, 'lab.json.journal');
  const print = { commit: 'abc', seed: 1, subjects: [['flat', '']] };

  it('keeps what was measured for a run that goes on, and forgets it for one that begins anew', async () => {
    const first = await new Journal(file, print, false).run([job], 20_000);
    expect(first[0]).toHaveProperty('measurement');
    // The run was stopped in the middle of a line.
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"key":"create-t`);
    const resumed = new Journal(file, print, true);
    expect(resumed.size).toBe(1);
    expect(await resumed.run([job], 20_000)).toEqual(first);
    expect(new Journal(file, print, false).size).toBe(0);
    resumed.remove();
    expect(existsSync(file)).toBe(false);
  });

  it('of another run is refused', () => {
    new Journal(file, print, false);
    expect(() => new Journal(file, { ...print, commit: 'def', seed: 2 }, true)).toThrow(
      /belongs to another run \(commit, seed differ\); leave out --resume to begin anew/,
    );
  });
});

describe('the native program', () => {
  const native = buildNative();
  afterAll(() => native.dispose());
  const { program } = native.spec;

  it('is built, or says why not', () => {
    expect(program === undefined).toBe(native.spec.absent !== undefined);
    const without = buildNative('/nowhere/cc');
    expect(without.spec.absent).toMatch(/no C compiler '\/nowhere\/cc' here; the environment variable CC/);
    const broken = join(folder, 'cc');
    writeFileSync(
      broken,
      '#!/bin/sh\nif [ "$1" = --version ]; then echo cc 1; exit 0; fi\necho "no such thing" >&2; exit 1\n',
    );
    chmodSync(broken, 0o755);
    expect(buildNative(broken).spec.absent).toMatch(/could not build it: no such thing/);
  });

  it.each(
    [0, 2].flatMap(
      (level) =>
        [
          ['churn', { live: 500, level, order: 'random' }],
          ['churn', { live: 500, level, order: 'oldest' }],
          ['lookup-hit', { live: 500, level }],
          ['lookup-use', { live: 500, level }],
          ['lookup-miss', { live: 500, level }],
          ['order', { live: 1_000, order: 'cycle of 1,000' }],
        ] as [string, Job['params']][],
    ),
  )('does the work of %s with %j, and checks it', async (scenario, params) => {
    if (program === undefined) return expect(native.spec.absent).toMatch(/compiler/);
    const [outcome] = await runTogether([jobOf(scenario, params, native.spec)], 20_000);
    expect(outcome).toMatchObject({ measurement: { ops: scenario === 'churn' ? 500 : 2_000 } });
    if ('measurement' in outcome) expect(outcome.measurement.median).toBeGreaterThan(0);
  });

  it('gives numbers as long as there are some', () => {
    if (program === undefined) return expect(native.spec.absent).toMatch(/compiler/);
    const job = jobOf('churn', { live: 500, level: 0, order: 'random' }, native.spec);
    expect(nativeArguments(job)).toEqual(['churn', '500', '0', 'random', '32768', '3', '3', '3', '5', '5', '5']);
    const crowded = spawnSync(program, ['churn', '500', '0', 'random', '400', '3', '3', '3', '5', '5', '5'], {
      encoding: 'utf8',
    });
    expect(crowded).toMatchObject({ status: 3, stderr: 'every number is taken\n' });
  });
});

describe('an older run', () => {
  const environment: Environment = {
    machine: 'Linux 6 x64',
    cpu: 'one',
    cores: 2,
    memoryGiB: 8,
    runtime: { node: '20.19.0', v8: '11' },
    commit: 'abc',
    seed: 1,
    mode: 'quick',
    date: '2025-01-02T03:04:05.006Z',
  };
  const resultOf = (strategy: string, medians: number[], extra: object = {}): Result => ({
    strategy,
    kind: 'strategy',
    scenario: 'churn',
    params: { live: 10 },
    unit: 'ns per free + alloc',
    status: 'ok',
    median: medians[0],
    samples: 1,
    rounds: medians.map((median, round) => ({ round, median, p99: median, samples: 1, steady: true, gcShare: 0 })),
    ...extra,
  });

  it('is compared row by row', () => {
    const before = [
      resultOf('flat', [50, 51, 50]),
      resultOf('hierarchical', [60, 61, 60]),
      resultOf('floor', [9, 9.1, 9]),
    ];
    const now = [
      resultOf('flat', [25, 25.5, 25]),
      resultOf('hierarchical', [60.5, 60, 61]),
      resultOf('floor', [9, 9.1, 9]),
      resultOf('new', [1, 1]),
    ];
    const { rows } = compareRuns({ environment, results: before }, now);
    expect(rows.map(({ strategy, verdict }) => [strategy, verdict])).toEqual([
      ['flat', 'faster'],
      ['hierarchical', 'same'],
      ['floor', 'same'],
    ]);
    expect(rows[0].factor).toBeCloseTo(0.5, 2);
  });

  it('leaves out what has no interval', () => {
    const rows = [resultOf('one', [1]), resultOf('zero', [0, 0]), resultOf('exact', [2, 2], { exact: true })];
    expect(compareRuns({ environment, results: rows }, rows).rows).toEqual([]);
  });

  it('of another machine or runtime is refused, unless forced', () => {
    const other = { ...environment, cpu: 'another', runtime: { node: '22.0.0', v8: '12' } };
    expect(differences(environment, { ...environment, commit: 'def', seed: 9 })).toEqual([]);
    expect(() => refuseForeign(environment, other, false)).toThrow(
      /another machine or runtime \(processor: one then, another now; Node: 20\.19\.0 then.*\); --force compares all the same/,
    );
    expect(() => refuseForeign(environment, other, true)).not.toThrow();
  });

  it('that cannot be read says so', () => {
    expect(() => readBaseline(join(folder, 'is-not-there.json'))).toThrow(/cannot read .*is-not-there\.json: ENOENT/);
    writeFileSync(join(folder, 'old.json'), JSON.stringify({ schemaVersion: 1, results: [] }));
    expect(() => readBaseline(join(folder, 'old.json'))).toThrow(/no result of schema version 2 \(it says 1\)/);
  });
});
