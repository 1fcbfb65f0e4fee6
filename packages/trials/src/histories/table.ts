/** A history that nothing explains, for people. */
import type { Call, Event, Result } from '@pidlab/conformance/histories';
import type { Played } from './run.ts';

const PLACES = ['root', 'child'];

/** What was there at first, what each worker did and when, and how far it can be explained. */
export function showHistory({ number, initial, lanes, spaces, verdict }: Played): string {
  const nameOf = namer();
  const lines = [`history ${number}`];
  for (const [i, { floor, end }] of spaces.entries()) lines.push(`  ${PLACES[i]}: numbers ${floor} to ${end - 1}`);
  for (const { pid, ns, nrs, count } of initial) {
    lines.push(`  at first: pid ${nameOf(pid)} of the ${PLACES[ns]}, numbers ${nrs.join(' ')}, ${count} references`);
  }
  for (const [worker, events] of lanes.entries()) {
    lines.push(`  worker ${worker}`);
    for (const event of events) lines.push(`    ${times(event)}  ${said(event, nameOf)}`);
  }
  const total = lanes.reduce((sum, lane) => sum + lane.length, 0);
  lines.push(`  ${verdict.most} of ${total} calls can be put in an order; then none of these fits:`);
  for (const event of verdict.left) lines.push(`    ${times(event)}  worker ${event.worker}: ${said(event, nameOf)}`);
  return lines.join('\n');
}

function times({ from, to }: Event<Call, Result>): string {
  return `${String(from).padStart(3)} – ${String(to).padEnd(3)}`;
}

function said({ call, result }: Event<Call, Result>, nameOf: (pid: number) => string): string {
  const { op, ...rest } = call;
  const given = Object.entries(rest).map(([name, value]) => {
    if (name === 'pid') return nameOf(value as number);
    return name === 'ns' ? PLACES[value as number] : `${name} ${value}`;
  });
  return `${op}(${given.join(', ')}) → ${returned(call, result, nameOf)}`;
}

function returned(call: Call, { value, error, nrs }: Result, nameOf: (pid: number) => string): string {
  if (error !== undefined) return error;
  if (value === undefined) return 'nothing';
  if (!/^(alloc|find)/.test(call.op)) return String(value);
  return nrs === undefined ? nameOf(value) : `${nameOf(value)}, numbers ${nrs.join(' ')}`;
}

/** Pids by letters, in the order in which they are named. */
function namer(): (pid: number) => string {
  const names = new Map<number, string>();
  return (pid) => {
    const known = names.get(pid);
    if (known !== undefined) return known;
    const name = String.fromCharCode(97 + (names.size % 26)) + (names.size < 26 ? '' : Math.floor(names.size / 26));
    names.set(pid, name);
    return name;
  };
}
