/** The outcomes of a scenario: how often, whether expected, and why. */
import Table from 'cli-table3';
import type { Report } from './explore.ts';

const WHY_NONE = 'whole calls in some order';
const LEAST_WIDTH = 60;

/** A table like those of jcstress. */
export function tableOf({ outcomes }: Report, width: number): string {
  const room = Math.max(LEAST_WIDTH, width - 57);
  const table = new Table({
    head: ['executions', 'expected', 'outcome', 'why'],
    colWidths: [12, 10, room, 30],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { outcome, executions, needs } of [...outcomes].sort((a, b) => b.executions - a.executions)) {
    const why =
      needs === undefined ? 'nothing explains it' : needs.length === 0 ? WHY_NONE : `exception: ${needs.join(' and ')}`;
    table.push([executions, needs === undefined ? 'no' : 'yes', outcome, why]);
  }
  return table.toString();
}
