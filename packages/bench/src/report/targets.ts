import { figure, interval, times } from '../format.ts';
import type { Result } from '../results.ts';
import { scenarioOf } from '../scenarios/index.ts';
import { type Estimate, ratio } from '../statistics.ts';
import { type Bounds, judge } from './judge.ts';
import { type Target, unique } from './report.ts';
import { pairTargets } from './versus.ts';

/** A measured value, as it reads; `exact` where it is the same every time, so that one round is enough. */
interface Measured extends Estimate {
  readonly text: string;
  readonly exact?: boolean;
}

/** A limit on a factor or a value; `text` is how the measured one reads. */
interface Limit extends Bounds {
  readonly target: string;
  measured(strategy: string): Measured | undefined;
}

/**
 * What this project set out to reach, against what was measured at level 0. Shown, never asserted: another machine is
 * another answer.
 */
export function targetsOf(results: readonly Result[]): Target[] {
  const find = (strategy: string, scenario: string, params: Readonly<Record<string, unknown>>): Result[] =>
    results.filter(
      (result) =>
        result.strategy === strategy &&
        result.scenario === scenario &&
        result.status === 'ok' &&
        Object.entries(params).every(([name, value]) => result.params[name] === value),
    );
  const factor = (
    scenario: string,
    live: number,
    atLeast: number,
    extra: Record<string, unknown> = {},
    over = 'the best JavaScript baseline that does the same work',
  ): Limit => ({
    target: `${scenario}${extra.order ? ` (${extra.order} first)` : ''} at ${live.toLocaleString('en')} live: ${
      atLeast === 1 ? 'never slower than' : `at least ${atLeast}× as fast as`
    } ${over}`,
    atLeast,
    measured(strategy) {
      const vs = find(strategy, scenario, { live, level: 0, ...extra })[0]?.vsBaseline;
      return vs && { ...vs, text: `${times(vs.value)} ${interval(vs.ci)} of ${vs.against}` };
    },
  });
  const value = (
    target: string,
    atMost: number,
    unit: string,
    scenario: string,
    params: Record<string, unknown>,
  ): Limit => ({
    target,
    atMost,
    measured(strategy) {
      const result = find(strategy, scenario, params)[0];
      if (result?.median === undefined) return undefined;
      return {
        value: result.median,
        ...(result.ci ? { ci: result.ci } : {}),
        exact: scenarioOf(scenario).exact?.(result.params) ?? false,
        text: `${figure(result.median)} ${unit} ${interval(result.ci)}`.trim(),
      };
    },
  });
  const limits: Limit[] = [
    ...['random', 'oldest'].flatMap((order) => [
      factor('churn', 1_000_000, 5, { order }),
      factor('churn', 32_000, 3, { order }),
      factor('churn', 1_000, 1, { order }),
    ]),
    factor('lookup-hit', 1_000_000, 5),
    factor('lookup-hit', 32_000, 3),
    factor('lookup-hit', 1_000, 1),
    factor('lookup-use', 1_000_000, 5),
    factor('lookup-use', 32_000, 3),
    factor('lookup-use', 1_000, 1),
    factor('fork-exit-wait', 10_000, 2, {}, 'the plain class-and-Map table of processes'),
    {
      target: 'lookup-hit at 4,000,000 live: at most 4× the floor of two dependent random reads',
      atMost: 4,
      measured(strategy) {
        const vs = find(strategy, 'lookup-hit', { live: 4_000_000, level: 0 })[0]?.vsFloor;
        return vs && { ...vs, text: `${times(vs.value)} ${interval(vs.ci)}` };
      },
    },
    {
      target: 'churn (random first) at 4,000,000 live: at most 3× of what it costs at 32,000',
      atMost: 3,
      measured(strategy) {
        const [large, small] = [4_000_000, 32_000].map((live) => {
          const found = find(strategy, 'churn', { live, level: 0, order: 'random' })[0];
          return new Map(found?.rounds.map(({ round, median }) => [round, median]));
        });
        const found = ratio(large, small);
        return found && { ...found, text: `${times(found.value)} ${interval(found.ci)}` };
      },
    },
    ...[0, 1].flatMap((level) => [
      value(
        `at most 80 bytes per pid at 1,000,000 live, level ${level}, by the allocator's account`,
        80,
        'bytes',
        'memory',
        { live: 1_000_000, level, by: 'stats' },
      ),
      value(`the same by the resident memory of the process, level ${level}`, 80, 'bytes', 'memory', {
        live: 1_000_000,
        level,
        by: 'process',
      }),
    ]),
    value('an empty namespace takes at most two pages', 2, 'pages', 'namespace-memory', { pids: 0 }),
    value('an allocator for 4,194,304 pids is made in less than 20 ms', 20, 'ms', 'create-time', {}),
    value('and takes less than 2 MiB of memory before it is used', 2_048, 'KiB', 'create-memory', {}),
  ];
  const strategies = unique(
    results.filter((result) => result.kind === 'strategy'),
    (result) => result.strategy,
  );
  const targets = limits.flatMap((limit) =>
    strategies.map((strategy) => {
      const found = limit.measured(strategy);
      return {
        target: limit.target,
        strategy,
        measured: found?.text ?? '',
        met: found ? judge(found, limit, found.exact) : 'not measured',
      };
    }),
  );
  return [...targets, ...pairTargets(results)];
}
