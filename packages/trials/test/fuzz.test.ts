/** What hostile hands could try: each fuzzer on each design for a moment; and that it finds what is broken, and says it in few items. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { BUILTINS } from '@pidlab/conformance/strategies';
import type { Strategy } from '@pidlab/contract';
import { describe, expect, test, vi } from 'vitest';
import { loadFaulty } from '../src/faults/strategy.ts';
import { loadTables } from '../src/faults/tables.ts';
import type { Fuzzer } from '../src/fuzz/fuzzer.ts';
import { fuzzerOf } from '../src/fuzz/hands.ts';
import { FUZZERS } from '../src/fuzz/index.ts';
import { search } from '../src/fuzz/search.ts';
import type { Change } from '../src/mutants/mutant.ts';

/*
 * Environment: PIDLAB_FUZZ (cases for each fuzzer, design and variant), PIDLAB_SEED. Further than
 * that, and one run alone: `npm run fuzz -- --help`.
 */

/** Cases for each design and variant: in `npm test`, and with `--long`. */
const CASES: Readonly<Record<string, readonly [short: number, long: number]>> = {
  calls: [200, 10_000],
  handles: [1_500, 100_000],
  snapshots: [30, 2_000],
  descriptors: [500, 50_000],
  table: [400, 50_000],
  tables: [20, 1_000],
};
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const isLong = process.env.PIDLAB_LONG === '1';
vi.setConfig({ testTimeout: 600_000 });

const casesOf = (name: string): number => Number(process.env.PIDLAB_FUZZ ?? CASES[name][isLong ? 1 : 0]);

const all = await Promise.all(
  Object.entries(BUILTINS).map(async ([name, { load }]) => [name, (await load()) as Required<Strategy>] as const),
);

describe.each(Object.values(FUZZERS))('$name: $what', (fuzzer) => {
  const everyWay = all.flatMap(([name, strategy]) => fuzzer.variants.map((variant) => ({ name, strategy, variant })));
  test.each(everyWay)(`$name, $variant (seed ${SEED})`, ({ name, strategy, variant }) => {
    const { failure, cases } = search({ fuzzer, strategy, variant, seed: SEED, cases: casesOf(fuzzer.name) });
    const again = `npm run fuzz -- --only ${fuzzer.name} --strategy ${name} --variant '${variant}' --seed ${SEED} --run ${failure?.run}`;
    expect(failure, again).toBeUndefined();
    expect(cases).toBeGreaterThanOrEqual(casesOf(fuzzer.name));
  });
  // With a seed of its own: a few cases of a seed that the clock draws may all be of one kind.
  test.each(everyWay)('$name, $variant: comes to more than one end', ({ strategy, variant }) => {
    const { counts } = search({ fuzzer, strategy, variant, seed: 1, cases: 60 });
    expect(Object.keys(counts).length).toBeGreaterThan(1);
  });
});

describe('it finds', () => {
  const of = (name: string): Fuzzer => FUZZERS[name];
  const inStrategy = (name: string, change: Change) => async () => ({
    fuzzer: of(name),
    strategy: await loadFaulty('flat', [change]),
  });

  test.each<[what: string, () => Promise<{ fuzzer: Fuzzer; strategy: Required<Strategy> }>, most: number]>([
    [
      'a reference that is not counted',
      inStrategy('calls', {
        package: 'core',
        file: 'border/pids.ts',
        find: "      takeReference(s, lockPid(s, pid, 'getPid'), 'getPid');\n",
        replace: "      lockPid(s, pid, 'getPid');\n      unlockPid(s);\n",
      }),
      10,
    ],
    [
      'a handle of a life before that is taken',
      inStrategy('handles', {
        package: 'core',
        file: 'border/arguments.ts',
        find: 'if (id >>> KIND_SHIFT === kind && (handle - line) / LINES_LIMIT === (id & GENERATION_MASK)) return at;',
        replace: 'if (id >>> KIND_SHIFT === kind) return at;',
      }),
      4,
    ],
    [
      'a snapshot of which nothing is checked but its header',
      inStrategy('snapshots', {
        package: 'core',
        file: 'whole/snapshot.ts',
        find: '  checkRestored(s, body[H.gone] > 0);\n',
        replace: '',
      }),
      3,
    ],
    [
      'a descriptor that throws when it is read',
      inStrategy('descriptors', {
        package: 'core',
        file: 'border/descriptor.ts',
        find: "    throw unfit('cannot be read');",
        replace: "    throw new TypeError('cannot be read');",
      }),
      2,
    ],
    [
      'a task that stays when the hook that makes its payload throws',
      async () => {
        const change: Change = {
          package: 'process-table',
          file: 'clone.ts',
          find: '    task.group.live--;\n    release(t, task);\n',
          replace: '    task.group.live--;\n',
        };
        return {
          fuzzer: fuzzerOf(await loadTables([change])) as unknown as Fuzzer,
          strategy: await loadFaulty('flat'),
        };
      },
      2,
    ],
    [
      'a caller that is not looked at again when the getters of its options have ended it',
      async () => {
        const file = { package: 'process-table', file: 'clone.ts' } as const;
        const changes: Change[] = [
          {
            ...file,
            find: '  const options: CloneOptions<P> = read',
            replace: '  callerOf(t, process, op);\n  const options: CloneOptions<P> = read',
          },
          {
            ...file,
            find: '  const caller = callerOf(t, process, op);',
            replace: '  const caller = process as Task<P>;',
          },
        ];
        return { fuzzer: fuzzerOf(await loadTables(changes)) as unknown as Fuzzer, strategy: await loadFaulty('flat') };
      },
      5,
    ],
  ])('%s', async (_what, load, most) => {
    const { fuzzer, strategy } = await load();
    const options = { fuzzer, strategy, variant: fuzzer.variants[0], seed: 1, cases: 20_000 };
    const { failure } = search(options);
    expect(failure?.items.length).toBeGreaterThan(0);
    expect(failure?.items.length).toBeLessThanOrEqual(most);
    expect(search({ ...options, run: failure!.run }).failure).toEqual(failure);
  });
});

describe('the program', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '..', 'bin', 'fuzz.js'), ...args], { encoding: 'utf8' });

  test('says what it does, and refuses what is wrong', () => {
    const { status, stdout } = run('--help');
    expect([status, stdout]).toEqual([0, expect.stringContaining('--cases')]);
    for (const args of [['--cases', '0'], ['--only', 'none'], ['--variant', 'none'], ['--run', '1'], ['more']])
      expect(run(...args), args.join(' ')).toMatchObject({ status: 2, stdout: '' });
  });

  test('ends with a line of JSON for each design and variant', () => {
    const { status, stdout } = run('--only', 'handles', '--strategy', 'flat', '--cases', '2000', '--seed', '7');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ variant }) => variant)).toEqual(['plain', 'shared']);
    for (const line of lines) {
      expect(line).toMatchObject({ fuzzer: 'handles', strategy: 'flat', seed: 7 });
      expect(line.cases).toBeGreaterThanOrEqual(1000);
      expect(line.failure).toBeUndefined();
    }
    expect(status).toBe(0);
  });
});
