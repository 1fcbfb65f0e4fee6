import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CLONE_NEWPID, PidError } from '@pidlab/contract';
import { afterAll, describe, expect, test } from 'vitest';
import { createPidAllocator, traits } from '../index.js';

const dir = join(import.meta.dirname, '..');
const MINUTE = 60_000;

/** Runs the program of a package as `pnpm exec` would. */
function run(pkg: string, bin: string, ...args: string[]) {
  const manifest = createRequire(import.meta.url).resolve(`${pkg}/package.json`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(dirname(manifest), 'bin', bin), ...args], {
    encoding: 'utf8',
    cwd: dir,
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
}

const conformance = (...args: string[]) => run('@pidlab/conformance', 'pid-conformance.js', ...args);

describe('one line', () => {
  test('has three levels, all of one cache line, and no fourth', () => {
    const a = createPidAllocator();
    const container = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    const inner = a.copyPidNs(CLONE_NEWPID, container);
    expect(() => a.copyPidNs(CLONE_NEWPID, inner)).toThrow(PidError);
    a.allocPid(a.initPidNs);
    a.allocPid(container);
    const pid = a.allocPid(inner);
    expect([a.pidNr(pid), a.pidNrNs(pid, container), a.pidNrNs(pid, inner)]).toEqual([3, 2, 1]);
    const caches = a.slabInfo().filter(({ name }) => name.startsWith('pid_') && name !== 'pid_namespace');
    expect(caches.map(({ name, objectBytes }) => [name, objectBytes])).toEqual([
      ['pid_1', 64],
      ['pid_2', 64],
      ['pid_3', 64],
    ]);
  });

  test('maps numbers in a row to slots in a row: a walk over a namespace follows the table', () => {
    const a = createPidAllocator({ capacity: 512, hash: 'capacity', pidMax: 4_194_304 });
    expect(a.stats().hashTables).toEqual([{ name: 'direct_map', slots: 1024 }]);
    const container = a.copyPidNs(CLONE_NEWPID, a.initPidNs);
    const pids = Array.from({ length: 5000 }, () => a.allocPid(container));
    for (const [i, pid] of pids.entries()) expect(a.findPidNs(i + 1, container)).toBe(pid);
    for (const pid of pids) a.freePid(pid);
    expect(a.checkInvariants().violations).toEqual([]);
  });

  // Sheer size is for when there is time (`npm test -- --long`), and so is the other one, for which it never is: millions of objects
  // take minutes.
  const isLong = process.env.PIDLAB_LONG === '1';
  test.each([
    ['index.js', traits.strategy, isLong ? [] : ['--no-scale']],
    ...(isLong ? [['maps.js', 'maps', ['--no-scale']] as const] : []),
  ] as const)('%s keeps every clause of the suite', { timeout: 8 * MINUTE }, (file, name, args) => {
    const { status, stdout, stderr } = conformance(file, '--reporter', 'json', ...args);
    const report = JSON.parse(stdout);
    const failures = report.conformance.filter((clause: { status: string }) => clause.status !== 'passed');
    expect(failures).toEqual([]);
    expect(report.passed).toBeGreaterThan(600);
    expect([status, stderr, report.failed]).toEqual([0, '', 0]);
    expect(new Set(report.conformance.map(({ strategy }: { strategy: string }) => strategy))).toEqual(new Set([name]));
  });

  test('can be measured', { timeout: 4 * MINUTE }, () => {
    const args = ['--quick', '--scenario', 'namespace-memory', '--strategy', 'flat', '--no-baselines', '--json', '-'];
    const { status, stdout } = run('@pidlab/bench', 'pid-bench.js', ...args, '--module', 'index.js');
    const { results } = JSON.parse(stdout);
    const mine = results.filter(({ strategy }: { strategy: string }) => strategy === traits.strategy);
    expect(mine).not.toEqual([]);
    for (const result of mine) expect(result).toMatchObject({ status: 'ok', scenario: 'namespace-memory' });
    expect(status).toBe(0);
  });
});

/** One line of the source, what it is broken into, and the chapter of which some clause should see it. */
const breaks: readonly (readonly [what: string, from: string, to: string, chapter: string])[] = [
  [
    'freePid forgets the table',
    'design.eachNumber(s, pidAt, (_nr, _nsAt, link, slot) => hashDel(s, slot, link));',
    '',
    'FREE',
  ],
  ['freePid keeps the number of the root', 'i > level - count; i--', 'i > level - count && i > 0; i--', 'FREE'],
  ['numbers are found in other namespaces', ' && w[upid + UPID_NS] === serial', '', 'FIND'],
  [
    'siblings see each other',
    'return s.words[upid + UPID_NS] === s.words[nsAt + SERIAL] ? s.words[upid + NR] : 0;',
    'return s.words[upid + NR];',
    'TRANSLATE',
  ],
];

describe('a broken copy', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'fourth-strategy-'));
  symlinkSync(join(dir, 'node_modules'), join(temporary, 'node_modules'), 'junction');
  writeFileSync(join(temporary, 'package.json'), '{"type":"module"}');
  afterAll(() => rmSync(temporary, { recursive: true }));

  test.each(breaks)(
    'in which %s is refused, and the clause is named',
    { timeout: 4 * MINUTE },
    (_, from, to, chapter) => {
      const source = readFileSync(join(dir, 'index.js'), 'utf8');
      expect(source.split(from)).toHaveLength(2);
      const file = join(temporary, 'broken.js');
      writeFileSync(file, source.replace(from, to));
      const { status, stdout } = conformance(file, '--chapter', chapter, '--no-scale', '--reporter', 'json');
      expect(status).toBe(1);
      const report = JSON.parse(stdout);
      expect(report.failed).toBeGreaterThan(0);
      const failed = report.conformance.filter((clause: { status: string }) => clause.status === 'failed');
      expect(failed).toHaveLength(report.failed);
      expect(failed[0].clause).toMatch(new RegExp(`^${chapter}-\\d+$`));
    },
  );
});
