import type { Factor, Result } from './results.ts';
import type { Params } from './scenario.ts';

// Numbers as people read them, the same in the terminal, in Markdown and in the charts.

const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const two = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** Three significant digits: `12.3`, `1,230`. */
export function figure(value: number): string {
  return value < 0.01 ? '0' : three.format(value);
}

/** `6.2×`. */
export function times(value: number): string {
  return `${value < 10 ? two.format(value) : three.format(value)}×`;
}

/** `[5.8, 6.7]`, or nothing where there is no interval. */
export function interval(ci: readonly [number, number] | undefined): string {
  return ci ? `[${three.format(ci[0])}, ${three.format(ci[1])}]` : '';
}

/** `6.2× faster [5.8, 6.7]`, `1.3× slower [1.2, 1.4]`, or that no difference was found. `less` is the word for smaller. */
export function comparison(factor: Factor | undefined, less = 'faster', more = 'slower'): string {
  if (!factor) return '';
  if (!factor.ci) return `${times(factor.value)}, one round: no interval`;
  if (!factor.significant) return `no significant difference ${interval(factor.ci)}`;
  if (factor.value >= 1) return `${times(factor.value)} ${less} ${interval(factor.ci)}`;
  return `${times(1 / factor.value)} ${more} ${interval([1 / factor.ci[1], 1 / factor.ci[0]])}`;
}

/** `1.9× [1.8, 2.1]`. */
export function multiple(factor: Factor | undefined): string {
  return factor ? `${times(factor.value)} ${interval(factor.ci)}`.trim() : '';
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
