import { type Cell, cellOf, type Inline, plainOf, type Row, type Table } from './blocks.ts';
import { type Markup, markup } from './html/markup.ts';

const NAME = 300;
const CELL = 92;
const ROW = 38;
const GAP = 2;

/** The map as a drawing, for places that show no tables in colour. */
export function heatMapSvg({ columns, rows }: Table): string {
  const width = NAME + (columns.length - 1) * CELL;
  const height = (rows.length + 1) * ROW;
  return `${markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="14" font-family="system-ui, sans-serif">${columns
    .slice(1)
    .map(({ head }, i) =>
      words(head, NAME + (i + 1) * CELL - 10, ROW / 2 + 5, { weight: 600 }),
    )}${rows.map((row, i) => rowSvg(row, (i + 1) * ROW))}</svg>`}`;
}

function rowSvg({ cells, isGroup }: Row, y: number): Markup {
  const [name, ...numbers] = cells.map((cell: Inline | Cell) => cellOf(cell));
  const head = words(plainOf(name.text), 8, y + ROW / 2 + 5, { end: false, ...(isGroup ? { weight: 600 } : {}) });
  return markup`${head}${numbers.map((cell, i) => cellSvg(cell, NAME + i * CELL, y))}`;
}

function cellSvg({ text, note = '', heat, unsure }: Cell, x: number, y: number): Markup {
  const ink = heat === undefined ? 'muted' : 'heat-ink';
  const right = x + CELL - 10;
  return markup`${heat !== undefined && markup`<rect x="${x + GAP}" y="${y + GAP}" width="${CELL - GAP}" height="${ROW - GAP}" rx="4" fill="var(--heat-${heat})" fill-opacity="${unsure ? 0.55 : 1}"/>`}${words(plainOf(text), right, y + 18, { weight: heat === undefined ? 400 : 600, ink })}${words(note, right, y + 32, { size: 11, ink })}`;
}

interface Look {
  readonly weight?: number;
  readonly size?: number;
  readonly ink?: string;
  /** Whether it ends at `x`. */
  readonly end?: boolean;
}

function words(text: string, x: number, y: number, { weight = 400, size = 14, ink = 'ink', end = true }: Look): Markup {
  return markup`<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="var(--${ink})" text-anchor="${end ? 'end' : 'start'}">${text}</text>`;
}
