import type { Advice } from '../claims/advice.ts';

// What a report is made of. The views (view/) make these from what was measured; HTML, Markdown and the terminal are made
// from the same ones, so that none of them says anything that the others do not.

/** A stretch of text; a link leads to an id of the page, or to a file beside it. */
export type Span = string | { readonly code: string } | { readonly strong: string } | Link;

interface Link {
  readonly text: string;
  /** `#id`, or a path. */
  readonly to: string;
}

export type Inline = string | readonly Span[];

/** How good a number is: 0 the best of its row, 5 four times as much and more. Missing where nothing can be said. */
export type Heat = 0 | 1 | 2 | 3 | 4 | 5;

/** A cell of a table; a plain one is its text. */
export interface Cell {
  readonly text: Inline;
  /** A smaller line under it, in words. */
  readonly note?: string;
  readonly heat?: Heat;
  /** The rounds were too few, or too unlike one another, to be certain of it. */
  readonly unsure?: boolean;
  /** Whose number it is, where the row is not: readers choose whom they see. */
  readonly subject?: string;
}

export interface Row {
  /** What a permalink names. */
  readonly id?: string;
  /** The first one is the row's head. */
  readonly cells: readonly (Inline | Cell)[];
  /** Whose row it is. */
  readonly subject?: string;
  /** Stands above a group of rows, alone. */
  readonly isGroup?: boolean;
}

interface Column {
  readonly head: string;
  readonly align: 'l' | 'r';
  readonly subject?: string;
}

export interface Table {
  readonly kind: 'table';
  /** What the table shows; read out before it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** `heat`: a cell is a square of colour, and narrow screens put the row's head above its cells. */
  readonly look?: 'heat';
}

/** A drawing with what it shows in words, and its figures as a table. */
export interface Chart {
  readonly kind: 'chart';
  readonly id: string;
  readonly title: string;
  readonly finding: string;
  readonly svg: string;
  readonly table: Table;
}

/** Charts side by side, where there is room. */
interface Charts {
  readonly kind: 'charts';
  readonly charts: readonly Chart[];
}

interface Paragraph {
  readonly kind: 'text';
  readonly text: Inline;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Inline[];
}

/** Terms and what is said of them. */
interface Terms {
  readonly kind: 'terms';
  readonly terms: readonly (readonly [term: string, said: Inline])[];
}

/** A part that is closed until somebody opens it: its answer can be read all the same. */
export interface Section {
  readonly kind: 'section';
  readonly id: string;
  readonly title: string;
  /** One sentence. */
  readonly answer: Inline;
  /** A word in front of the title. */
  readonly badge?: Badge;
  readonly blocks: readonly Block[];
}

export interface Badge {
  readonly text: string;
  readonly tone: 'good' | 'part' | 'bad' | 'open';
}

/** Records of designs, to scale: a line of 64 bytes is a row of 16 words. */
interface Records {
  readonly kind: 'records';
  readonly records: readonly RecordPicture[];
}

export interface RecordPicture {
  readonly id: string;
  readonly title: string;
  /** What is written under it. */
  readonly says: string;
  readonly lines: number;
  readonly fields: readonly {
    readonly name: string;
    readonly words: number;
    readonly meaning: string;
    readonly tone: number;
  }[];
}

export type Block = Paragraph | List | Terms | Table | Chart | Charts | Records | Section;

/** A report: what is seen at once, and what is behind it. */
export interface Page {
  readonly title: string;
  /** Where and when, in a line. */
  readonly lead: Inline;
  /** A question, and one sentence with the figure in it. */
  readonly answers: readonly (readonly [question: string, answer: Inline])[];
  readonly heat: Table;
  readonly advice: readonly Advice[];
  readonly picture?: Chart;
  readonly sections: readonly Section[];
  /** Everybody who has a number somewhere; the designs first. */
  readonly subjects: readonly string[];
}

/** A cell with nothing but its text. */
export function cellOf(cell: Inline | Cell): Cell {
  return typeof cell === 'string' || Array.isArray(cell) ? { text: cell as Inline } : (cell as Cell);
}

/** The spans of a text. */
export function spansOf(text: Inline): readonly Span[] {
  return typeof text === 'string' ? [text] : text;
}

/** The text without links and marks. */
export function plainOf(text: Inline): string {
  return spansOf(text)
    .map((span) => {
      if (typeof span === 'string') return span;
      if ('code' in span) return span.code;
      return 'strong' in span ? span.strong : span.text;
    })
    .join('');
}
