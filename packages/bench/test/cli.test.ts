import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';

const bin = (name: string) => fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pid-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], program = 'pid-bench') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin(program), ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** A module in a file of its own; strategies are reached by their address, since the file lies outside the workspace. */
function moduleFile(name: string, source: string): string {
  const file = join(folder, name);
  writeFileSync(
    file,
    source.replace('FLAT', pathToFileURL(fileURLToPath(import.meta.resolve('@pidlab/core-flat'))).href),
  );
  return file;
}

describe('pid-bench, called wrongly, says what is wrong and exits with 2', () => {
  it.each([
    [['--scenario', 'nonsense'], /no scenario is called 'nonsense'; there are churn/],
    [['--strategy', 'nonsense'], /no built-in strategy is called 'nonsense'; there are hierarchical, flat, pidspace/],
    [['--strategy', 'toString'], /no built-in strategy is called 'toString'/],
    [['--module', './is-not-there.js'], /there is no file .*is-not-there\.js/],
    [['--seed', '-1'], /integer in \[0, 2147483647\]/],
    [['--seed', '1.5'], /integer in \[0, 2147483647\]/],
    [['--quick', '--full'], /cannot be used with/],
    [['--nonsense'], /unknown option/],
    [['churn'], /argument/],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = run(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('a module that is no strategy', () => {
    const empty = run(['--module', moduleFile('empty.mjs', 'export const traits = {};')]);
    expect(empty).toMatchObject({ status: 2 });
    expect(empty.stderr).toMatch(/empty\.mjs exports no function createPidAllocator/);
    const half = run(['--module', moduleFile('half.mjs', 'export function createPidAllocator() {}')]);
    expect(half.stderr).toMatch(/half\.mjs exports no traits/);
    const broken = run(['--module', moduleFile('broken.mjs', 'throw new Error("on purpose");')]);
    expect(broken.stderr).toMatch(/cannot load .*broken\.mjs: on purpose/);
  });

  it('pid-lab too', () => {
    expect(run(['--nonsense'], 'pid-lab')).toMatchObject({ status: 2, stdout: '' });
    expect(run(['something'], 'pid-lab').status).toBe(2);
  });
});

describe('pid-bench', () => {
  it('helps and lists', () => {
    expect(run(['--help'])).toMatchObject({ status: 0, stderr: '' });
    expect(run(['--help'], 'pid-lab')).toMatchObject({ status: 0, stderr: '' });
    const { status, stdout } = run(['--list']);
    expect(status).toBe(0);
    for (const name of ['churn', 'lookup-hit', 'hierarchical', 'gvisor', 'floor'])
      expect(stdout).toContain(`  ${name}`);
  });

  it('measures a strategy, the baselines and a module of one’s own in processes, and writes JSON that keeps the schema', () => {
    const mine = moduleFile(
      'mine.mjs',
      `export { createPidAllocator } from 'FLAT'; export const traits = { strategy: 'mine', maxLevel: 1, maxNamespaces: 100 };`,
    );
    const json = join(folder, 'new', 'results.json');
    const args = [
      '--quick',
      '--scenario',
      'namespace',
      '--strategy',
      'flat',
      '--module',
      mine,
      '--json',
      json,
      '--seed',
      '5',
    ];
    const { status, stdout, stderr } = run(args);
    expect({ status, stderr: stderr.replace(/^round .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
    expect(stderr).toMatch(/round 3 of 3/);
    expect(stdout).toMatch(/mine .*(faster|slower|no significant difference)/);
    const document = JSON.parse(readFileSync(json, 'utf8'));
    const schema = JSON.parse(readFileSync(new URL('../schema/lab.schema.json', import.meta.url), 'utf8'));
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    expect(validate(document) || validate.errors).toBe(true);
    expect(document.environment).toMatchObject({ seed: 5, mode: 'quick' });
    const rows = document.results as { strategy: string; status: string; samples: number }[];
    expect(rows.map(({ strategy }) => strategy)).toEqual([
      'flat',
      'mine',
      'map',
      'gvisor',
      'number-allocator',
      'idgen',
      'floor',
    ]);
    for (const { strategy, status, samples } of rows) {
      expect(status).toBe(strategy === 'floor' ? 'left-out' : 'ok');
      if (strategy !== 'floor') expect(samples).toBeGreaterThan(10);
    }
  });

  it('writes JSON to stdout and nothing else there, and leaves out the baselines', () => {
    const args = ['--quick', '--scenario', 'create-time', '--strategy', 'pidspace', '--no-baselines', '--json', '-'];
    const { status, stdout } = run(args);
    expect(status).toBe(0);
    const { results } = JSON.parse(stdout);
    expect(results.map(({ strategy }: { strategy: string }) => strategy)).toEqual(['pidspace', 'floor']);
  });

  it('exits with 1 when a process fails, and says which and why', () => {
    const failing = moduleFile(
      'failing.mjs',
      `import { createPidAllocator as create } from 'FLAT';
export const createPidAllocator = (o) => ({ ...create(o), freePid() { throw new Error('no pid is ever freed'); } });
export const traits = { strategy: 'failing', maxLevel: 1, maxNamespaces: 100 };`,
    );
    const { status, stderr, stdout } = run([
      '--quick',
      '--scenario',
      'namespace',
      '--strategy',
      'flat',
      '--module',
      failing,
      '--no-baselines',
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/failed: failing, namespace: Error: no pid is ever freed/);
    expect(stdout).toMatch(/failing \* .*failed/);
  });
});
