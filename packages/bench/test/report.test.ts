import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { compareRuns } from '../src/baseline-run.ts';
import { comparison, duration, figure, paramsText, spread } from '../src/format.ts';
import { succeeded } from '../src/lab.ts';
import { logLines } from '../src/progress.ts';
import { cellOf, plainOf } from '../src/report/blocks.ts';
import { actionBenchmarks } from '../src/report/github.ts';
import { html } from '../src/report/html/page.ts';
import { markdown } from '../src/report/markdown.ts';
import { firstScreen } from '../src/report/terminal.ts';
import { standingOf } from '../src/report/view/cells.ts';
import { commandOf } from '../src/report/view/method.ts';
import { pageOf } from '../src/report/view/page.ts';
import type { Result } from '../src/results.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import { tables } from '../src/table.ts';
import { labReport } from './lab-report.ts';

const report = await labReport();
const page = pageOf(report, '../');
const schema = JSON.parse(readFileSync(new URL('../schema/lab.schema.json', import.meta.url), 'utf8'));

describe('lab.json', () => {
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true }).compile(schema);

  it('keeps its schema', () => {
    expect(validate(JSON.parse(JSON.stringify(report))) || validate.errors).toBe(true);
  });

  it('keeps it without what pid-bench does not have', () => {
    const { conformance, replay, counts, tallies, differences, traits, claims, found, advice, sweeps, ...document } =
      report;
    const lists = [conformance, replay, counts, tallies, differences, claims, advice, sweeps];
    expect(lists.every(({ length }) => length > 0)).toBe(true);
    expect([traits, found]).toBeDefined();
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
  const text = markdown(page);

  it('has a table for everything that was measured, and says what was not', () => {
    for (const { id, question, plan } of SCENARIOS)
      if (plan.lab.length > 0) expect(text).toContain(`</a>${id}: ${question}`);
    expect(text).toContain('**1,000,000 live, order random, level 0**');
    expect(text).toContain('map (1,000,000 live, order random, level 0)');
    expect(text).toContain('cut: stopped after 30 s');
    expect(text).toContain('left out of the lab for time; pid-bench measures it');
    expect(text).toContain('lacks: gives the lowest free number');
  });

  it('says how many measurements do not count', () => {
    const aside = report.results.flatMap((result) => result.aside ?? []);
    // Of two workers with a gauge, and of one beside them without.
    expect(aside.map(({ round }) => round)).toEqual(Array(16).fill(0));
    expect(aside.filter(({ handOverNs }) => handOverNs === 217)).toHaveLength(8);
    expect(text.match(/^16 of \d+ measurements were set aside: the cores .*$/gm)).toHaveLength(1);
  });

  it('shows failures of conformance and replay', () => {
    expect(text).toContain('1 of 40 FAILED');
    expect(text).toContain('**pidspace does not keep ALLOC-3** (root): `expected 3 \\| got <4>`');
    expect(text).toContain('FAILED: `number 7 is taken`');
  });

  it('says which clauses were not tried', () => {
    expect(text).toContain('What is about sheer size is left to pid-lab --full and pid-conformance: ALLOC-99.');
    const kept = { ...report, conformance: report.conformance.slice(0, 1) };
    expect(markdown(pageOf(kept))).toContain(
      'All 1 designs keep every clause of the contract that was tried (40 tries',
    );
  });

  it('has the answers first, and the claims with their verdicts', () => {
    expect(text.indexOf('## In short')).toBeLessThan(text.indexOf('|'));
    expect(text).toMatch(
      /\*\*What does a pid cost\?\*\* To end a pid and make another, among 32,000, \*\*pidspace\*\*/,
    );
    expect(text).toMatch(/Of 13 claims that were made in public, \d+ /);
    for (const { id, verdict } of report.claims)
      expect(text).toMatch(new RegExp(`<a id="${id}"></a>${id} · .*\\n\\n\\*\\*${verdict}\\.\\*\\* `));
  });

  it('leads nowhere that is not there', () => {
    const places = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(15);
    expect(links.filter((id) => !places.has(id))).toEqual([]);
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
  const text = html(page);

  it('asks nobody for anything, and runs only its own script', () => {
    const addresses = (text.match(/https?:\/\/[^\s"'<)]+/g) ?? []).filter(
      (url) => !url.startsWith('http://www.w3.org/'),
    );
    expect(addresses).toEqual([]);
    expect(text).not.toMatch(/<link|<img|@import|url\((?!#)/);
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(text) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(text).toContain(
      `default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src &#39;sha256-${hash}&#39;`,
    );
  });

  it('is one megabyte at most', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(1_000_000);
  });

  it('has charts with a finding, units and their figures as a table', () => {
    const figures = text.match(/<figure[^>]*>\s*<h\d>[^<]*<\/h\d>\s*<svg[\s\S]*?<\/figure>/g) ?? [];
    expect(figures.length).toBe(report.sweeps.length + 1);
    for (const figure of figures) {
      expect(figure).toMatch(/<svg role="img" aria-label="[^"]+"[^>]* viewBox=/);
      expect(figure).toMatch(/<figcaption>[^<]{40,}<\/figcaption>/);
      expect(figure).toMatch(/<td/);
      expect(figure).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  it('escapes what it shows', () => {
    expect(text).not.toContain('<processor>');
    expect(text).not.toContain('<b>broken</b>');
    expect(text).toContain('a &lt;processor&gt;');
  });

  it('has each id once, and leads nowhere that is not there', () => {
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    const links = [...text.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('is readable on light and on dark: every colour is a variable of the page', () => {
    for (const svg of text.match(/<svg[\s\S]*?<\/svg>/g) ?? []) {
      const colours = new Set([...svg.matchAll(/(?:fill|stroke)="([^"]+)"/g)].map(([, colour]) => colour));
      for (const colour of colours) expect(colour).toMatch(/^(none|transparent|var\(--\w+\)|#000|#fff|rgb\(0,0,0\))$/);
    }
    expect(text).toContain('prefers-color-scheme: dark');
  });

  it('leads from a clause in which designs differ to its source and its code', () => {
    expect(text).toMatch(/What is refused: flat differs/);
    expect(text).toMatch(
      /alloc_pid\(\), 2\.6\.24 <a href="\.\.\/packages\/conformance\/src\/suite\/chapters\/alloc\.ts#L37">alloc\.ts:37<\/a>/,
    );
  });
});

describe('the map', () => {
  const rows = page.heat.rows.filter(({ isGroup }) => !isGroup);
  const cellsOfRow = (name: string) => {
    const row = rows.find(({ cells }) => plainOf(cellOf(cells[0]).text) === name);
    return row?.cells.slice(1).map(cellOf) ?? [];
  };

  it('has every design and a Map, with number, word and colour', () => {
    expect(page.heat.columns.map(({ head }) => head)).toEqual(['what', 'hierarchical', 'flat', 'pidspace', 'a Map']);
    const cells = cellsOfRow('End a pid and make another');
    expect(cells.map(({ note }) => note)).toEqual(['1.5×', '1.2×', 'best', '7.5×']);
    expect(cells.map(({ heat }) => heat)).toEqual([2, 1, 0, 5]);
  });

  it.each([
    ['too few rounds', '1.5× ?', 2, true],
    ['slower', '1.5×', 2, false],
    ['same', 'same', 0, false],
  ] as const)('says what may be said where the verdict is %s', (verdict, word, heat, unsure) => {
    const [least] = report.results;
    const more = { ...least, strategy: 'flat', median: 1.5 * (least.median ?? 0) };
    const vsFastest = { against: least.strategy, value: 1.5, range: [1, 2], rounds: 2, verdict } as const;
    const row: Result = { ...more, vsFastest };
    expect(standingOf(row, [least, row], undefined)).toEqual({ factor: expect.closeTo(1.5), word, heat, unsure });
  });
});

describe('what repeats a run', () => {
  it('is the command with all that it was given', () => {
    const given = {
      ...report.environment,
      mode: 'full',
      seed: 7,
      minutes: 20,
      modules: ['own.js', '@scope/own'],
    } as const;
    expect(commandOf({ environment: given })).toBe(
      'npm run lab -- --full --minutes 20 --module own.js --module @scope/own --seed 7',
    );
    expect(commandOf({ environment: { ...report.environment, seed: 1 } })).toBe('npm run lab');
  });
});

describe('on a terminal', () => {
  it.each([false, true])('the first screen fits 80 columns (in colour: %s)', (colour) => {
    const text = firstScreen(page, 80, colour);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
    const plain = text.replaceAll(/\x1b\[\d+m/g, '');
    for (const line of plain.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(80);
    expect(text === plain).toBe(!colour);
    expect(plain).toMatch(/End a pid and make another +\d+ 1\.5× +\d+ 1\.2× +\d+ best/);
    for (const { question } of report.advice) expect(plain.replaceAll(/\s+/g, ' ')).toContain(question);
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
    expect(intervals).toBeGreaterThan(200);
    expect(without).toBeGreaterThan(3);
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

  it('has not succeeded where a clause is broken', () => {
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
    for (const subject of ['flat', 'map']) log.measuring({ ...progress, subjects: [subject] });
    log.measuring({ ...progress, round: 3, open: 7, subjects: ['flat', 'map'] });
    expect(lines).toEqual([
      'round 1, 5 of 10 done, about 5 s left: list 10 live',
      'round 3, 7 questions open, at most 5 s left: list 10 live',
    ]);
  });
});
