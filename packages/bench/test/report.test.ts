import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../src/baseline-run.ts';
import { STRATEGIES } from '../src/builtins.ts';
import { comparison, duration, figure, paramsText, spread } from '../src/format.ts';
import { succeeded } from '../src/lab.ts';
import { SETTINGS } from '../src/modes.ts';
import { logLines } from '../src/progress.ts';
import { documentOf, summaryOf } from '../src/report/document.ts';
import { actionBenchmarks } from '../src/report/github.ts';
import { html } from '../src/report/html.ts';
import { markdown } from '../src/report/markdown.ts';
import { methodOf, type Report } from '../src/report/report.ts';
import { runBenchmark } from '../src/runner.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import type { SubjectSpec } from '../src/subjects.ts';
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
  twin: 61,
  'native C': 35,
};

const KINDS: Record<string, Partial<SubjectSpec>> = {
  floor: { kind: 'floor' },
  twin: { kind: 'twin', twinOf: 'hierarchical' },
  'native C': { kind: 'native', program: '/nowhere' },
};

function measurement(median: number) {
  return { median, p99: 1.5 * median, samples: 3, ops: 500, steady: true, gcShare: 0 };
}

/** A report of every scenario, with numbers that are made up and one of everything that can go wrong. */
async function fixture(): Promise<Report> {
  const findings = await runBenchmark(
    {
      subjects: Object.keys(NS).map((id) => ({ id, kind: id in STRATEGIES ? 'strategy' : 'baseline', ...KINDS[id] })),
      scenarios: SCENARIOS,
      mode: 'lab',
      settings: SETTINGS.lab,
      seed: 7,
    },
    {
      run: async ({ subject, round, params, scenario }) => {
        const tookMs = 100;
        if (subject.id === 'map' && params.live === 1_000_000) return { cut: 'stopped after 30 s', tookMs };
        if (subject.id === 'flat' && scenario === 'translate')
          return { failed: 'Error: <b>broken</b> | badly\n  at x', tookMs };
        if (scenario === 'create-memory') return { measurement: measurement(4 * round), tookMs };
        // Look-ups of pidspace and native C are so restless that nothing can be said.
        const spread = scenario === 'lookup-miss' ? 1.5 : 0.01;
        const drift = Math.exp(spread * Math.sin(5 * round + subject.id.length));
        return {
          measurement: measurement(NS[subject.id] * drift * Math.cbrt(Number(params.live ?? 1_000) / 1_000)),
          tookMs,
        };
      },
    },
  );
  const replay = { strategy: 'flat', trace: 'c-build', events: 44_854, allocations: 11_939, wraps: 16, maxAlive: 25 };
  return {
    schemaVersion: 2,
    method: methodOf(SETTINGS.lab.looks),
    ...findings,
    counts: [
      {
        strategy: 'flat',
        operation: 'findPidNs',
        level: 0,
        mode: 'plain',
        wordsRead: 7,
        wordsWritten: 0,
        lines: 4,
        atomics: 0,
        chain: 2,
      },
    ],
    environment: {
      machine: 'Linux 6 x64',
      cpu: 'a <processor>',
      cores: 2,
      memoryGiB: 8,
      runtime: { node: '20.19.0', v8: '11' },
      commit: 'abc',
      compiler: 'cc 12, -O3',
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
    const { conformance: _, replay: __, counts: ___, ...document } = report;
    expect(validate(JSON.parse(JSON.stringify(document))) || validate.errors).toBe(true);
  });

  it('keeps it when it is compared with an older one', () => {
    const compared = { ...report, baseline: compareRuns(report, report.results) };
    expect(compared.baseline.rows.length).toBeGreaterThan(100);
    expect(validate(JSON.parse(JSON.stringify(compared))) || validate.errors).toBe(true);
  });

  it.each([
    ['an unknown property', { ...report, extra: 1 }],
    ['another version', { ...report, schemaVersion: 1 }],
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
    expect(text).toContain('map (1,000,000 live, order random, level 0)');
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
  const of = (target: string, strategy: string) =>
    report.targets.find((t) => t.target.startsWith(target) && t.strategy === strategy);

  it('are judged at the looks, with what was measured', () => {
    expect(of('churn (random first) at 32,000 live: at least 3×', 'flat')).toMatchObject({
      verdict: 'met',
      stop: 'decided',
      measured: { unit: '×', against: 'the best baseline' },
    });
    expect(of('an allocator for 4,194,304 pids is made', 'flat')).toMatchObject({ verdict: 'missed' });
    expect(of('churn (random first) at 32,000 live: never slower than native C', 'pidspace')?.verdict).toBe('missed');
  });

  it('of values without logarithm are judged by all rounds', () => {
    expect(of('and takes less than 2 MiB', 'flat')).toMatchObject({
      verdict: 'met',
      measured: { value: 2, range: [0, 4], rounds: 2, unit: 'KiB' },
    });
    expect(of('and takes less than 2 MiB', 'flat')?.measured?.ci).toBeUndefined();
  });

  it('of values that are the same every time have no interval', () => {
    expect(of('an empty namespace takes', 'flat')).toMatchObject({ verdict: 'missed', measured: { exact: true } });
  });
});

describe('what was printed', () => {
  it('has no interval whose ends differ more than fourfold', () => {
    let [intervals, without] = [0, 0];
    for (const { ci, median, missing, vsBaseline, vsFloor, vsNative } of report.results) {
      if (median === undefined) continue;
      for (const ends of [ci, vsBaseline?.ci, vsFloor?.ci, vsNative?.ci]) {
        if (ends) expect(ends[1] / ends[0]).toBeLessThanOrEqual(4.00001);
        if (ends) intervals++;
      }
      if (missing !== undefined) without++;
    }
    expect(intervals).toBeGreaterThan(300);
    expect(without).toBeGreaterThan(5);
  });

  it.each([80, 120])('fits %i columns', (columns) => {
    const text = tables(report, columns);
    for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(columns);
    expect(text).toMatch(/churn \(random first\) at 1,000 live: never slower/);
    expect(text).toMatch(/Noise: a strategy and its twin/);
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
    expect(summaryOf(report).join('\n')).toMatch(
      /Goals: \d+ met, \d+ missed, \d+ at the limit, \d+ with too few rounds/,
    );
    expect(succeeded(report)).toBe(false);
  });

  it('prints tables', () => {
    const text = tables(report, 120);
    expect(text).toContain('churn: What does it cost');
    expect(text).toMatch(/flat.*6× faster \[/);
  });

  it('writes numbers, factors and times as people do', () => {
    expect(figure(1_234.5)).toBe('1,230');
    const factor = { against: 'map', range: [4, 8] as const, rounds: 3, verdict: 'faster' as const };
    const noise = { factor: 1.05, cells: 9 };
    expect(comparison({ ...factor, value: 6.21, ci: [5.8, 6.7] }, noise)).toBe('6.2× faster [5.8, 6.7]');
    expect(comparison({ ...factor, value: 0.5, ci: [0.4, 0.625], verdict: 'slower' }, noise)).toBe(
      '2× slower [1.6, 2.5]',
    );
    expect(comparison({ ...factor, value: 1.1, ci: [0.8, 1.5], verdict: 'too few rounds' }, noise)).toBe(
      '1.1×? [0.8, 1.5]',
    );
    expect(comparison({ ...factor, value: 6, missing: 2, verdict: 'too few rounds' }, noise)).toBe('6×? 4–8 (+2)');
    expect(comparison({ ...factor, value: 1.01, ci: [0.99, 1.03], verdict: 'same' }, undefined)).toBe(
      'same [0.99, 1.03]',
    );
    expect(comparison({ ...factor, value: 1.04, ci: [1.03, 1.05] }, noise)).toBe('~1×');
    expect(spread({ exact: true, range: [2, 2] })).toBe('exact');
    expect(duration(80_400)).toBe('1 min 20 s');
    expect(paramsText({ order: 'random', level: 1, live: 1_000 })).toBe('1,000 live, order random, level 1');
  });

  it('logs one line for each cell of a round', () => {
    const lines: string[] = [];
    const log = logLines((text) => lines.push(text));
    const progress = { round: 1, scenario: 'list', params: { live: 10 }, done: 5, total: 10, leftMs: 5_000 };
    for (const subject of ['flat', 'map']) log.measuring({ ...progress, subject });
    log.measuring({ ...progress, round: 3, open: 7, subject: 'flat' });
    expect(lines).toEqual([
      'round 1, 5 of 10 done, about 5 s left: list 10 live',
      'round 3, 7 questions open, at most 5 s left: list 10 live',
    ]);
  });
});
