/** What every program has to do, whatever it does. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../dist/cli/conformance.js';
import { checkWritable, OutputError, writeWhole } from '../src/cli/program.ts';
import { pretty } from '../src/cli/reporters/pretty.ts';
import type { ClauseResult } from '../src/suite/run.ts';
import { here } from './here.ts';

const bin = (name: string): string => fileURLToPath(new URL(`../bin/${name}.js`, import.meta.url));
const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pidlab-program-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(name: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin(name), ...args], {
    encoding: 'utf8',
    cwd: fixtures,
  });
  return { status, stdout, stderr };
}

describe('a file', () => {
  test('is written whole, into folders that are made for it', () => {
    const file = join(folder, 'deep', 'down', 'report.txt');
    checkWritable([file], '--output');
    expect(existsSync(file)).toBe(false);
    writeWhole(file, 'all of it');
    expect(readFileSync(file, 'utf8')).toBe('all of it');
    expect(readdirSync(join(folder, 'deep', 'down'))).toEqual(['report.txt']);
  });

  test('that is there is kept until the new one is whole, and a link to it stays one', () => {
    const [file, link] = [join(folder, 'old.txt'), join(folder, 'link.txt')];
    writeFileSync(file, 'old');
    symlinkSync(file, link);
    checkWritable([link], '--output');
    expect(readFileSync(file, 'utf8')).toBe('old');
    writeWhole(link, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  test('that is a device is written and not replaced', () => {
    checkWritable(['/dev/null'], '--output');
    writeWhole('/dev/null', 'nothing');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.each([
    ['/proc/nowhere/report', /cannot write .*; choose another place with --out/],
    [folder, /it is a folder; choose another place with --out/],
  ])('%s cannot be written, which is said before the work', (file, message) => {
    expect(() => checkWritable([file], '--out')).toThrow(OutputError);
    expect(() => checkWritable([file], '--out')).toThrow(message);
  });
});

describe.each(['pid-conformance', 'pid-stress'])('%s', (name) => {
  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(run(name, '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('pid-conformance', () => {
  test.each(['json', 'tap', 'junit'])('--reporter %s is not disturbed by what a module prints', async (reporter) => {
    const args = ['--chapter', 'PIDMAP-1', '--reporter', reporter];
    const noisy = run('pid-conformance', 'noisy.js', ...args);
    const good = await here(main, ['good.js', ...args], fixtures);
    expect(noisy.status).toBe(0);
    const timeless = (text: string): string => text.replace(/("ms": |time=")[\d.]+/g, '');
    expect(timeless(noisy.stdout)).toBe(timeless(good.stdout));
    expect(noisy.stderr).toContain('noise while it is loaded');
    expect(noisy.stderr).toContain('noise while it works');
  });

  test('says where a module is not JavaScript', () => {
    const file = join(folder, 'broken.mjs');
    writeFileSync(file, 'export const traits = {};\nexport function (\n');
    const { status, stderr } = run('pid-conformance', file);
    expect(stderr).toMatch(/broken\.mjs cannot be loaded: .*\n {4}at .*broken\.mjs:2\n/);
    expect(status).toBe(2);
  });

  test('says what to do about a package that is not there', async () => {
    const file = join(folder, 'lonely.mjs');
    writeFileSync(file, "import '@pidlab/contract';\n");
    expect((await here(main, [file])).stderr).toMatch(
      /Cannot find package .*; install what it imports where that file is/,
    );
  });

  test.each(['pretty', 'tap'])('--reporter %s shows where a clause failed', async (reporter) => {
    const args = ['broken.js', '--chapter', 'PIDMAP-4', '--reporter', reporter];
    const { stdout } = await here(main, args, fixtures);
    expect(stdout).toMatch(/at .*\n? *.*chapters\/pidmap\.js:\d+:\d+/);
    expect(stdout).not.toContain('node:internal');
  });

  test('ends quietly when nobody reads any more', async () => {
    const child = spawn(process.execPath, [bin('pid-conformance'), 'good.js', '--reporter', 'tap'], { cwd: fixtures });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [status] = await once(child, 'close');
    expect([status, stderr]).toEqual([141, '']);
  });

  test('reports what it knows after Ctrl-C', async () => {
    const args = ['--strategy', 'hierarchical', '--no-shared', '--workers', '0', '--reporter', 'tap'];
    const child = spawn(process.execPath, [bin('pid-conformance'), ...args]);
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      // Only once: the second one is for who cannot wait.
      if (!child.killed && stdout.includes('\nok 1 ')) child.kill('SIGINT');
    });
    const [status] = await once(child, 'close');
    expect(stdout).toMatch(/# tests \d+\n# pass \d+\n# fail 0\n\n?# stopped after \d+ of \d+\n$/);
    expect(status).toBe(130);
  });
});

describe('--reporter pretty', () => {
  const result = (strategy: string): ClauseResult => {
    const about = {
      scope: 'root',
      chapter: 'PIDMAP',
      clause: 'PIDMAP-1',
      sentence: 'it holds',
      source: 'here',
    } as const;
    return { strategy, ...about, status: 'passed', ms: 1 };
  };

  test.each([40, 80, 200])('takes no more than %d columns, however many strategies there are', (columns) => {
    const reporter = pretty({ colour: true, columns });
    reporter.start(12);
    const text = reporter.end(Array.from({ length: 12 }, (_, i) => result(`strategy-${i}`)));
    const lines = stripVTControlCharacters(text).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(columns);
    for (let i = 0; i < 12; i++) expect(text).toContain(`strategy-${i}`);
  });
});
