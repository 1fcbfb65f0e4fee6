/** The soak, for seconds: that it counts what it does, and finds what grows. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { choices } from '@pidlab/conformance/random';
import * as flat from '@pidlab/core-flat';
import * as hierarchical from '@pidlab/core-hierarchical';
import * as idr from '@pidlab/core-idr';
import * as pidspace from '@pidlab/core-pidspace';
import { describe, expect, test } from 'vitest';
import { numbersOf } from '../src/soak/numbers.ts';
import { processesOf } from '../src/soak/processes.ts';
import { judge, type Part, soak } from '../src/soak/soak.ts';

const BIN = join(import.meta.dirname, '..', 'bin', 'soak.js');
const run = (...args: string[]) => spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });

describe.each([hierarchical, flat, pidspace, idr])('$traits.strategy', (strategy) => {
  test.each([
    ['an allocator', numbersOf],
    ['a table', processesOf],
  ])('%s comes round, keeps all invariants, and stays as large as it is', (_what, load) => {
    const subject = load(strategy);
    const random = choices(1);
    for (let i = 0; i < 60_000; i++) subject.step(random);
    const before = subject.usedBytes();
    for (let i = 0; i < 60_000; i++) subject.step(random);
    expect(subject.violations()).toEqual([]);
    expect(subject.wraps).toBeGreaterThan(5);
    expect(subject.usedBytes()).toBeLessThan(before + 2 ** 18);
  });
});

test('tasks that are lost are found', async () => {
  const leaky: typeof flat = {
    ...flat,
    traits: { ...flat.traits, shared: false },
    createPidAllocator: (options) => {
      const a = flat.createPidAllocator({ ...options, capacity: 200_000 });
      const allocTask: typeof a.allocTask = () => [a.allocTask(), a.allocTask(), a.allocTask()][0]!;
      return { ...a, allocTask, checkInvariants: () => ({ violations: [], leaked: [] }) };
    },
  };
  const { findings } = await soak({ strategy: leaky, name: 'leaky', length: { operations: 20_000 }, seed: 1 });
  expect(findings.join()).toMatch(/task/);
});

test('a block that grows is found', async () => {
  let more = 0;
  const growing: typeof flat = {
    ...flat,
    traits: { ...flat.traits, shared: false },
    createPidAllocator: (options) => {
      const a = flat.createPidAllocator(options);
      return { ...a, stats: () => ({ ...a.stats(), usedBytes: a.stats().usedBytes + 2 ** 20 * ++more }) };
    },
  };
  const { findings } = await soak({ strategy: growing, name: 'growing', length: { operations: 20_000 }, seed: 1 });
  expect(findings.join()).toMatch(/^the blocks grew from /);
});

describe('the last part beside the first', () => {
  const first: Part = {
    operations: 1_000,
    p999: { numbers: 20_000, processes: 90_000 },
    heap: 2 ** 26,
    blocks: 2 ** 21,
  };

  test.each<[what: string, last: Part, findings: readonly string[]]>([
    ['is as it was', first, []],
    [
      'has a tenth more and some slack',
      { ...first, heap: 1.1 * 2 ** 26 + 2 ** 23, blocks: 1.1 * 2 ** 21 + 2 ** 18 },
      [],
    ],
    ['takes more of the heap', { ...first, heap: 2 ** 27 }, ['the heap grew from 64.0 MB to 128.0 MB']],
    ['takes more of the blocks', { ...first, blocks: 2 ** 22 }, ['the blocks grew from 2.0 MB to 4.0 MB']],
    ['is slow for a moment', { ...first, p999: { numbers: 900_000, processes: 90_000 } }, []],
    [
      'is much slower',
      { ...first, p999: { numbers: 20_000, processes: 2_000_000 } },
      ['processes: p99.9 went from 90000 ns to 2000000 ns'],
    ],
  ])('%s', (_what, last, findings) => {
    expect(judge([first, { ...first, heap: 2 ** 30 }, last])).toEqual(findings);
  });
});

test('--help says what it does, and what is wrong is exit status 2', () => {
  const { status, stdout } = run('--help');
  expect([status, stdout]).toEqual([0, expect.stringContaining('--minutes')]);
  for (const args of [['--minutes', '0'], ['--seed', 'x'], ['--strategy', './none.js'], ['more']])
    expect(run(...args), args.join(' ')).toMatchObject({ status: 2, stdout: '' });
});

test('it goes on until there were so many operations, or it is stopped', async () => {
  // By one thread, since what threads do to each other is counted below: each part would begin and end some.
  const strategy = { ...flat, traits: { ...flat.traits, shared: false } };
  const few = await soak({ strategy, name: 'flat', length: { operations: 100_000 }, seed: 1 });
  expect(few.operations).toBeGreaterThanOrEqual(100_000);
  expect(few.parts).toHaveLength(10);
  const length = { operations: 1e12 };
  const stopped = await soak({ strategy, name: 'flat', length, seed: 1, signal: AbortSignal.timeout(1_000) });
  expect(stopped).toMatchObject({ stopped: true, findings: [] });
});

// In each of eleven parts threads are terminated, which takes ten seconds in all: `npm test -- --long`.
const stops = process.env.PIDLAB_LONG !== '1';

test(`it ends with a line of JSON that counts operations, wraps and terminated threads${stops ? ', after Ctrl-C too' : ''}`, async () => {
  const child = spawn(process.execPath, [BIN, '--operations', '200000', '--strategy', 'hierarchical', '--seed', '1']);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    if (stops && !child.killed && stderr.includes('part 1 of 10')) child.kill('SIGINT');
  });
  const [status] = await once(child, 'close');
  const soaked = JSON.parse(stdout);
  expect(soaked).toMatchObject({ strategy: 'hierarchical', seed: 1 });
  expect(soaked.stopped).toBe(stops ? true : undefined);
  for (const count of ['operations', 'wraps', 'kills']) expect(soaked[count], count).toBeGreaterThan(0);
  expect(status).toBe(soaked.findings.length === 0 ? 0 : 1);
});
