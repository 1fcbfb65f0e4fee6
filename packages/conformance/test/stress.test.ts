import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { main } from '../dist/cli/stress.js';
import { here } from './here.ts';

const BIN = fileURLToPath(new URL('../bin/pid-stress.js', import.meta.url));

const linesOf = (stdout: string): string[] => stdout.split('\n').filter((line) => line !== '');

function stress(...args: string[]): { status: number | null; lines: string[]; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { status, lines: linesOf(stdout), stderr };
}

describe('pid-stress', () => {
  // Each strategy in each of these ways, and all at once, when there is time: `npm test -- --long`.
  const all = ['hierarchical', 'flat', 'pidspace', 'idr', 'all'];
  const one = (strategy: string, ...more: string[]): [string[], string[]] => [
    [...more, '--strategy', strategy],
    [strategy],
  ];
  const isLong = process.env.PIDLAB_LONG === '1';
  const variants: [string[], string[]][] = isLong
    ? [
        [[], all],
        [['--kill'], all],
        [['--window', '8'], all],
        [['--window', '512', '--kill'], all],
      ]
    : [
        one('pidspace'),
        one('idr', '--kill'),
        one('hierarchical', '--window', '8'),
        one('flat', '--window', '512', '--kill'),
      ];
  test.each(variants)('finds nothing in any strategy, with %j', (more: string[], strategies: string[]) => {
    const isKilling = more.includes('--kill');
    const { status, lines, stderr } = stress('--seconds', isLong && isKilling ? '2' : '1', '--seed', '7', ...more);
    const reckonings = lines.map((line) => JSON.parse(line));
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      reckonings.map(({ strategy }) => strategy),
      strategies,
    );
    for (const { seed, operations, duplicates, lost, violations, leaked, kills } of reckonings) {
      assert.equal(seed, 7);
      assert.deepEqual({ duplicates, lost, violations }, { duplicates: 0, lost: 0, violations: 0 }, stderr);
      assert.ok(operations > 1000, `${operations} operations`);
      assert.equal(kills > 0, isKilling);
      if (!isKilling) assert.equal(leaked, 0, stderr);
    }
  });

  test('--help says what there is', async () => {
    const { status, stdout } = await here(main, ['--help']);
    const lines = linesOf(stdout);
    assert.equal(status, 0);
    for (const option of ['--strategy', '--workers', '--window', '--seconds', '--kill', '--seed']) {
      assert.ok(
        lines.some((line) => line.includes(option)),
        option,
      );
    }
  });

  test.each([
    [['--workers', '0'], /whole number in \[1, 255\]/],
    [['--seconds', 'long'], /whole number/],
    [['--window', '3'], /power of two in \[1, 32768\]/],
    [['--window', '65536'], /power of two in \[1, 32768\]/],
    [['--strategy', 'nested'], /nested/],
    [['--frobnicate'], /unknown option/],
    [['more'], /too many arguments/],
  ])('is 2 for %j, and says why', async (args, message) => {
    const { status, stdout, stderr } = await here(main, args);
    assert.match(stderr, message);
    assert.equal(stdout, '');
    assert.equal(status, 2);
  });
});
