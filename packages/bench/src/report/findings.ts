import { comparison, figure, multiple, paramsText } from '../format.ts';
import type { Noise } from '../noise.ts';
import type { Result } from '../results.ts';
import type { Scenario } from '../scenario.ts';

/** What a cell shows, in a sentence or two, from its numbers alone. */
export function findingOf(scenario: Scenario, cell: readonly Result[], noise?: Noise): string {
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
  if (second?.vsFastest && second.vsFastest.verdict !== 'slower')
    parts[0] += ` (and so, as far as can be said, does ${second.strategy})`;
  if (best.vsBaseline) parts.push(versus(best, noise, less, more));
  if (best.vsFloor) parts.push(`it takes ${multiple(best.vsFloor)} of what the bare memory operations take`);
  if (best.vsNative) parts.push(`and ${multiple(best.vsNative)} of what native C takes`);
  return `${parts.join('; ')}.`;
}

function versus({ vsBaseline }: Result, noise: Noise | undefined, less: string, more: string): string {
  if (!vsBaseline) return '';
  const words = comparison(vsBaseline, noise, less, more);
  const isClear = vsBaseline.verdict === 'faster' || vsBaseline.verdict === 'slower';
  return isClear && !words.startsWith('~')
    ? `that is ${words} than ${vsBaseline.against}, the best baseline that does the same work`
    : `against ${vsBaseline.against}, the best baseline that does the same work: ${words}`;
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
