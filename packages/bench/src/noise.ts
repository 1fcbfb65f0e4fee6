import { quantile } from 'simple-statistics';
import { type Cell, medians } from './cells.ts';
import { twinPart } from './questions.ts';
import { logRatios, type Spread } from './statistics.ts';
import { MARGIN } from './verdict.ts';

/** How much one and the same strategy differs from itself in this run, by its twin. */
export interface Noise {
  /** Differences of less than so many times are none: 19 of 20 cells differ less. */
  readonly factor: number;
  /** Cells that had a twin. */
  readonly cells: number;
}

/** The noise of a run: 19 in 20 cells saw a strategy and its twin differ less; undefined without twins. */
export function noiseOf(cells: readonly Cell[]): Noise | undefined {
  const differences = cells.flatMap((cell) => {
    const part = twinPart(cell);
    const logs = part?.over ? logRatios(medians(part.of.row), medians(part.over.row)) : [];
    return logs.length < 2 ? [] : Math.abs(logs.reduce((total, each) => total + each, 0) / logs.length);
  });
  if (differences.length === 0) return undefined;
  return { factor: Math.exp(quantile(differences, 0.95)), cells: differences.length };
}

/**
 * Within how much two subjects count as the same, by the spread that the ratios of a scenario have in common: 19 in 20 ratios of two
 * processes are no further from their mean. Whoever starts a program gets one process, so less than that is luck. Never less than
 * `MARGIN`, and never more than `MOST_SAME`: where processes spread more, it takes more rounds to show.
 */
export function sameWithin({ variance }: Pick<Spread, 'variance'>): number {
  return Math.min(MOST_SAME, Math.max(MARGIN, Math.exp(NINETEEN_IN_TWENTY * Math.sqrt(variance))));
}

/** Standard deviations of a normal deviate. */
const NINETEEN_IN_TWENTY = 1.96;

const MOST_SAME = 1.1;
