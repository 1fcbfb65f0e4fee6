import type { Result } from '../../results.ts';
import { unique } from '../report.ts';

/**
 * The colour and the mark of a subject, the same in every picture of a report: the designs have the first ones. `guests` are
 * those of one picture that no row is about, as a search of old that was only counted.
 */
export function colourOf(subject: string, results: readonly Result[], guests: readonly string[] = []): number {
  const designs = results.filter(({ kind }) => kind === 'strategy');
  const others = results.filter(({ kind }) => kind !== 'strategy' && kind !== 'twin');
  const known = [...designs, ...others].map(({ strategy }) => strategy);
  return unique([...known, ...guests], (name) => name).indexOf(subject) % COLOURS;
}

const COLOURS = 12;
