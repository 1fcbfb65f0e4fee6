import type { Result } from '../../results.ts';
import { unique } from '../report.ts';

/** The colour and the mark of a subject, the same in every picture of a report: the designs have the first ones. */
export function colourOf(subject: string, results: readonly Result[]): number {
  const designs = results.filter(({ kind }) => kind === 'strategy');
  const others = results.filter(({ kind }) => kind !== 'strategy' && kind !== 'twin');
  return unique([...designs, ...others], ({ strategy }) => strategy).indexOf(subject) % COLOURS;
}

const COLOURS = 12;
