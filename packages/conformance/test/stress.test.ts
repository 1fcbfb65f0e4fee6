import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/pid-stress.js', import.meta.url));

function stress(...args: string[]): { status: number | null; lines: string[]; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

describe('pid-stress', () => {
  // Each strategy in each of these ways, and all at once, when there is time: `npm test -- --long`.
  const all = ['hierarchical', 'flat', 'pidspace', 'idr', 'all'];
  const one = (strategy: string, ...more: string[]): [string[], string[]] => [
    [...more, '--strategy', strategy],
    [strategy],
  ];
  const variants: [string[], string[]][] =
    process.env.PIDLAB_LONG === '1'
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
    const { status, lines, stderr } = stress('--seconds', isKilling ? '2' : '1', ...more);
    const reckonings = lines.map((line) => JSON.parse(line));
    assert.equal(status, 0, stderr);
    assert.deepEqual(
      reckonings.map(({ strategy }) => strategy),
      strategies,
    );
    for (const { operations, duplicates, lost, violations, leaked, kills } of reckonings) {
      assert.deepEqual({ duplicates, lost, violations }, { duplicates: 0, lost: 0, violations: 0 }, stderr);
      assert.ok(operations > 1000, `${operations} operations`);
      assert.equal(kills > 0, isKilling);
      if (!isKilling) assert.equal(leaked, 0, stderr);
    }
  });

  test('--seed is in what it says, so that it can be given again', () => {
    const { lines } = stress('--seconds', '1', '--strategy', 'flat', '--seed', '7');
    assert.equal(lines.length, 1);
    assert.equal(JSON.parse(lines[0]!).seed, 7);
  });

  test('--help says what there is', () => {
    const { status, lines } = stress('--help');
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
  ])('is 2 for %j, and says why', (args, message) => {
    const { status, lines, stderr } = stress(...args);
    assert.match(stderr, message);
    assert.deepEqual(lines, []);
    assert.equal(status, 2);
  });
});
