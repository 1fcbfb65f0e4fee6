import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readReport, repositoryFrom } from '../src/lab-files.ts';
import { labReport } from './lab-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'pid-lab-publish-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const report = await labReport();
writeFileSync(join(folder, 'earlier.json'), JSON.stringify(report));
writeFileSync(
  join(folder, 'README.md'),
  'before\n\n<!-- the newest run of the lab, by pid-lab --publish, from here -->\n\nold\n\n<!-- to here -->\n\nafter\n',
);

function lab(...args: string[]) {
  const program = new URL('../bin/pid-lab.js', import.meta.url).pathname;
  return spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
}

const read = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');

describe('the report of an earlier run', () => {
  const { status, stdout, stderr } = lab('--render', 'earlier.json', '--out', 'made', '--publish');

  it('is made anew from its data, and ends as that run did', () => {
    expect(stderr).toBe('');
    // A clause was broken in it.
    expect(status).toBe(1);
    expect(stdout).toMatch(/What does a pid cost\?\n {2}To end a pid and make another/);
    expect(stdout).toMatch(/FAILED: pidspace does not keep ALLOC-3/);
    expect(stdout).not.toMatch(/Done after/);
    for (const name of ['lab.md', 'lab.html', 'lab.github-action-benchmark.json'])
      expect(existsSync(join(folder, 'made', name)), name).toBe(true);
    expect(JSON.parse(read('made', 'lab.json'))).toEqual(JSON.parse(read('earlier.json')));
  });

  it('is kept with its data, its text and its pictures', () => {
    const run = join('docs', 'results', '2025-01-02-lab');
    const packed = readFileSync(join(folder, run, 'lab.json.gz'));
    expect(JSON.parse(gunzipSync(packed).toString())).toEqual(JSON.parse(read('earlier.json')));
    expect(readReport(join(folder, run, 'lab.json.gz'))).toEqual(readReport(join(folder, 'earlier.json')));
    expect(read(run, 'lab.md')).toContain('## In short');
    expect(read(run, 'lab.md')).toContain('[lab.json.gz](lab.json.gz)');
    for (const name of ['heat-map', 'time-and-bytes', ...report.sweeps.map(({ id }) => `sweep-${id}`)]) {
      const svg = read(run, `${name}.svg`);
      const named = new Set([...svg.matchAll(/var\((--[\w-]+)\)/g)].map(([, variable]) => variable));
      // One file, with all of its colours, on light and on dark.
      expect(named.size).toBeGreaterThan(3);
      for (const variable of named) expect(svg.split(`${variable}:`).length, `${name} ${variable}`).toBe(3);
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    }
    expect(read('docs', 'results', 'README.md')).toMatch(
      /\| \[2025-01-02-lab\]\(2025-01-02-lab\/lab\.md\) \| `abc` \| a <processor>, 2 cores, .*`npm run lab -- --seed 7` \| flat, translate: Error: \\<b/,
    );
  });

  it('is shown in the readme, whose other text stays', () => {
    const readme = read('README.md');
    const run = String.raw`docs\/results\/2025-01-02-lab`;
    expect(readme).toMatch(
      new RegExp(
        `^before\\n\\n<!-- [^>]* -->\\[!\\[[^\\]]+\\]\\(${run}/heat-map\\.svg\\)\\]\\(${run}/lab\\.md\\)<br>Less`,
      ),
    );
    expect(readme).not.toContain('old');
    expect(readme.endsWith('[earlier runs](docs/results).<!-- to here -->\n\nafter\n')).toBe(true);
  });
});

describe('what cannot be rendered', () => {
  it('says what it is instead', () => {
    const { conformance: _, replay: __, counts: ___, ...measured } = report;
    writeFileSync(join(folder, 'bench.json'), JSON.stringify(measured));
    expect(() => readReport(join(folder, 'bench.json'))).toThrow(/is of pid-bench, which measures only/);
    const { status, stdout, stderr } = lab('--render', 'nowhere.json');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: cannot read nowhere\.json: ENOENT/);
  });
});

describe('links to clauses and code', () => {
  it('lead from the report to the repository that it is in, if it is in one', () => {
    const root = new URL('../../../', import.meta.url).pathname;
    expect(repositoryFrom(join(root, 'reports'))).toBe('../');
    expect(repositoryFrom(join(root, 'docs', 'results', 'a'))).toBe('../../../');
    expect(repositoryFrom(root)).toBe('./');
    mkdirSync(join(folder, 'x'));
    expect(repositoryFrom(join(folder, 'x'))).toBeUndefined();
  });
});
