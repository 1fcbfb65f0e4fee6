import type { Traits } from '@pidlab/contract';
import { describe, expect, it } from 'vitest';
import { adviceOf } from '../src/claims/advice.ts';
import type { ClaimResult, ClaimVerdict } from '../src/claims/claim.ts';
import { CLAIMS, claimsOf } from '../src/claims/claims.ts';
import { WITHOUT } from '../src/claims/designs.ts';
import { foundOf } from '../src/claims/found.ts';
import { sweepsOf } from '../src/claims/sweep.ts';
import { DESIGNS, type Findings } from '../src/claims/view.ts';
import { environment } from '../src/environment.ts';
import { methodOf, SCHEMA_VERSION } from '../src/report/report.ts';
import type { Pair, Result } from '../src/results.ts';
import type { Params } from '../src/scenario.ts';
import { OCCUPANCIES } from '../src/tallies/occupancy.ts';
import { SEARCH, TASKS } from '../src/tallies/reckoned.ts';
import type { Tally } from '../src/tallies/tally.ts';

const LIVE = 32_000;

function row(scenario: string, params: Params, strategy: string, median: number): Result {
  const round = { p99: median, samples: 5, steady: true, gcShare: 0 };
  return {
    strategy,
    kind: strategy === 'floor' ? 'floor' : strategy === WITHOUT || strategy === 'map' ? 'baseline' : 'strategy',
    scenario,
    params,
    unit: 'ns per thing',
    status: 'ok',
    median,
    samples: 10,
    rounds: [0, 1].map((at) => ({ round: at, median: median * (1 + at / 1_000), ...round })),
  };
}

function pair(scenario: string, common: Params, against: string, strategy: string, value: number): Pair {
  return {
    strategy,
    kind: 'strategy',
    scenario,
    common,
    against,
    factor: { value, range: [value * 0.99, value * 1.01], rounds: 2 },
    isGain: false,
  };
}

const tally = (survey: string, strategy: string, params: Params, values: Tally['values']): Tally => ({
  survey,
  strategy,
  params,
  values,
});

/** What was counted, as it would be if every claim held. */
function tallies(): Tally[] {
  return [
    ...DESIGNS.flatMap((id) => [
      ...OCCUPANCIES.map((percent) =>
        tally('occupancy', id, { percent }, { firstShare: 1 - percent / 100, words: 20 + percent / 10 }),
      ),
      ...['plain', 'shared'].map((block) =>
        tally(
          'last-free',
          id,
          { block, numbers: 2 ** 20 },
          { mostEntries: 32, mostBitmapBytes: 4_096, bitmapBytes: 2_000, mostNodeWords: 29, mostWords: 1_000 },
        ),
      ),
      ...[1, 1_000, LIVE, 1_000_000].map((live) => tally('free', id, { live }, { words: 35 })),
      ...[0, 1, 1_000, 30_000].map((pids) =>
        tally('bitmaps', id, { pids }, { bytes: 4_096, widened: 4_096, last: 8_192 }),
      ),
      ...['plain', 'shared'].map((block) => tally('references', id, { block }, { writes: 0 })),
      ...[0, 10, 50, 100].map((percent) =>
        tally('share', id, { percent }, { bytes: id === 'flat' ? 205 : 137, task: id === 'flat' ? 128 : 64 }),
      ),
      ...[0, 1, 8].map((level) => tally('caches', id, { level }, { own: 64, inUse: 192, largest: 448 })),
      ...[0, 1].map((level) => tally('levels', id, { level }, { freeWords: 35, allocWords: 31, findWords: 8 })),
      ...TASKS.map((tasks) => tally('search', id, { tasks }, { looked: 19 })),
      ...[1, 64].map((apart) => tally('listing', id, { apart }, { words: 8, lines: 4, chain: 3 })),
      ...[1_000, 10_000, 100_000, 1_000_000].flatMap((live) =>
        ['kernel', 'capacity'].map((hash) => tally('hash', id, { live, hash }, { words: 8, longestChain: 3 })),
      ),
      ...[1, 100, 10_000].map((namespaces) =>
        tally('namespaces', id, { namespaces }, { bytes: id === 'idr' ? 458 : 5_248 }),
      ),
    ]),
    ...[0, 1, 2, 3, 4].flatMap((level) => [
      tally('locks', 'idr', { level, rounds: 'once' }, { lockRounds: 1 }),
      tally('locks', 'idr', { level, rounds: 'each level' }, { lockRounds: level + 2 }),
    ]),
    ...TASKS.map((tasks) => tally('search', SEARCH, { tasks }, { looked: (tasks / 500) ** 2 })),
    tally('sparse', 'constant of 2007, 64 bits', {}, { slots: 8_192, mean: 61.5, longest: 123 }),
  ];
}

const CHURN: Params = { order: 'random', level: 0 };

/** The times, as they would be if every claim held. */
function rows(): Result[] {
  const pidspace = (id: string, less: number, more: number): number => (id === 'pidspace' ? less : more);
  const e9 = { 'flat 0': 100, 'flat 1': 105, 'hierarchical 0': 101, 'hierarchical 1': 112 } as Record<string, number>;
  return [
    ...[...DESIGNS, 'floor'].flatMap((id) => [
      row('churn', { ...CHURN, live: LIVE }, id, 100),
      row('churn', { ...CHURN, live: 4_000_000 }, id, 300),
    ]),
    ...DESIGNS.flatMap((id) => [
      row('translate', { view: 'root', level: 1, live: LIVE }, id, pidspace(id, 5, 8)),
      row('translate', { view: 'own', level: 1, live: LIVE }, id, pidspace(id, 5, 8)),
      row('churn', { order: 'random', level: 1, live: LIVE }, id, pidspace(id, 100, 150)),
      row('memory', { by: 'stats', level: 1, live: LIVE }, id, 73),
      row('list', { level: 0, live: LIVE }, id, id === 'idr' ? 10 : 40),
      row('lookup-hit', { level: 0, live: LIVE }, id, 20),
      row('namespace', { open: 500 }, id, 150),
      ...[0, 1].map((level) => {
        const value = id === 'idr' ? 200 : (e9[`${id} ${level}`] ?? 100);
        return row('fork-exit', { level, live: LIVE }, id, value);
      }),
      row('workers-throughput', { namespaces: 'own', workers: 2, live: 4_000 }, id, 100),
      row('workers-throughput', { namespaces: 'same', workers: 2, live: 4_000 }, id, 200),
    ]),
    row('fork-exit', { level: 0, live: LIVE }, WITHOUT, 100),
  ];
}

function pairs(): Pair[] {
  return [
    ...[1, 2].map((workers) =>
      pair('workers-reference', { workers, live: 4_000 }, 'reference a pid against a page', 'hierarchical', 1.3),
    ),
    ...[0, 4].map((depth) =>
      pair('workers-rounds', { workers: 2, live: 4_000, depth }, 'rounds once against each level', 'idr', 1.15),
    ),
    pair('lookup-hash', { live: LIVE }, 'hash kernel against capacity', 'hierarchical', 1),
    ...['map', ...DESIGNS].map((id) => pair('order', { live: 1_000 }, 'order cycle of 1,000 against fresh', id, 0.5)),
    ...DESIGNS.flatMap((id) => [
      pair('workers-throughput', { namespaces: 'same', live: 4_000 }, 'workers 2 against 1', id, 0.7),
      pair('workers-throughput', { namespaces: 'own', live: 4_000 }, 'workers 2 against 1', id, 1.8),
    ]),
  ];
}

const TRAITS: Traits = {
  strategy: 'hierarchical',
  maxLevel: 32,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: 33,
  rootNumbers: 'small',
  floors: { root: 300, child: 300 },
  shared: true,
};

function findings(): Findings {
  return {
    schemaVersion: SCHEMA_VERSION,
    environment: environment(1, 'lab', 'none'),
    method: methodOf([2, 3]),
    conformance: [],
    replay: [
      {
        strategy: 'flat',
        trace: 'c-build',
        level: 0,
        status: 'passed',
        events: 100,
        allocations: 50,
        wraps: 0,
        maxAlive: 25,
        orderChecked: 50,
        orderFollowed: 50,
      },
    ],
    counts: [],
    differences: [],
    tallies: tallies(),
    traits: {
      hierarchical: TRAITS,
      flat: { ...TRAITS, strategy: 'flat', maxLevel: 1, maxNumbers: 2 },
      pidspace: {
        ...TRAITS,
        strategy: 'pidspace',
        maxLevel: 1,
        maxNumbers: 1,
        maxNamespaces: 511,
        rootNumbers: 'encoded',
      },
      idr: { ...TRAITS, strategy: 'idr', rules: 'mainline' },
    },
    results: rows(),
    pairs: pairs(),
    targets: [],
    noise: { factor: 1.03, cells: 9 },
  };
}

/** The report with some of what was counted changed. */
function counting(survey: string, change: (each: Tally) => Tally['values'] | undefined): Findings {
  const found = findings();
  const changed = found.tallies.flatMap((each): Tally[] => {
    if (each.survey !== survey) return [each];
    const values = change(each);
    return values ? [{ ...each, values: { ...each.values, ...values } }] : [];
  });
  return { ...found, tallies: changed };
}

/** The report with some rows changed; without those for which `change` gives nothing. */
function timing(scenario: string, change: (each: Result) => number | undefined): Findings {
  const found = findings();
  const results = found.results.flatMap((each): Result[] => {
    if (each.scenario !== scenario) return [each];
    const median = change(each);
    return median === undefined ? [] : [row(scenario, each.params, each.strategy, median)];
  });
  return { ...found, results };
}

function pairing(scenario: string, change: (each: Pair) => number | undefined): Findings {
  const found = findings();
  const changed = found.pairs.flatMap((each): Pair[] => {
    if (each.scenario !== scenario) return [each];
    const value = change(each);
    return value === undefined ? [] : [pair(scenario, each.common, each.against, each.strategy, value)];
  });
  return { ...found, pairs: changed };
}

const of = (id: string, report: Findings): ClaimResult => {
  const found = [...claimsOf(report), ...foundOf(report)].find((each) => each.id === id);
  if (!found) throw new Error(`no claim ${id}`);
  return found;
};

/** The report where one strategy takes so many times what another does, in everything. */
function ofTwo(strategy: string, other: string, times: number): Findings {
  const found = findings();
  const results = found.results.map((each) => {
    const same = found.results.find((its) => its.strategy === other && sameCell(its, each));
    return each.strategy === strategy && same
      ? row(each.scenario, each.params, strategy, times * (same.median ?? 0))
      : each;
  });
  return { ...found, results };
}

const sameCell = (a: Result, b: Result): boolean =>
  a.scenario === b.scenario && JSON.stringify(a.params) === JSON.stringify(b.params);

const none = (): undefined => undefined;

describe('the claims', () => {
  it('are E1 to E13, each with who said it and when, a rule, and what would change its verdict', () => {
    expect(CLAIMS.map(({ id }) => id)).toEqual(Array.from({ length: 13 }, (_, i) => `E${i + 1}`));
    for (const { claim, source, rule, wouldChange, measured } of CLAIMS) {
      expect(source?.when).toMatch(/^\d{4}-\d\d$/);
      for (const text of [claim, source?.who, source?.where, rule, wouldChange, measured])
        expect(text?.length).toBeGreaterThan(10);
      expect(rule).toMatch(/^Holds if .*; in part if /);
    }
    expect(CLAIMS.filter(({ historic }) => historic).map(({ id }) => id)).toEqual(['E9', 'E10', 'E11', 'E13']);
  });

  it('all hold where every figure is as they say', () => {
    for (const { id, verdict, answer, figures, evidence } of claimsOf(findings())) {
      expect(`${id} ${verdict}`).toBe(`${id} holds`);
      expect(answer).toMatch(/\d.*\.$/);
      expect(answer).not.toMatch(/NaN|undefined|Infinity|(^|\s)–/);
      expect(evidence.length).toBeGreaterThan(0);
      expect(figures.length).toBeGreaterThan(0);
    }
  });

  it('have figures whose rows fit their heads', () => {
    for (const { id, figures, historic } of [...claimsOf(findings()), ...foundOf(findings())])
      for (const { head, align, rows: lines } of [...figures, ...(historic ? [historic] : [])]) {
        expect(align, id).toHaveLength(head.length);
        for (const line of lines) expect(line, id).toHaveLength(head.length);
      }
  });

  it.each<[id: string, verdict: ClaimVerdict, report: Findings]>([
    ['E1', 'holds in part', counting('occupancy', () => ({ firstShare: 0.4 }))],
    [
      'E1',
      'holds in part',
      { ...findings(), replay: findings().replay.map((each) => ({ ...each, maxAlive: 20_000 })) },
    ],
    [
      'E2',
      'holds in part',
      counting('last-free', ({ params }) => (params.block === 'shared' ? { mostBitmapBytes: 8_192 } : {})),
    ],
    ['E2', 'does not hold', counting('last-free', () => ({ mostEntries: 33 }))],
    ['E3', 'does not hold', counting('free', ({ params }) => (params.live === 1_000_000 ? { words: 38 } : {}))],
    [
      'E3',
      'holds in part',
      timing('churn', ({ strategy, params, median }) =>
        strategy === 'flat' && params.live === 4_000_000 ? 500 : median,
      ),
    ],
    ['E4', 'holds in part', counting('bitmaps', () => ({ last: 12_288 }))],
    ['E4', 'does not hold', counting('bitmaps', () => ({ widened: 8_192 }))],
    ['E5', 'holds in part', pairing('workers-reference', () => 1.02)],
    ['E5', 'does not hold', counting('references', () => ({ writes: 2 }))],
    [
      'E6',
      'holds in part',
      counting('share', ({ params, strategy }) => ({
        bytes: strategy === 'flat' && params.percent === 100 ? 205 : 137,
      })),
    ],
    ['E6', 'does not hold', counting('share', () => ({ bytes: 137 }))],
    ['E7', 'holds in part', counting('caches', () => ({ inUse: 64 }))],
    ['E7', 'does not hold', counting('caches', () => ({ inUse: 64, largest: 64 }))],
    ['E8', 'holds in part', timing('translate', ({ strategy }) => (strategy === 'pidspace' ? 9 : 8))],
    ['E8', 'does not hold', ofTwo('pidspace', 'flat', 2)],
    [
      'E9',
      'holds in part',
      timing('fork-exit', ({ strategy, median, params }) =>
        strategy === WITHOUT ? 70 : params.level === 1 ? 130 : median,
      ),
    ],
    [
      'E9',
      'does not hold',
      timing('fork-exit', ({ strategy, params }) => (params.level === 1 ? 90 : strategy === WITHOUT ? 70 : 100)),
    ],
    ['E10', 'holds in part', counting('search', ({ strategy }) => (strategy === SEARCH ? { looked: 5 } : {}))],
    [
      'E10',
      'does not hold',
      counting('search', ({ strategy, params }) => (strategy === 'flat' ? { looked: Number(params.tasks) } : {})),
    ],
    ['E11', 'holds in part', timing('fork-exit', () => 100)],
    ['E11', 'does not hold', ofTwo('idr', 'hierarchical', 1)],
    [
      'E12',
      'holds in part',
      counting('hash', ({ params }) => (params.hash === 'kernel' && Number(params.live) > 10_000 ? { words: 80 } : {})),
    ],
    ['E12', 'does not hold', counting('hash', ({ params }) => (params.hash === 'kernel' ? { words: 80 } : {}))],
    ['E13', 'holds in part', pairing('workers-rounds', ({ common }) => (common.depth === 0 ? 1 : 1.2))],
    ['E13', 'does not hold', counting('locks', () => ({ lockRounds: 2 }))],
    ['E1', 'undecided', counting('occupancy', none)],
    ['E2', 'undecided', counting('last-free', none)],
    ['E3', 'undecided', timing('churn', none)],
    ['E4', 'undecided', counting('bitmaps', none)],
    ['E5', 'undecided', pairing('workers-reference', none)],
    ['E6', 'undecided', counting('share', none)],
    ['E7', 'undecided', counting('caches', none)],
    ['E8', 'undecided', timing('memory', none)],
    ['E9', 'undecided', timing('fork-exit', ({ strategy, median }) => (strategy === WITHOUT ? undefined : median))],
    ['E10', 'undecided', counting('search', none)],
    ['E11', 'undecided', timing('list', none)],
    ['E12', 'undecided', counting('hash', none)],
    ['E13', 'undecided', pairing('workers-rounds', none)],
    ['F1', 'does not hold', pairing('order', () => 0.95)],
    ['F2', 'does not hold', findings()],
    [
      'F2',
      'holds',
      counting('last-free', ({ params }) => (params.block === 'shared' ? { mostBitmapBytes: 8_192 } : {})),
    ],
    ['F3', 'holds in part', counting('namespaces', ({ strategy }) => (strategy === 'idr' ? { bytes: 2_000 } : {}))],
    ['F4', 'does not hold', timing('namespace', ({ strategy }) => (strategy === 'pidspace' ? 900 : 150))],
    ['F5', 'holds in part', pairing('workers-throughput', ({ strategy }) => (strategy === 'idr' ? 1.4 : 0.7))],
    [
      'F6',
      'does not hold',
      { ...findings(), replay: findings().replay.map((each) => ({ ...each, orderFollowed: 49 })) },
    ],
  ])('%s %s', (id, verdict, report) => {
    const found = of(id, report);
    expect(found.verdict).toBe(verdict);
    if (verdict === 'undecided')
      expect(found.answer).toMatch(/^Not decided: .+ not (counted|measured|replayed|looked at)/);
  });

  it.each<[id: string, limit: RegExp, at: (limit: number) => Findings]>([
    [
      'E3',
      /at most ([\d.]+)× as much as that of the floor/,
      (limit) =>
        timing('churn', ({ strategy, params, median }) =>
          strategy !== 'floor' && params.live === 4_000_000 ? 300 * limit : median,
        ),
    ],
    ['E5', /at least ([\d.]+) % more time/, (limit) => pairing('workers-reference', () => 1.1 - limit / 100)],
    ['E7', /at least ([\d.]+)× the bytes/, (limit) => counting('caches', () => ({ inUse: (64 * 1.5 * 1.5) / limit }))],
    [
      'E10',
      /at most ([\d.]+)× those with 250/,
      (limit) =>
        counting('search', ({ params, strategy }) =>
          strategy !== SEARCH && params.tasks === 50_000 ? { looked: 19 * limit } : {},
        ),
    ],
    [
      'E12',
      /at most ([\d.]+)× the words/,
      (limit) => counting('hash', ({ params }) => (params.hash === 'kernel' ? { words: 8 * limit } : {})),
    ],
  ])('%s is judged by the limit that its rule names', (id, limit, at) => {
    const rule = CLAIMS.find((claim) => claim.id === id)?.rule ?? '';
    const named = Number(limit.exec(rule)?.[1]);
    expect(named).toBeGreaterThan(1);
    expect(of(id, at(named * 0.999)).verdict).toBe('holds');
    expect(of(id, at(named * 1.01)).verdict).not.toBe('holds');
  });

  it('show every strategy of the report as a column, a stranger too', () => {
    const report = findings();
    const stranger = report.tallies
      .filter(({ strategy }) => strategy === 'flat')
      .map((each) => ({ ...each, strategy: 'one-line' }));
    const timed = report.results
      .filter(({ strategy }) => strategy === 'flat')
      .map((each) => ({ ...each, strategy: 'one-line' }));
    const both = { ...report, tallies: [...report.tallies, ...stranger], results: [...report.results, ...timed] };
    for (const id of ['E1', 'E3', 'E4', 'E6', 'E7', 'E10'])
      expect(of(id, both).figures[0].head, id).toContain('one-line');
    expect(of('E9', both).figures[0].rows.map(([name]) => name)).toContain('one-line');
    // And no verdict is changed by it.
    expect(claimsOf(both).map(({ verdict }) => verdict)).toEqual(claimsOf(report).map(({ verdict }) => verdict));
  });
});

describe('what the lab found', () => {
  it('is numbered from F1, has no source, and leaves out what it could not measure', () => {
    const found = foundOf(findings());
    expect(found.map(({ id }) => id)).toEqual(['F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9']);
    expect(found.every((each) => !('source' in each))).toBe(true);
    const empty = { ...findings(), tallies: [], results: [], pairs: [], replay: [] };
    expect(foundOf(empty).map(({ id }) => id)).toEqual(['F7', 'F8', 'F9']);
  });
});

describe('advice', () => {
  it('is five questions whose answers end in a name and a reason with a figure or a trait', () => {
    const advice = adviceOf(findings());
    expect(advice.map(({ id }) => id)).toEqual(['nesting', 'rules', 'work', 'memory', 'threads']);
    for (const { question, options } of advice) {
      expect(question).toMatch(/\?$/);
      expect(options.length).toBeGreaterThan(1);
      for (const { take, because } of options) {
        expect(DESIGNS).toContain(take);
        expect(because).toMatch(/\d|traits/);
      }
    }
  });

  it('follows the figures, and among equals the traits', () => {
    const take = (report: Findings, id: string, answer: RegExp): string | undefined =>
      adviceOf(report)
        .find((each) => each.id === id)
        ?.options.find((option) => answer.test(option.answer))?.take;
    expect(take(findings(), 'nesting', /^No, and there are at most/)).toBe('pidspace');
    expect(take(findings(), 'nesting', /thousands/)).toBe('hierarchical');
    expect(take(findings(), 'rules', /today’s kernel/)).toBe('idr');
    expect(take(findings(), 'rules', /which container/)).toBe('pidspace');
    expect(take(findings(), 'work', /^Lists/)).toBe('idr');
    // Look-ups take the same everywhere: the one that nests deepest.
    expect(take(findings(), 'work', /^Look-ups/)).toBe('hierarchical');
    expect(
      take(
        timing('lookup-hit', ({ strategy }) => (strategy === 'flat' ? 10 : 20)),
        'work',
        /^Look-ups/,
      ),
    ).toBe('flat');
    expect(take(findings(), 'memory', /^Many containers/)).toBe('idr');
  });

  it('does not ask what nothing was measured for', () => {
    expect(adviceOf({ ...findings(), results: [], tallies: [] }).map(({ id }) => id)).toEqual(['rules']);
  });
});

describe('sweeps', () => {
  it('have a curve for each strategy, in order, and say from where to where it goes', () => {
    const sweeps = sweepsOf(findings());
    expect(sweeps.length).toBeGreaterThan(6);
    for (const { series, answer, id } of sweeps) {
      expect(series.length, id).toBeGreaterThan(0);
      for (const { points } of series) expect([...points].sort(([a], [b]) => a - b)).toEqual(points);
      expect(answer, id).toMatch(/\d/);
    }
    const search = sweeps.find(({ id }) => id === 'search');
    expect(search?.series.map(({ strategy }) => strategy)).toContain(SEARCH);
    expect(search?.answer).toMatch(/stay at 19/);
    expect(sweeps.find(({ id }) => id === 'churn-live')).toMatchObject({
      exact: false,
      isLog: true,
      unit: 'ns per thing',
    });
  });

  it('are left out where there is no second point', () => {
    expect(sweepsOf({ ...findings(), tallies: [], results: [] })).toEqual([]);
  });
});
