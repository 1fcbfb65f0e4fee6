import type { Cell, Row } from './cells.ts';
import type { Measurement } from './job.ts';

/** How many times longer or shorter than usual a hand-over may take. */
const UNUSUAL = 2;

/**
 * Sets aside what was measured while the cores were further apart, or nearer, than they are in this run as a rule: on a
 * virtual machine they change places now and then, and everything that threads share then takes another time. What was set
 * aside earlier counts again if the rule has changed since. A row of which nothing would be left keeps all: else no question
 * would be asked about it any more, and it would get no other rounds.
 */
export function setAside(cells: readonly Cell[]): void {
  const rows = cells.flatMap(({ rows }) => rows);
  const usual = usualOf(rows.flatMap((row) => measuredIn(row).flatMap(([, { handOverNs }]) => handOverNs ?? [])));
  for (const row of rows) {
    const all = measuredIn(row);
    const kept = all.filter(([, measurement]) => isUsual(measurement, usual));
    const counts = new Set(kept.length > 0 ? kept : all);
    row.measurements.clear();
    row.aside.clear();
    for (const each of all) (counts.has(each) ? row.measurements : row.aside).set(...each);
  }
}

/** Everything that was measured in a row, by round. */
function measuredIn({ measurements, aside }: Row): [round: number, Measurement][] {
  return [...measurements, ...aside].sort(([a], [b]) => a - b);
}

/** The lower median: of one round near and one far, the near one. */
function usualOf(handOvers: readonly number[]): number | undefined {
  return [...handOvers].sort((a, b) => a - b)[(handOvers.length - 1) >> 1];
}

/** Whether the cores were as far apart as usual; what was measured without threads, or without a gauge, always counts. */
function isUsual({ handOverNs }: Measurement, usual: number | undefined): boolean {
  if (handOverNs === undefined || usual === undefined) return true;
  return handOverNs <= UNUSUAL * usual && usual <= UNUSUAL * handOverNs;
}
