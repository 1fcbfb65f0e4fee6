import { STRATEGIES } from '../src/builtins.ts';
import { withEvidence } from '../src/lab.ts';
import { SETTINGS } from '../src/modes.ts';
import { methodOf, type Report } from '../src/report/report.ts';
import { runBenchmark } from '../src/runner.ts';
import { SCENARIOS } from '../src/scenarios/index.ts';
import { type SubjectSpec, traitsOf } from '../src/subjects.ts';
import { reckonedTallies } from '../src/tallies/reckoned.ts';
import { each } from './each.ts';

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
export async function labReport(): Promise<Report> {
  const findings = await runBenchmark(
    {
      subjects: Object.keys(NS).map((id) => ({ id, kind: id in STRATEGIES ? 'strategy' : 'baseline', ...KINDS[id] })),
      scenarios: SCENARIOS,
      mode: 'lab',
      settings: SETTINGS.lab,
      seed: 7,
    },
    {
      run: each(async ({ subject, round, params, scenario }) => {
        const tookMs = 100;
        if (subject.id === 'map' && params.live === 1_000_000) return { cut: 'stopped after 30 s', tookMs };
        if (subject.id === 'flat' && scenario === 'translate')
          return { failed: 'Error: <b>broken</b> | badly\n  at x', tookMs };
        if (scenario === 'create-memory') return { measurement: measurement(4 * round), tookMs };
        // Look-ups of what is not there are so restless that nothing can be said; a twin goes along with its strategy.
        const spread = scenario === 'lookup-miss' ? 1.5 : 0.01;
        const phase = (spread > 1 && subject.twinOf ? subject.twinOf : subject.id).length;
        const drift = Math.exp(spread * Math.sin(5 * round + phase));
        const measured = measurement(NS[subject.id] * drift * Math.cbrt(Number(params.live ?? 1_000) / 1_000));
        // In the first round the cores are further apart.
        const isApart = scenario === 'workers-windows' && params.workers === 2;
        return { measurement: isApart ? { ...measured, handOverNs: round === 0 ? 217 : 50 } : measured, tookMs };
      }),
    },
  );
  const replay = { strategy: 'flat', trace: 'c-build', events: 44_854, allocations: 11_939, wraps: 16, maxAlive: 25 };
  return withEvidence({
    schemaVersion: 2,
    traits: await traitsOf(Object.keys(STRATEGIES).map((id) => ({ id, kind: 'strategy' }))),
    tallies: reckonedTallies(),
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
      { strategy: 'flat', chapter: 'ALLOC', passed: 40, failed: 0, failures: [], leftOut: ['ALLOC-99'] },
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
    differences: [
      {
        clause: 'ALLOC-3',
        scope: 'root',
        sentence: 'a new pid is found in its namespace and in every ancestor',
        source: 'alloc_pid(), 2.6.24',
        file: 'packages/conformance/src/suite/chapters/alloc.ts#L37',
        does: { hierarchical: 'copyPidNs → done', flat: 'copyPidNs → ENOSPC', pidspace: 'copyPidNs → done' },
      },
    ],
  });
}
