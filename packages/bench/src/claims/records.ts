import { readFileSync } from 'node:fs';

/** A record as it lies in memory, to be drawn to scale. */
export interface RecordDrawing {
  readonly strategy: string;
  /** `pid_2`, `task`, `pid_namespace`, `radix_tree_node`. */
  readonly record: string;
  /** Words of 4 bytes that it has. */
  readonly words: number;
  /** Lines of 64 bytes that it takes: a record is rounded up to whole ones. */
  readonly lines: number;
  readonly fields: readonly RecordField[];
}

/** A field: where it begins and how long it is, in words of 4 bytes. */
export interface RecordField {
  readonly name: string;
  readonly at: number;
  readonly words: number;
  readonly meaning: string;
}

interface Drawn {
  readonly strategy: string;
  readonly records: readonly Omit<RecordDrawing, 'strategy'>[];
}

/** From the structs, by `npm run layouts`. */
const FILE = new URL('../../records.json', import.meta.url);

/** The records of a built-in strategy, from pids of the root to nodes; nothing for others, whose structs nobody knows here. */
export function recordsOf(strategy: string): RecordDrawing[] {
  const drawn = JSON.parse(readFileSync(FILE, 'utf8')) as Drawn[];
  const found = drawn.find((each) => each.strategy === strategy);
  return (found?.records ?? []).map((record) => ({ strategy, ...record }));
}
