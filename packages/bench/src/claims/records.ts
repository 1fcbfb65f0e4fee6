/** A field of a record; `at` and `words` count words of 4 bytes. */
export interface RecordField {
  readonly name: string;
  readonly at: number;
  readonly words: number;
  readonly meaning: string;
}

/** A record of a design, to be drawn to scale. */
export interface RecordDrawing {
  readonly strategy: string;
  /** `pid_2`, `task`, `pid_namespace`, `radix_tree_node`. */
  readonly record: string;
  /** Words that are used. */
  readonly words: number;
  /** Lines of 64 bytes that one takes. */
  readonly lines: number;
  readonly fields: readonly RecordField[];
}

/** The records of a strategy; none for one that is not built in. */
export function recordsOf(_strategy: string): RecordDrawing[] {
  return [];
}
