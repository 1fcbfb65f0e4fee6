import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { Parser } from 'tap-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// As built: worker threads of Node cannot load the sources.
import { main } from '../dist/cli/conformance.js';
import type { ClauseResult } from '../src/suite/run.ts';
import { here, type Said } from './here.ts';

const BIN = fileURLToPath(new URL('../bin/pid-conformance.js', import.meta.url));
const FIXTURES = fileURLToPath(new URL('fixtures/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = (name: string): string => join(FIXTURES, name);

const cli = (...args: string[]): Promise<Said> => here(main, args, FIXTURES);

/** The same in a process of its own while other tests go on, for what mostly waits. */
function meanwhile(...args: string[]): Promise<{ status: unknown; stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...args], { cwd: FIXTURES }, (error, stdout) =>
      resolve({ status: error?.code ?? 0, stdout }),
    );
  });
}

/** Of each module one clause never returns, and one that comes after it holds. */
const ENDLESS = [
  { file: 'loops.js', failing: 'ALLOC-16', next: 'FIND-1', limit: '2', message: /not over after (?:2|60) s/ },
  // The second one is the shortest there is, a quarter of a second; with ten others at work on two cores it has taken three and more.
  {
    file: 'sleeps-in-workers.js',
    failing: 'SHARED-12',
    next: 'SHARED-26',
    limit: '8',
    message: /not over after (?:8|60) s/,
  },
  { file: 'ends.js', failing: 'PIDMAP-4', next: 'FIND-1', limit: '5', message: /ended the thread/ },
];
/** The limit where the machine is so busy that one was late that does return. */
const LONG_LIMIT = '60';
const begun = new Map<string, ReturnType<typeof meanwhile>>();

function limited({ file, failing, next }: (typeof ENDLESS)[number], limit: string): ReturnType<typeof meanwhile> {
  return meanwhile(file, '--chapter', failing, next, '--limit', limit, '--no-shared', '--reporter', 'json');
}

// These mostly wait: they begin first, and are asked last.
beforeAll(() => {
  for (const endless of ENDLESS) begun.set(endless.file, limited(endless, endless.limit));
});

describe('pid-conformance', () => {
  test('is 0 for a strategy that keeps all clauses', async () => {
    const { status, stdout } = await cli('good.js', '--no-scale', '--chapter', 'PIDMAP-4', 'FREE');
    expect(stdout).toMatch(/\d+ passed, 0 failed\n$/);
    expect(status).toBe(0);
  });

  test('is 1 for one that does not, and names clause, sentence and source', async () => {
    const { status, stdout } = await cli(fixture('broken.js'), '--chapter', 'PIDMAP-4');
    expect(status).toBe(1);
    expect(stdout).toContain('PIDMAP-4');
    expect(stdout).toContain('freeing does not move the cursor');
    expect(stdout).toContain('free_pidmap(), 2.6.24');
    expect(stdout).toMatch(/1 passed, 1 failed\n$/);
  });

  test('knows the built-in strategies by name, and takes all of them when none is named', async () => {
    expect((await cli('--strategy', 'flat', '--chapter', 'CONST-1', '--reporter', 'json')).status).toBe(0);
    const { conformance } = JSON.parse((await cli('--chapter', 'CONST-1', '--no-shared', '--reporter', 'json')).stdout);
    const names = conformance.map(({ strategy }: { strategy: string }) => strategy);
    expect(names).toEqual(['hierarchical', 'flat', 'pidspace', 'idr']);
  });

  test.each([
    [['--strategy', 'nested'], /nested is unknown.*hierarchical, flat, pidspace, idr/],
    [['--chapter', 'PIDMAP-9999'], /PIDMAP-9999 is unknown.*CONST, PIDMAP/],
    [['--chapter', 'NOPE'], /NOPE is unknown/],
    [['--reporter', 'morse'], /pretty/],
    [['--frobnicate'], /unknown option/],
    [['./nowhere.js'], /nowhere\.js does not exist/],
    [['@nobody/nothing'], /@nobody\/nothing cannot be loaded/],
    [['./no-traits.js'], /exports no traits/],
    [['./bad-traits.js'], /rootNumbers is neither 'small' nor 'encoded'/],
    [['./traits.ts', './throws.js'], /does not exist/],
    [['./throws.js'], /throws\.js cannot be loaded: not today\n {4}at file:.*throws\.js:1:7/],
    [
      ['good.js', '--output', '/proc/nowhere/report'],
      /cannot write \/proc\/nowhere\/report: .*; choose another place with --output/,
    ],
    [['good.js', '--output', '.'], /cannot write \.: it is a folder/],
  ])('is 2 for %j, and says what to do', async (args, message) => {
    const { status, stdout, stderr } = await cli(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('runs everything a second time on shared allocators, unless told not to', async () => {
    const scopes = async (...more: string[]): Promise<string[]> => {
      const args = ['--strategy', 'flat', '--chapter', 'PIDMAP-4', '--reporter', 'json', ...more];
      return JSON.parse((await cli(...args)).stdout).conformance.map(({ scope }: { scope: string }) => scope);
    };
    expect(await scopes()).toEqual(['root', 'child', 'shared root', 'shared child']);
    expect(await scopes('--no-shared')).toEqual(['root', 'child']);
  });

  test('--list lists every clause with its source and runs nothing', async () => {
    const { status, stdout } = await cli('--list', '--chapter', 'GE', 'FREE-3');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^FREE: .*\n {2}FREE-3 {2}.* \[free_pid\(\), 2\.6\.24\]\nGE: .*\n {2}GE-1 /);
    expect(stdout).not.toContain('FREE-1 ');
  });

  test('--reporter json follows the schema in the README', async () => {
    const { status, stdout } = await cli('broken.js', '--chapter', 'PIDMAP-4', 'PIDMAP-1', '--reporter', 'json');
    expect(status).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ schemaVersion: 1, passed: 3, failed: 1 });
    expect(report.conformance).toHaveLength(4);
    expect(report.conformance[1]).toMatchObject({
      strategy: 'broken',
      scope: 'root',
      chapter: 'PIDMAP',
      clause: 'PIDMAP-4',
      sentence: 'freeing does not move the cursor',
      source: 'free_pidmap(), 2.6.24',
      status: 'failed',
    });
    expect(report.conformance[0].message).toBeUndefined();
    expect(report.conformance[1].message).toBeTruthy();
    for (const { ms } of report.conformance) expect(ms).toBeGreaterThan(0);
  });

  test('--reporter junit is XML that says the same', async () => {
    const { stdout } = await cli('broken.js', '--chapter', 'PIDMAP-4', 'PIDMAP-1', '--reporter', 'junit');
    expect(XMLValidator.validate(stdout)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(stdout);
    expect(testsuites['@_tests']).toBe('4');
    expect(testsuites['@_failures']).toBe('1');
    expect(testsuites.testsuite[0].testcase[1].failure['@_message']).toContain('PIDMAP-4');
  });

  test('--reporter tap is TAP that says the same', async () => {
    const { stdout } = await cli('broken.js', '--chapter', 'PIDMAP-4', 'PIDMAP-1', '--reporter', 'tap');
    const events = Parser.parse(stdout);
    const summary = events.find(([event]) => event === 'complete')?.[1];
    expect(summary).toMatchObject({ count: 4, pass: 3, fail: 1 });
    expect(stdout).toContain('not ok 2 - broken root PIDMAP-4 freeing does not move the cursor');
  });

  test('--output writes the report to a file', async () => {
    const file = join(folder, 'report.json');
    const { status, stdout } = await cli('good.js', '--chapter', 'CONST-1', '--reporter', 'json', '--output', file);
    expect(status).toBe(0);
    expect(stdout).toBe('');
    expect(JSON.parse(readFileSync(file, 'utf8')).failed).toBe(0);
  });

  test('--bail stops at the first failure', async () => {
    const { stdout } = await cli('broken.js', '--chapter', 'PIDMAP-4', 'PIDMAP-5', '--bail', '--reporter', 'json');
    expect(JSON.parse(stdout).conformance).toHaveLength(1);
  });

  test.each(ENDLESS.map(({ file }) => file))('a call of %s never returns, and fails its clause alone', async (file) => {
    const endless = ENDLESS.find((one) => one.file === file)!;
    const { failing, message } = endless;
    const resultsOf = (stdout: string): ClauseResult[] => JSON.parse(stdout.replace(/^loaded\n/, '')).conformance;
    let { status, stdout } = await begun.get(file)!;
    const isLate = ({ clause, message: said = '' }: ClauseResult): boolean =>
      said.includes('not over after') && !(clause === failing && message.test(said));
    if (resultsOf(stdout).some(isLate)) ({ status, stdout } = await limited(endless, LONG_LIMIT));
    const conformance = resultsOf(stdout);
    for (const result of conformance) {
      expect(result.status, result.clause).toBe(result.clause === failing ? 'failed' : 'passed');
      if (result.clause === failing) expect(result.message).toMatch(message);
    }
    expect(conformance.at(-1)?.status).toBe('passed');
    expect(status).toBe(1);
  });
});
