/**
 * Records drawn as tables. Each is declared once, as names with who may write them and what they mean. Word offsets follow
 * from the order, and `npm run layouts` makes of the same tables `docs/layouts.md` and the table of docs/adr/0009.
 */

/** Who may write a field of a shared block, how, and why that is enough. */
export const WRITERS = {
  once: {
    how: 'plain, by whoever makes the record, before anybody else can reach it',
    why: 'what makes it reachable comes after it: an exchange, or a lock that is let go of',
  },
  last: { how: 'plain, last of all by whoever makes the record', why: 'see Readers' },
  exchange: {
    how: '`or`, `and`, `add` or `compareExchange`; a `store` where it does not matter what was there',
    why: 'of two workers that change it at once the second finds what the first one left: a bit set, a page there, a cursor further on',
  },
  lock: { how: '`compareExchange` to take it, `store` to let go of it', why: 'it says who has it' },
  pidLock: {
    how: 'plain, by whoever has locked the pid: the hash slot of its first number',
    why: 'one worker at a time for each pid; the `store` that unlocks makes it visible',
  },
  slotLock: {
    how: 'plain, before it is the front of its chain; after that by whoever has locked the slot',
    why: 'the exchange that makes it the front comes after it, or the `store` that unlocks',
  },
  nsLock: { how: 'plain or a `store`, under `nsLock`', why: 'rare' },
  mapLock: { how: 'plain or a `store`, under `mapLock`', why: 'one worker at a time for the maps of all namespaces' },
  cacheLock: { how: 'plain, under the lock of the cache', why: 'once for a batch of records' },
  pageLock: { how: 'plain, under `pageLock`', why: 'rare' },
  owner: {
    how: 'plain, by the worker whose record it is',
    why: 'one worker writes it; once that is declared gone, whoever declares it',
  },
  list: {
    how: 'plain, by whoever has the list that the record is on',
    why: 'a magazine has one worker, and the list of a cache its lock',
  },
  alone: { how: 'plain, in a block for one thread; never in a shared one', why: 'there is nobody else' },
  nobody: { how: 'never', why: 'it fills a line' },
  parts: { how: 'as the records in it say', why: '' },
} as const;
export type Writer = keyof typeof WRITERS;

/** Who may write a field, what it means, and how many words it takes, if more than one. */
export type Field = readonly [writer: Writer, meaning: string, words?: number];
export type Fields = Readonly<Record<string, Field>>;

/** A record: the word offset of each field, and how many words all take. */
export interface Struct<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  /** Word offset of each field from the start of the record. */
  readonly at: { readonly [Name in keyof F]: number };
  /** Words of the record up to the end of the last field. */
  readonly words: number;
}

/** Lays the fields out one after the other, in the order in which they are written, behind the record `before`. */
export function struct<const F extends Fields>(
  name: string,
  fields: F,
  before?: { readonly words: number },
): Struct<F> {
  const at: Record<string, number> = {};
  let words = before === undefined ? 0 : before.words;
  for (const [field, [, , size = 1]] of Object.entries(fields)) {
    at[field] = words;
    words += size;
  }
  return { name, fields, at: at as Struct<F>['at'], words };
}

/** Words of 4 bytes in a cache line of 64 bytes: every record starts on a line. */
const LINE_WORDS = 16;

/** Rounds a record's size up to whole cache lines. */
export function wholeLines(words: number): number {
  return (words + LINE_WORDS - 1) & -LINE_WORDS;
}
