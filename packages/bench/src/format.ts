import type { Noise } from './noise.ts';
import type { Factor, Result, Target } from './results.ts';
import type { Params, Scenario } from './scenario.ts';
import type { Estimate } from './statistics.ts';

// Numbers as people read them, the same in the terminal, in Markdown and in the charts.

const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const two = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** Three significant digits: `12.3`, `1,230`. */
export function figure(value: number): string {
  return Math.abs(value) < 0.001 ? '0' : three.format(value);
}

/** `6.2×`. */
export function times(value: number): string {
  return `${value < 10 ? two.format(value) : three.format(value)}×`;
}

/** How much more a factor is than once: `3.4 %`. */
export function percent(factor: number): string {
  return `${two.format(100 * (factor - 1))} %`;
}

/** `[5.8, 6.7]`, or nothing where there is no interval. */
export function interval(ci: readonly [number, number] | undefined): string {
  return ci ? `[${figure(ci[0])}, ${figure(ci[1])}]` : '';
}

type Spread = Partial<Pick<Estimate, 'ci' | 'range' | 'missing' | 'exact'>>;

/** The interval; or what the rounds were between, and how many more an interval would need: `5.8–6.7 (+1)`. */
export function spread({ ci, range, missing, exact }: Spread): string {
  if (exact) return 'exact';
  if (ci) return interval(ci);
  if (!range) return '';
  return `${figure(range[0])}–${figure(range[1])}${missing === undefined ? '' : ` (+${missing})`}`;
}

/**
 * `6.2× faster [5.8, 6.7]`, `same [0.98, 1.02]`; `~1.03×` where a strategy differs as much from its own twin; `1.2×?` with
 * what is known where rounds were too few. `less` is the word for smaller.
 */
export function comparison(
  factor: Factor | undefined,
  noise: Noise | undefined,
  less = 'faster',
  more = 'slower',
): string {
  if (!factor) return '';
  const { value, verdict } = factor;
  if (isNoise(value, noise)) return `~${times(value)}`;
  if (verdict === undefined || verdict === 'too few rounds') return `${times(value)}? ${spread(factor)}`;
  if (verdict === 'same') return `same ${interval(factor.ci)}`;
  return value >= 1
    ? `${times(value)} ${less} ${spread(factor)}`
    : `${times(1 / value)} ${more} ${spread(inverse(factor))}`;
}

/** Whether a factor is no larger than what a strategy and its twin differ by. */
export function isNoise(value: number, noise: Noise | undefined): boolean {
  return noise !== undefined && Math.abs(Math.log(value)) < Math.log(noise.factor);
}

/** The words for smaller and larger: `faster` for times, `less` for memory. */
export function wordsOf({ measures }: Pick<Scenario, 'measures'>): readonly [less: string, more: string] {
  return measures === 'ns' || measures === 'ms' ? ['faster', 'slower'] : ['less', 'more'];
}

function inverse({ ci, range, missing }: Spread): Spread {
  const turned = (ends: readonly [number, number]): [number, number] => [1 / ends[1], 1 / ends[0]];
  return {
    ...(ci ? { ci: turned(ci) } : {}),
    ...(range ? { range: turned(range) } : {}),
    ...(missing === undefined ? {} : { missing }),
  };
}

/** What a target found: `3.4× [3.1, 3.8] of map`, `72 bytes`. */
export function measuredText({ measured, reason }: Target): string {
  if (!measured) return reason ?? '';
  const { value, unit, against } = measured;
  const number = unit === '×' ? times(value) : `${figure(value)} ${unit}`;
  return [
    number,
    measured.exact ? '' : spread(measured),
    against && unit === '×' ? `against ${against}` : '',
    reason ?? '',
  ]
    .filter(Boolean)
    .join(' ');
}

/** `1,000,000 live, level 1, order random`. */
export function paramsText(params: Params): string {
  const entries = Object.entries(params).sort(([a], [b]) => Number(b === 'live') - Number(a === 'live'));
  return entries
    .map(([name, value]) =>
      name === 'live' ? `${value.toLocaleString('en')} live` : `${name} ${value.toLocaleString('en')}`,
    )
    .join(', ');
}

/** What makes a row's numbers less than they seem, or why it has none. */
export function remarks(result: Result): string[] {
  const found: string[] = [];
  if (result.status !== 'ok') found.push(`${result.status}: ${firstLine(result.reason ?? '')}`);
  else if (result.reason) found.push(firstLine(result.reason));
  if (result.status === 'ok' && result.lacks) found.push(`lacks: ${result.lacks}`);
  if (result.rounds.some((round) => !round.steady)) found.push('the warm-up had not come to rest in every round');
  return found;
}

/** How many measurements were set aside, if any. */
export function asideLines(results: readonly Result[]): string[] {
  const aside = results.flatMap((result) => result.aside ?? []).length;
  if (aside === 0) return [];
  const all = aside + results.flatMap(({ rounds }) => rounds).length;
  const were = aside === 1 ? 'was' : 'were';
  return [
    `${aside} of ${all} measurements ${were} set aside: the cores were further apart then, or nearer, than in the rest of this run.`,
  ];
}

/** Each remark once, with the rows that it is about. */
export function remarkLines(results: readonly Result[]): string[] {
  const about = new Map<string, Set<string>>();
  for (const result of results)
    for (const remark of remarks(result)) {
      const rows = about.get(remark) ?? new Set();
      // What a row lacks is the same in all cells of a scenario; anything else belongs to one.
      rows.add(
        remark.startsWith('lacks: ')
          ? result.strategy
          : `${result.strategy} (${paramsText(result.params) || 'as it is'})`,
      );
      about.set(remark, rows);
    }
  return [...about].map(([remark, rows]) => {
    const names = [...rows];
    const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
    return `${shown.join('; ')}: ${remark}`;
  });
}

/** A message without its details. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}

/** `1 min 20 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
