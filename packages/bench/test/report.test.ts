import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../src/builtins.ts';
import { comparison, duration, figure, paramsText } from '../src/format.ts';
import { succeeded } from '../src/lab.ts';
import { SETTINGS } from '../src/modes.ts';
import { logLines } from '../src/progress.ts';
import { documentOf, summaryOf } from '../src/report/document.ts';
import { actionBenchmarks } from '../src/report/github.ts';
import { html } from '../src/report/html.ts';
import { markdown } from '../src/report/markdown.ts';
import type { Report } from '../src/report/report.ts';
import { targetsOf } from '../src/report/targets.ts';
import { runBenchmark } from '../src/runner.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import { tables } from '../src/table.ts';

const NS: Record<string, number> = {
  hierarchical: 60,
  flat: 50,
  pidspace: 40,
  map: 300,
  gvisor: 400,
  'number-allocator': 500,
  idgen: 250,
  floor: 10,
};

/** A report of every scenario, with numbers that are made up and one of everything that can go wrong. */
async function fixture(): Promise<Report> {
  const results = await runBenchmark(
    {
      subjects: Object.keys(NS).map((id) => ({
        id,
        kind: id in STRATEGIES ? 'strategy' : id === 'floor' ? 'floor' : 'baseline',
      })),
      scenarios: SCENARIOS,
      mode: 'lab',
      settings: SETTINGS.lab,
      seed: 7,
    },
    {
      run: async ({ subject, seed, params, scenario }) => {
        if (subject.id === 'gvisor' && params.live === 1_000_000) return { cut: 'stopped after 30 s' };
        if (subject.id === 'flat' && scenario === 'translate')
          return { failed: 'Error: <b>broken</b> | badly\n  at x' };
        const value = NS[subject.id] * (1 + 0.02 * ((seed * 7) % 5)) * Math.cbrt(Number(params.live ?? 1_000) / 1_000);
        const samples = Float64Array.of(value, value * 1.01, value * 1.5);
        return {
          measurement: { samples, ops: 500, steady: seed !== 8, gc: { count: 0, ms: 0 }, elapsedMs: 9, setupMs: 1 },
        };
      },
    },
  );
  const replay = { strategy: 'flat', trace: 'c-build', events: 44_854, allocations: 11_939, wraps: 16, maxAlive: 25 };
  return {
    schemaVersion: 1,
    environment: {
      machine: 'Linux 6 x64',
      cpu: 'a <processor>',
      cores: 2,
      memoryGiB: 8,
      runtime: { node: '20.19.0', v8: '11' },
      commit: 'abc',
      seed: 7,
      mode: 'lab',
      date: '2025-01-02T03:04:05.006Z',
    },
    conformance: [
      { strategy: 'flat', chapter: 'ALLOC', passed: 40, failed: 0, failures: [] },
      {
        strategy: 'pidspace',
        chapter: 'ALLOC',
        passed: 39,
        failed: 1,
        failures: [{ clause: 'ALLOC-3', scope: 'root', message: 'expected 3 | got\n<4>' }],
      },
    ],
    replay: [
      { ...replay, level: 0, status: 'passed', orderChecked: 11_939, orderFollowed: 11_939 },
      { ...replay, level: 1, status: 'failed', message: 'number 7 is taken', orderChecked: 0, orderFollowed: 0 },
    ],
    targets: targetsOf(results),
    results,
  };
}

const report = await fixture();
const schema = JSON.parse(readFileSync(new URL('../schema/lab.schema.json', import.meta.url), 'utf8'));

describe('lab.json', () => {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true }).compile(schema);

  it('keeps its schema', () => {
    expect(validate(JSON.parse(JSON.stringify(report))) || validate.errors).toBe(true);
  });

  it('keeps it without what pid-bench does not have', () => {
    const { schemaVersion, environment, results } = report;
    expect(validate(JSON.parse(JSON.stringify({ schemaVersion, environment, results }))) || validate.errors).toBe(true);
  });

  it.each([
    ['an unknown property', { ...report, extra: 1 }],
    ['another version', { ...report, schemaVersion: 2 }],
    ['a row without a status', { ...report, results: [{ ...report.results[0], status: undefined }] }],
    ['an interval of one end', { ...report, results: [{ ...report.results[0], ci: [1] }] }],
  ])('refuses %s', (_, broken) => {
    expect(validate(JSON.parse(JSON.stringify(broken)))).toBe(false);
  });
});

describe('lab.md', () => {
  const text = markdown(documentOf(report));

  it('has a table for everything that was measured, and says what was not', () => {
    for (const { id, question } of SCENARIOS) expect(text).toContain(`## ${id}: ${question}`);
    expect(text).toContain('### 1,000,000 live, order random, level 0');
    expect(text).toContain('gvisor (1,000,000 live, order random, level 0)');
    expect(text).toContain('cut: stopped after 30 s');
    expect(text).toContain('left out of the lab for time; pid-bench measures it');
    expect(text).toContain('lacks: gives the lowest free number');
  });

  it('shows failures of conformance and replay', () => {
    expect(text).toContain('1 of 40 FAILED');
    expect(text).toContain('**pidspace does not keep ALLOC-3** (root): `expected 3 | got <4>`');
    expect(text).toContain('FAILED: `number 7 is taken`');
  });

  it('has rows of as many cells as their heads', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    expect(rows.length).toBeGreaterThan(100);
    let columns = 0;
    for (const [i, line] of text.split('\n').entries()) {
      if (!line.startsWith('|')) columns = 0;
      else {
        const cells = line.replaceAll('\\|', '').split('|').length;
        expect(columns === 0 || cells === columns, `line ${i + 1}`).toBe(true);
        columns = cells;
      }
    }
  });
});

describe('lab.html', () => {
  const page = html(documentOf(report));

  it('asks nobody for anything', () => {
    const addresses = (page.match(/https?:\/\/[^\s"'<)]+/g) ?? []).filter(
      (url) => !url.startsWith('http://www.w3.org/'),
    );
    expect(addresses).toEqual([]);
    expect(page).not.toMatch(/<script|<link|<img|@import|url\((?!#)/);
    expect(page).toContain("default-src 'none'");
  });

  it('has charts whose title is a question, with a finding and units', () => {
    const figures = page.match(/<figure>[\s\S]*?<\/figure>/g) ?? [];
    expect(figures.length).toBeGreaterThan(8);
    for (const figure of figures) {
      expect(figure).toMatch(/<h3>[^<]*\?[^<]*<\/h3>/);
      expect(figure).toMatch(/<svg[^>]* viewBox=/);
      expect(figure).toMatch(/<figcaption>[^<]{40,}<\/figcaption>/);
      expect(figure).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(page).toMatch(/pidspace takes [\d.,]+ ns per free \+ alloc/);
  });

  it('escapes what it shows', () => {
    expect(page).not.toContain('<processor>');
    expect(page).not.toContain('<b>broken</b>');
    expect(page).toContain('a &lt;processor&gt;');
  });

  it('is readable on light and on dark: every colour is a variable of the page', () => {
    for (const svg of page.match(/<svg[\s\S]*?<\/svg>/g) ?? []) {
      const colours = new Set([...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour));
      for (const colour of colours) expect(colour).toMatch(/^(none|transparent|var\(--\w+\)|#000|#fff|rgb\(0,0,0\))$/);
    }
    expect(page).toContain('prefers-color-scheme: dark');
  });
});

describe('targets', () => {
  it('say yes only when the whole interval does', () => {
    const of = (target: string, strategy: string) =>
      report.targets.find((t) => t.target.startsWith(target) && t.strategy === strategy);
    expect(of('churn (random first) at 32,000 live', 'flat')).toMatchObject({ met: 'yes' });
    expect(of('churn (random first) at 32,000 live', 'flat')?.measured).toMatch(/^6× .*of map$/);
    expect(of('an allocator for 4,194,304 pids is made', 'flat')).toMatchObject({ met: 'no' });
    expect(of('lookup-hit at 4,000,000 live', 'hierarchical')).toMatchObject({ met: 'no' });
    expect(targetsOf(report.results.filter(({ scenario }) => scenario === 'list'))[0].met).toBe('not measured');
  });
});

describe('exports and texts', () => {
  it('gives github-action-benchmark what it reads', () => {
    const rows = actionBenchmarks(report.results);
    expect(rows[0]).toMatchObject({
      unit: 'ns per free + alloc',
      value: expect.any(Number),
      range: expect.any(String),
    });
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it('sums up in a few lines', () => {
    expect(summaryOf(report).join('\n')).toMatch(/79 clauses kept, 1 not\.\nReplay of recorded builds: 1 of 2 /);
    expect(succeeded(report)).toBe(false);
  });

  it('prints tables', () => {
    const text = tables(report.results);
    expect(text).toContain('churn: What does it cost');
    expect(text).toMatch(/flat.*6× faster \[/);
  });

  it('writes numbers, factors and times as people do', () => {
    expect(figure(1_234.5)).toBe('1,230');
    const factor = { against: 'map', significant: true };
    expect(comparison({ ...factor, value: 6.21, ci: [5.8, 6.7] })).toBe('6.2× faster [5.8, 6.7]');
    expect(comparison({ ...factor, value: 0.5, ci: [0.4, 0.625] })).toBe('2× slower [1.6, 2.5]');
    expect(comparison({ ...factor, significant: false, value: 1.1, ci: [0.8, 1.5] })).toBe(
      'no significant difference [0.8, 1.5]',
    );
    expect(comparison({ ...factor, significant: false, value: 3 })).toBe('3×, one round: no interval');
    expect(duration(80_400)).toBe('1 min 20 s');
    expect(paramsText({ order: 'random', level: 1, live: 1_000 })).toBe('1,000 live, order random, level 1');
  });

  it('logs one line for each cell of a round', () => {
    const lines: string[] = [];
    const log = logLines((text) => lines.push(text));
    const progress = {
      round: 1,
      rounds: 3,
      scenario: 'list',
      params: { live: 10 },
      done: 5,
      total: 10,
      elapsedMs: 5_000,
      budgetMs: 60_000,
    };
    for (const subject of ['flat', 'map']) log.measuring({ ...progress, subject });
    expect(lines).toEqual(['round 1 of 3, 5 of 10 done, 5 s left: list 10 live']);
  });
});
