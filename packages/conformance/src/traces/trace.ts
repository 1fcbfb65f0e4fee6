/*
 * Recorded process trees of real builds: what happened, in order, with the numbers that the kernel gave.
 *
 * A trace file is gzip (which brings length and checksum) around a line of JSON, the header, and then columns: the kinds of
 * all events, one byte each, and for every field of every kind its values in order, each as the difference to the one
 * before, zigzag, in LEB128. Numbers of one column lie close together, so most values are one byte that compresses well.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

/** One thing that happened. All numbers are those of the recorded pid namespace; 0 is everything outside it. */
export type TraceEvent =
  /** A new process. `parent` is the thread that made it. */
  | { readonly kind: 'fork'; readonly parent: number; readonly child: number }
  /** A new thread in the group of `parent`, the thread that made it. */
  | { readonly kind: 'thread'; readonly parent: number; readonly child: number }
  /** A program was started. `former` differs from `task` when a thread did it that is not the leader, whose number it takes. */
  | { readonly kind: 'exec'; readonly task: number; readonly former: number }
  | { readonly kind: 'setsid'; readonly task: number }
  /** `task` is now in process group `group`. */
  | { readonly kind: 'setpgid'; readonly task: number; readonly group: number }
  /** A thread is gone, or a process (a group's leader) is a zombie. */
  | { readonly kind: 'exit'; readonly task: number }
  /** `parent` waited for the zombie `child`, which is gone. */
  | { readonly kind: 'wait'; readonly parent: number; readonly child: number }
  /** The zombie `child` is gone though nobody was seen to wait for it. Inferred by the converter. */
  | { readonly kind: 'reap'; readonly child: number };

/** What an event can be. */
export type TraceKind = TraceEvent['kind'];

/** Where a trace comes from. */
export interface TraceHeader {
  readonly name: string;
  /** What was run. */
  readonly command: string;
  /** On what: package and version. */
  readonly subject: string;
  readonly kernel: string;
  readonly system: string;
  readonly tracer: string;
  /** When, as `YYYY-MM-DD`. */
  readonly date: string;
  /** `pid_max` of the recorded namespace. */
  readonly pidMax: number;
  /** Where the kernel goes on after a wrap. */
  readonly floor: number;
  /** Events by kind; the decoder checks them. */
  readonly counts: Readonly<Record<TraceKind, number>>;
}

/** A decoded trace. */
export interface Trace {
  readonly header: TraceHeader;
  readonly events: readonly TraceEvent[];
}

/** A trace that cannot be what was recorded: damaged, of another format, or contradicting itself. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/** The traces that come with the package. */
export const traceNames = ['c-build', 'npm-install'] as const;

/** One of {@link traceNames}. */
export type TraceName = (typeof traceNames)[number];

const FORMAT = 'pidlab-trace-1';
const NEWLINE = 10;

/** The fields of each kind; a kind's place in this list is its byte in the file. */
const FIELDS: readonly (readonly [TraceKind, readonly string[]])[] = [
  ['fork', ['parent', 'child']],
  ['thread', ['parent', 'child']],
  ['exec', ['task', 'former']],
  ['setsid', ['task']],
  ['setpgid', ['task', 'group']],
  ['exit', ['task']],
  ['wait', ['parent', 'child']],
  ['reap', ['child']],
];

/** Reads one of the traces that come with the package. */
export function loadTrace(name: TraceName): Trace {
  return decodeTrace(readFileSync(traceFile(name)));
}

/** Where the file of a trace is. */
export function traceFile(name: TraceName): URL {
  return new URL(`../../traces/${name}.trace`, import.meta.url);
}

/** Events by kind. */
export function countEvents(events: readonly TraceEvent[]): Record<TraceKind, number> {
  const counts = Object.fromEntries(FIELDS.map(([kind]) => [kind, 0])) as Record<TraceKind, number>;
  for (const event of events) counts[event.kind]++;
  return counts;
}

/** Packs a trace. The header's counts are made from the events. */
export function encodeTrace(header: Omit<TraceHeader, 'counts'>, events: readonly TraceEvent[]): Uint8Array {
  const line = JSON.stringify({ format: FORMAT, ...header, counts: countEvents(events) });
  const columns = FIELDS.flatMap(([kind, fields]) => {
    const rows = events.filter((event) => event.kind === kind) as unknown as Record<string, number>[];
    return fields.map((field) => packColumn(rows.map((row) => row[field]!)));
  });
  const kinds = events.map((event) => FIELDS.findIndex(([kind]) => kind === event.kind));
  return gzipSync(Buffer.concat([Buffer.from(`${line}\n`), Buffer.from(kinds), ...columns]), { level: 9 });
}

/** Unpacks a trace. `TraceError` when it is damaged, cut off, or of another format. */
export function decodeTrace(file: Uint8Array): Trace {
  const bytes = gunzip(file);
  const headerEnd = bytes.indexOf(NEWLINE);
  const header = parseHeader(bytes.subarray(0, Math.max(headerEnd, 0)));
  return { header, events: decodeEvents(bytes.subarray(headerEnd + 1), header) };
}

function gunzip(file: Uint8Array): Uint8Array {
  try {
    return gunzipSync(file);
  } catch (error) {
    throw new TraceError(`the trace is damaged or cut off: ${(error as Error).message}`);
  }
}

function parseHeader(line: Uint8Array): TraceHeader {
  let header: TraceHeader & { readonly format?: string };
  try {
    header = JSON.parse(Buffer.from(line).toString());
  } catch {
    throw new TraceError('the trace does not begin with a line of JSON');
  }
  if (header?.format !== FORMAT) throw new TraceError(`the trace's format is ${header?.format}, not ${FORMAT}`);
  return header;
}

function decodeEvents(body: Uint8Array, { counts }: TraceHeader): TraceEvent[] {
  const total = FIELDS.reduce((sum, [kind]) => sum + counts[kind], 0);
  if (!(total <= body.length)) throw new TraceError(`the header promises ${total} events, more than there are bytes`);
  let at = total;
  const byKind = FIELDS.map(([kind, fields]) => {
    const rows = Array.from({ length: counts[kind] }, () => ({ kind }) as Record<string, unknown>);
    for (const field of fields) at = unpackColumn(body, at, rows, field);
    return rows.values();
  });
  if (at !== body.length) throw new TraceError(`${body.length - at} bytes follow the last event`);
  return Array.from(body.subarray(0, total), (kind) => nextOf(byKind[kind]));
}

/** The next event of a kind. The counts add up to the number of kind bytes, so none is left over if none is missing. */
function nextOf(rows: Iterator<Record<string, unknown>> | undefined): TraceEvent {
  const event = rows?.next().value;
  if (event === undefined) throw new TraceError('the events are not of the kinds that the header counts');
  return event as unknown as TraceEvent;
}

function packColumn(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let before = 0;
  for (const value of values) {
    const difference = value - before;
    let rest = difference < 0 ? -2 * difference - 1 : 2 * difference;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
    before = value;
  }
  return Uint8Array.from(bytes);
}

/** Reads a value for each row from `at` on, and returns where the column ends. */
function unpackColumn(bytes: Uint8Array, at: number, rows: readonly Record<string, unknown>[], field: string): number {
  let value = 0;
  for (const row of rows) {
    let rest = 0;
    let byte: number | undefined;
    for (let scale = 1; byte === undefined || byte > 0x7f; scale *= 128) {
      byte = bytes[at++];
      if (byte === undefined) throw new TraceError('the trace ends within an event');
      rest += (byte & 0x7f) * scale;
    }
    value += rest % 2 === 1 ? -(rest + 1) / 2 : rest / 2;
    if (!Number.isSafeInteger(value) || value < 0) throw new TraceError(`an event's ${field} is ${value}`);
    row[field] = value;
  }
  return at;
}
