import { type Cell, companiesOf, type Row } from './cells.ts';
import type { Measurement } from './job.ts';

/** How many times longer or shorter than usual a hand-over may take. */
const UNUSUAL = 2;

/**
 * Sets aside what was measured while the cores were further apart, or nearer, than they usually are in this run: on a virtual machine
 * that changes now and then, and everything that threads share takes another time. A round of cells that were measured side by side
 * counts as a whole, or not at all, so that those who are compared have the same rounds. What was set aside earlier counts again if the
 * usual has changed since.
 */
export function setAside(cells: readonly Cell[]): void {
  const all = cells.flatMap(({ rows }) => rows);
  for (const row of all) takeBack(row);
  const usual = usualOf(all.flatMap(({ measurements }) => [...measurements.values()].flatMap(gaugeOf)));
  for (const company of companiesOf(cells)) {
    const rows = company.flatMap((cell) => cell.rows);
    const rounds = new Set(rows.flatMap((row) => unusualIn(row, usual)));
    for (const row of rows) setAsideIn(row, rounds);
  }
}

function gaugeOf({ handOverNs }: Measurement): number | [] {
  return handOverNs ?? [];
}

/** The lower median: of one round near and one far, the near one. */
function usualOf(handOvers: readonly number[]): number | undefined {
  return [...handOvers].sort((a, b) => a - b)[(handOvers.length - 1) >> 1];
}

/** The rounds of a row in which the cores were not where they usually are. What has no gauge says nothing of that. */
function unusualIn({ measurements }: Row, usual: number | undefined): number[] {
  return [...measurements].flatMap(([round, { handOverNs }]) =>
    handOverNs === undefined || usual === undefined || isAbout(handOverNs, usual) ? [] : round,
  );
}

function isAbout(handOverNs: number, usual: number): boolean {
  return handOverNs <= UNUSUAL * usual && usual <= UNUSUAL * handOverNs;
}

/** All that was measured counts again, in the order of rounds. */
function takeBack({ measurements, aside }: Row): void {
  const all = [...measurements, ...aside].sort(([a], [b]) => a - b);
  measurements.clear();
  aside.clear();
  for (const each of all) measurements.set(...each);
}

/** Sets these rounds of a row aside, if any other is left: a row without a number would get no more rounds. */
function setAsideIn(row: Row, rounds: ReadonlySet<number>): void {
  const { measurements, aside } = row;
  const unusual = [...measurements].filter(([round]) => rounds.has(round));
  row.isUnusual = unusual.length > 0 && unusual.length === measurements.size;
  if (row.isUnusual) return;
  for (const [round, measurement] of unusual) {
    measurements.delete(round);
    aside.set(round, measurement);
  }
}
