import { comparison, figure, multiple, paramsText } from '../format.ts';
import type { Result } from '../results.ts';
import type { Scenario } from '../scenario.ts';

/** What a cell shows, in a sentence or two, from its numbers alone. */
export function findingOf(scenario: Scenario, cell: readonly Result[]): string {
  const measured = cell.filter((result) => result.median !== undefined);
  const strategies = measured.filter(({ kind }) => kind === 'strategy').sort(byMedian);
  const [best] = strategies;
  if (!best) return 'No strategy was measured here.';
  const [less, more] = wordsOf(scenario);
  const where = paramsText(best.params);
  const parts = [
    `${where ? `With ${where}` : 'Here'}, ${best.strategy} takes ${figure(best.median ?? 0)} ${best.unit}`,
  ];
  const second = strategies[1];
  if (second?.ci && best.ci && second.ci[0] <= best.ci[1])
    parts[0] += ` (the intervals of ${second.strategy} and ${best.strategy} overlap)`;
  if (best.vsBaseline) parts.push(versus(best, less, more));
  if (best.vsFloor) parts.push(`it takes ${multiple(best.vsFloor)} of what the bare memory operations take`);
  return `${parts.join('; ')}.`;
}

function versus({ vsBaseline }: Result, less: string, more: string): string {
  if (!vsBaseline) return '';
  const words = comparison(vsBaseline, less, more);
  return words.startsWith('no significant')
    ? `${words} against ${vsBaseline.against}, the best baseline that does the same work`
    : `that is ${words} than ${vsBaseline.against}, the best baseline that does the same work`;
}

/** How its values grow between the smallest and the largest number of live pids. */
export function growthOf(points: readonly Result[]): string {
  const sorted = points
    .filter((point) => point.median !== undefined && typeof point.params.live === 'number')
    .sort((a, b) => Number(a.params.live) - Number(b.params.live));
  const first = sorted.at(0);
  const last = sorted.at(-1);
  if (!first?.median || !last?.median || first === last) return '';
  const growth = figure(Number(last.params.live) / Number(first.params.live));
  return `From ${Number(first.params.live).toLocaleString('en')} to ${Number(last.params.live).toLocaleString('en')} live pids, ${growth} times as many, ${first.strategy} goes from ${figure(first.median)} to ${figure(last.median)} ${last.unit}.`;
}

/** The words for smaller and larger: `faster` for times, `less` for memory. */
export function wordsOf(scenario: Scenario): readonly [less: string, more: string] {
  return scenario.measures === 'ns' || scenario.measures === 'ms' ? ['faster', 'slower'] : ['less', 'more'];
}

function byMedian(a: Result, b: Result): number {
  return (a.median ?? 0) - (b.median ?? 0);
}
