import Table from 'cli-table3';
import pc from 'picocolors';
import { type Cell, cellOf, type Heat, type Page, plainOf, type Row } from './blocks.ts';

/** The first screen as text: the answers, the map, which design to take. `columns` wide at most. */
export function firstScreen(page: Page, columns: number, colour: boolean): string {
  const paint = pc.createColors(colour);
  const { answers, heat, advice } = page;
  return [
    paint.bold(page.title),
    '',
    ...answers.flatMap(([question, answer]) => [
      paint.bold(question),
      ...wrap(plainOf(answer).replace(/ (Details|Where|The claims)$/, ''), columns - 2).map((line) => `  ${line}`),
    ]),
    '',
    ...heatLines(heat, columns, paint),
    '',
    ...advice.flatMap(({ question, options }) => [
      ...wrap(question, columns).map((line) => paint.bold(line)),
      ...options.flatMap(({ answer, take, because }) =>
        wrap(`${answer}: ${take}. ${because}`, columns - 2).map((line) => `  ${line}`),
      ),
    ]),
    '',
  ].join('\n');
}

type Paint = ReturnType<typeof pc.createColors>;

/** A cell: five letters of number, a space, and five of how it stands to the best: `1,290 10.5×`. */
const NUMBER = 5;
const CELL = 11;

/** A line for each line of the map; where there are so many designs that cells would not fit, they take two. */
function heatLines({ caption, columns: heads, rows }: Page['heat'], columns: number, paint: Paint): string[] {
  const width = Math.min(CELL, Math.floor((columns - 16) / (heads.length - 1)) - 1);
  const first = columns - (heads.length - 1) * (width + 1);
  const table = new Table({
    chars: PLAIN,
    colWidths: [first, ...heads.slice(1).map(() => width)],
    wordWrap: true,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(
    heads.map(({ head }, i) =>
      i === 0 ? '' : paint.bold(head.length > width ? `${head.slice(0, width - 1)}.` : head),
    ),
  );
  for (const row of rows) table.push(rowOf(row, heads.length, width, paint));
  return [...table.toString().replace(/ +$/gm, '').split('\n'), '', ...wrap(caption, columns)];
}

function rowOf({ cells, isGroup }: Row, length: number, width: number, paint: Paint): Table.HorizontalTableRow {
  const [head, ...numbers] = cells.map(cellOf);
  if (isGroup) return [{ colSpan: length, content: paint.bold(plainOf(head.text)) }];
  return [plainOf(head.text), ...numbers.map((cell) => heatText(cell, width, paint))];
}

function heatText({ text, note = '', heat }: Cell, width: number, paint: Paint): string {
  const word = note.replace('not that deep', 'no').replaceAll(' ', '');
  const padded = `${plainOf(text).padStart(NUMBER)} ${word}`;
  const said = padded.length > width ? padded.trimStart() : padded;
  return heat === undefined ? paint.dim(said) : colours(paint)[heat](said);
}

function colours(paint: Paint): Readonly<Record<Heat, (text: string) => string>> {
  const plain = (text: string): string => text;
  return { 0: paint.green, 1: plain, 2: paint.yellow, 3: paint.yellow, 4: paint.red, 5: paint.red };
}

const PLAIN = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
};

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
