import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { main as pidBench } from '../src/cli.ts';
import { main as pidLab } from '../src/lab-cli.ts';

const isLong = process.env.PIDLAB_LONG === '1';
const bin = (name: string) => fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pid-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(args: readonly string[], program = 'pid-bench') {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin(program), ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** The same in this process, which is where it is quick. It is for what comes to nothing. */
async function here(args: readonly string[], main = pidBench) {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += text;
      return true;
    }),
  );
  try {
    return { status: await main(args), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
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
    [
      ['--strategy', 'nonsense'],
      /no built-in strategy is called 'nonsense'; there are hierarchical, flat, pidspace, idr/,
    ],
    [['--strategy', 'toString'], /no built-in strategy is called 'toString'/],
    [['--module', './is-not-there.js'], /there is no file .*is-not-there\.js/],
    [['--seed', '-1'], /integer in \[0, 2147483647\]/],
    [['--seed', '1.5'], /integer in \[0, 2147483647\]/],
    [['--quick', '--full'], /cannot be used with/],
    [['--nonsense'], /unknown option/],
    [['churn'], /argument/],
    [['--resume'], /name that file too/],
    [
      ['--json', '/proc/nowhere/results.json'],
      /cannot write \/proc\/nowhere\/results\.json: .*; choose another place with --json/,
    ],
    [['--baseline', './is-not-there.json'], /cannot read .*is-not-there\.json/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await here(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('a module that is no strategy', async () => {
    const empty = await here(['--module', moduleFile('empty.mjs', 'export const traits = {};')]);
    expect(empty).toMatchObject({ status: 2 });
    expect(empty.stderr).toMatch(/empty\.mjs exports no function createPidAllocator/);
    const half = await here(['--module', moduleFile('half.mjs', 'export function createPidAllocator() {}')]);
    expect(half.stderr).toMatch(/half\.mjs exports no traits/);
    const broken = await here(['--module', moduleFile('broken.mjs', 'throw new Error("on purpose");')]);
    expect(broken.stderr).toMatch(/cannot load .*broken\.mjs: on purpose/);
  });

  it('pid-lab too', async () => {
    expect(run(['--nonsense'], 'pid-lab')).toMatchObject({ status: 2, stdout: '' });
    expect((await here(['something'], pidLab)).status).toBe(2);
    const { status, stderr, stdout } = await here(['--out', '/proc/nowhere'], pidLab);
    expect(stderr).toMatch(/^error: cannot write \/proc\/nowhere\/lab\.json: .*; choose another place with --out\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });
});

describe('pid-bench', () => {
  it('helps and lists', async () => {
    for (const program of [pidBench, pidLab]) {
      const help = await here(['--help'], program);
      expect(help).toMatchObject({ status: 0, stdout: expect.stringContaining('--seed <n>'), stderr: '' });
      const said = await here(['--version'], program);
      expect(said).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
    }
    const { status, stdout } = run(['--list']);
    expect(status).toBe(0);
    for (const name of ['churn', 'lookup-hit', 'hierarchical', 'gvisor', 'floor'])
      expect(stdout).toContain(`  ${name}`);
  });

  // The baselines have processes too, which takes ten seconds more: `npm test -- --long`.
  const withBaselines = isLong ? 'the baselines, ' : '';
  it(`measures a strategy, ${withBaselines}its twin and a module of one’s own in processes, and writes JSON that keeps the schema`, () => {
    const mine = moduleFile(
      'mine.mjs',
      // So slow that nobody measures round after round to know whether it is.
      `import { createPidAllocator as create } from 'FLAT';
export const createPidAllocator = (options) => {
  const a = create(options);
  const open = (...args) => Array.from({ length: 100 }, () => a.nsLevel(a.initPidNs)).length && a.copyPidNs(...args);
  return { ...a, copyPidNs: open };
};
export const traits = { strategy: 'mine', maxLevel: 1, maxNamespaces: 100 };`,
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
      ...(isLong ? [] : ['--no-baselines']),
    ];
    const { status, stdout, stderr } = run(args);
    expect({ status, stderr: stderr.replace(/^round .*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
    expect(stderr).toMatch(isLong ? /round 2, 7 of 14 done/ : /round 2, 3 of 6 done/);
    // Only baselines are compared with.
    expect(stdout).toMatch(isLong ? /mine .*(faster|slower|same|~|\?)/ : /mine .*\d/);
    const document = JSON.parse(readFileSync(json, 'utf8'));
    const schema = JSON.parse(readFileSync(new URL('../schema/lab.schema.json', import.meta.url), 'utf8'));
    const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
    expect(validate(document) || validate.errors).toBe(true);
    expect(document.environment).toMatchObject({ seed: 5, mode: 'quick' });
    const rows = document.results as { strategy: string; status: string; samples: number }[];
    const baselines = ['map', 'gvisor', 'number-allocator', 'idgen', 'one-space', 'before-2002'];
    expect(rows.map(({ strategy }) => strategy)).toEqual([
      ...['flat', 'mine', 'twin'],
      ...(isLong ? baselines : []),
      ...['floor', 'native C'],
    ]);
    for (const { strategy, status, samples } of rows) {
      const isLeftOut = ['one-space', 'before-2002', 'floor', 'native C'].includes(strategy);
      expect(status).toBe(isLeftOut ? 'left-out' : 'ok');
      // Three at least in each of two rounds, however busy the machine is.
      if (!isLeftOut) expect(samples).toBeGreaterThanOrEqual(6);
    }
  });

  it('writes JSON to stdout and nothing else there, and leaves out the baselines', () => {
    const args = [
      '--quick',
      '--scenario',
      'namespace-memory',
      '--strategy',
      'pidspace',
      '--no-baselines',
      '--json',
      '-',
    ];
    const { status, stdout } = run(args);
    expect(status).toBe(0);
    const { results } = JSON.parse(stdout);
    const subjects = new Set(results.map(({ strategy }: { strategy: string }) => strategy));
    expect([...subjects]).toEqual(['pidspace', 'twin', 'floor', 'native C']);
  });

  it('is stopped by Ctrl-C with what it has, and goes on from there', async () => {
    const json = join(folder, 'stopped.json');
    // Each of its numbers is the same every time, so one round is all.
    const args = ['--quick', '--scenario', 'namespace-memory', '--no-baselines', '--json', json];
    const child = spawn(process.execPath, [bin('pid-bench'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    let isStopped = false;
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      if (!isStopped && /\b(?:[3-9]|\d\d+) of \d+ done/.test(stderr)) isStopped = child.kill('SIGINT');
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    expect(stderr).toMatch(/stopping after this measurement.*the same command with --resume goes on/s);
    const partial = JSON.parse(readFileSync(json, 'utf8'));
    expect(partial.interrupted).toBe(true);
    expect(partial.results.some(({ rounds }: { rounds: unknown[] }) => rounds.length > 0)).toBe(true);
    const { status: second, stderr: said } = run([...args, '--resume']);
    expect(said).toMatch(/going on after \d+ measurements that were kept/);
    expect(second).toBe(0);
    const whole = JSON.parse(readFileSync(json, 'utf8'));
    expect(whole.interrupted).toBeUndefined();
    // What was measured before is part of it.
    for (const row of partial.results) {
      const cellOf = ({ scenario, strategy, params }: typeof row) => JSON.stringify([scenario, strategy, params]);
      const now = whole.results.find((other: typeof row) => cellOf(other) === cellOf(row));
      expect(now.rounds.slice(0, row.rounds.length)).toEqual(row.rounds);
    }
    expect(existsSync(`${json}.journal`)).toBe(false);
  });

  it('writes no stack when nobody reads on', () => {
    const { stderr, stdout } = spawnSync('sh', ['-c', `"${process.execPath}" "${bin('pid-bench')}" --list | head -1`], {
      encoding: 'utf8',
    });
    expect({ stderr, stdout }).toEqual({ stderr: '', stdout: 'scenarios\n' });
  });

  it('exits with 1 when a process fails, and says which and why', () => {
    const failing = moduleFile(
      'failing.mjs',
      `import { createPidAllocator as create } from 'FLAT';
export const createPidAllocator = (o) => ({ ...create(o), copyPidNs() { throw new Error('no namespace is ever made'); } });
export const traits = { strategy: 'failing', maxLevel: 1, maxNamespaces: 100 };`,
    );
    const { status, stderr, stdout } = run([
      '--quick',
      '--scenario',
      'namespace-memory',
      '--strategy',
      'flat',
      '--module',
      failing,
      '--no-baselines',
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/failed: failing, namespace-memory: Error: no namespace is ever made/);
    expect(stdout).toMatch(/failing \* .*failed/);
  });
});
