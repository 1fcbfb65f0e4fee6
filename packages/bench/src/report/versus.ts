import { interval, paramsText, times } from '../format.ts';
import type { Result } from '../results.ts';
import type { Params, Versus } from '../scenario.ts';
import { scenarioOf } from '../scenarios/index.ts';
import { type Ratio, ratio } from '../statistics.ts';
import { judge } from './judge.ts';
import type { Target } from './report.ts';

/** One subject in two cells that differ in one parameter, measured in the same rounds. */
export interface Pair {
  readonly strategy: string;
  readonly kind: Result['kind'];
  readonly scenario: string;
  /** What both cells have in common. */
  readonly common: Params;
  /** `workers 2 against 1`. */
  readonly against: string;
  readonly factor: Ratio;
  /** What was to be reached, if anything was. */
  readonly goal?: Goal;
}

interface Goal {
  /** `at least 1.8×`. */
  readonly text: string;
  readonly met: Target['met'];
}

/** Every pair that was measured, in the order of the results. */
export function pairsOf(results: readonly Result[]): Pair[] {
  return results.flatMap((result) => {
    const { versus } = scenarioOf(result.scenario);
    if (!versus || result.status !== 'ok' || result.params[versus.param] === versus.base) return [];
    const base = results.find((other) => isBaseOf(other, result, versus));
    const factor = base && factorOf(base, result, versus);
    return factor ? [pairOf(result, versus, factor, hadRoom(results, result, versus))] : [];
  });
}

function isBaseOf(other: Result, result: Result, { param, base }: Versus): boolean {
  const params = { ...result.params, [param]: base };
  return (
    other.strategy === result.strategy &&
    other.scenario === result.scenario &&
    Object.entries(params).every(([name, value]) => other.params[name] === value)
  );
}

function factorOf(base: Result, result: Result, { isGain }: Versus): Ratio | undefined {
  const [of, to] = [base, result].map(({ rounds }) => new Map(rounds.map(({ round, median }) => [round, median])));
  return isGain ? ratio(of, to) : ratio(to, of);
}

/** Whether the machine let the floor gain what it has to, with certainty; true where nobody asks, or the floor was not measured. */
function hadRoom(results: readonly Result[], { scenario, params }: Result, versus: Versus): boolean {
  if (!versus.room) return true;
  const wanted = Object.entries({ ...params, ...versus.room.params });
  const floor = results.find(
    (other) =>
      other.kind === 'floor' &&
      other.scenario === scenario &&
      wanted.every(([name, value]) => other.params[name] === value),
  );
  const base = floor && results.find((other) => isBaseOf(other, floor, versus));
  const gain = base && factorOf(base, floor, versus);
  return gain === undefined || judge(gain, versus.room) === 'yes';
}

function pairOf(result: Result, versus: Versus, factor: Ratio, hasRoom: boolean): Pair {
  const { [versus.param]: value, ...common } = result.params;
  const goal = goalOf(result, versus, factor, hasRoom);
  return {
    strategy: result.strategy,
    kind: result.kind,
    scenario: result.scenario,
    common,
    against: `${versus.param} ${value} against ${versus.base}`,
    factor,
    ...(goal ? { goal } : {}),
  };
}

function goalOf(result: Result, versus: Versus, factor: Ratio, hasRoom: boolean): Goal | undefined {
  const goal = versus.goal?.(result.params);
  if (!goal) return undefined;
  const met = judge(factor, goal);
  return {
    text: goal.atLeast === undefined ? `at most ${goal.atMost}×` : `at least ${goal.atLeast}×`,
    met: met === 'no' && !hasRoom ? 'unclear' : met,
  };
}

/** What a pair says, in a sentence. */
export function pairText({ strategy, scenario, common, against, factor }: Pair): string {
  const words = scenarioOf(scenario).versus?.isGain ? 'as fast' : 'the time';
  return `${strategy}, ${paramsText(common)}: ${against}, ${times(factor.value)} ${words} ${interval(factor.ci)}`.trim();
}

/** The pairs of strategies that are targets of the project. */
export function pairTargets(results: readonly Result[]): Target[] {
  return pairsOf(results).flatMap(({ scenario, common, against, goal, strategy, factor, kind }) => {
    if (!goal || kind !== 'strategy') return [];
    return {
      target: `${scenario} with ${paramsText(common)}: ${against}, ${goal.text}`,
      strategy,
      measured: `${times(factor.value)} ${interval(factor.ci)}`.trim(),
      met: goal.met,
    };
  });
}
