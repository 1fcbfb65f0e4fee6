import { figure, isNoise, percent, times } from '../../format.ts';
import type { Noise } from '../../noise.ts';
import { cellsOf, type Result } from '../../results.ts';
import type { Params } from '../../scenario.ts';
import type { Heat } from '../blocks.ts';

// What the views ask of the results.

/** A number that was measured. */
export interface Measured extends Result {
  readonly median: number;
}

export function isMeasured(result: Result): result is Measured {
  return result.median !== undefined;
}

/** The rows of the cell of a scenario whose parameters include these; undefined where no design has a number. */
export function cellAt(results: readonly Result[], scenario: string, params: Params): Result[] | undefined {
  const cell = cellsOf(results.filter((result) => result.scenario === scenario)).find((rows) =>
    Object.entries(params).every(([name, value]) => rows[0].params[name] === value),
  );
  return cell?.some((result) => result.kind === 'strategy' && isMeasured(result)) ? cell : undefined;
}

/** The designs of a cell that have a number, the least first. */
export function designsOf(cell: readonly Result[]): Measured[] {
  return cell.filter((row) => row.kind === 'strategy' && isMeasured(row)).sort(byMedian) as Measured[];
}

/** The best of what a program would use instead, whatever it lacks. */
export function bestBaselineOf(cell: readonly Result[]): Measured | undefined {
  return (
    cell.filter((row) => row.kind === 'baseline' && row.lacks === undefined && isMeasured(row)) as Measured[]
  ).sort(byMedian)[0];
}

function byMedian(a: Result, b: Result): number {
  return (a.median ?? 0) - (b.median ?? 0);
}

/** How a number stands to the least of the designs in its cell. */
export interface Standing {
  readonly factor: number;
  /** `best`, `same`, `1.9×`: what may be said of it. */
  readonly word: string;
  readonly heat: Heat;
  /** Whether rounds or noise leave it open which is less. */
  readonly unsure: boolean;
}

/** The standing of a row; undefined where there is nothing to compare. */
export function standingOf(row: Result, cell: readonly Result[], noise: Noise | undefined): Standing | undefined {
  const [best] = designsOf(cell);
  if (!best || !isMeasured(row) || best.median <= 0) return undefined;
  const factor = row.median / best.median;
  const heat = heatOf(factor);
  if (row === best) return { factor, word: 'best', heat, unsure: false };
  const exact = row.exact === true && best.exact === true;
  const verdict = row.vsFastest?.verdict;
  if (verdict === 'same' || (!exact && isNoise(factor, noise)) || factor === 1)
    return { factor, word: factor === 1 ? 'best' : 'same', heat: 0, unsure: false };
  const unsure = !exact && row.kind === 'strategy' && verdict !== 'slower';
  return { factor, word: `${wordOf(factor)}${unsure ? ' ?' : ''}`, heat, unsure };
}

/** `1.9×`; `+4 %` where two digits would hide it. */
function wordOf(factor: number): string {
  return factor > 1 && factor < 1.1 ? `+${percent(factor)}` : times(factor);
}

/** Steps of about a third, up to four times. */
const STEPS = [1.05, 1.35, 1.8, 2.5, 4];

function heatOf(factor: number): Heat {
  return STEPS.filter((step) => factor > step).length as Heat;
}

/** `124 ns`, `77 bytes`; what is before `per` in the unit. */
export function amount({ median, unit }: Measured): string {
  return `${figure(median)} ${unit.split(' per ')[0]}`;
}

/** `free + alloc`: what is after it. */
export function perWhat({ unit }: Pick<Result, 'unit'>): string {
  return unit.split(' per ').slice(1).join(' per ');
}
