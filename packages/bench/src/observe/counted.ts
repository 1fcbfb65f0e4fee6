/** What one operation does to memory, exactly: the mean of some, and the most of one for the chain. */
export interface Count {
  readonly strategy: string;
  /** `allocPid`, … */
  readonly operation: string;
  readonly level: number;
  readonly mode: 'plain' | 'shared';
  readonly wordsRead: number;
  readonly wordsWritten: number;
  /** Different lines of 64 bytes. */
  readonly lines: number;
  readonly atomics: number;
  /** Reads that have to wait for one another, in a row. */
  readonly chain: number;
}

/** The columns of the table, in its order. */
export const COUNTED = ['wordsRead', 'wordsWritten', 'lines', 'atomics', 'chain'] as const;
