/**
 * Records drawn as tables. Each is declared once, as names with their meaning; word offsets follow from the order, and
 * the same table becomes a chapter of `docs/layouts.md`.
 */

/** A field's meaning, or how many words it takes and its meaning. */
export type Fields = Readonly<Record<string, string | readonly [words: number, meaning: string]>>;

/** A record: the word offset of each field, and how many words all take. */
export interface Struct<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  /** Word offset of each field from the start of the record. */
  readonly at: { readonly [Name in keyof F]: number };
  /** Words of the record up to the end of the last field. */
  readonly words: number;
}

/** Lays the fields out one after the other, in the order in which they are written, behind the record `after`. */
export function struct<const F extends Fields>(name: string, fields: F, after?: { readonly words: number }): Struct<F> {
  const at: Record<string, number> = {};
  let words = after === undefined ? 0 : after.words;
  for (const [field, meaning] of Object.entries(fields)) {
    at[field] = words;
    words += typeof meaning === 'string' ? 1 : meaning[0];
  }
  return { name, fields, at: at as Struct<F>['at'], words };
}

/** Words of 4 bytes in a cache line of 64 bytes: every record starts on a line. */
const LINE_WORDS = 16;

/** Rounds a record's size up to whole cache lines. */
export function wholeLines(words: number): number {
  return (words + LINE_WORDS - 1) & -LINE_WORDS;
}
