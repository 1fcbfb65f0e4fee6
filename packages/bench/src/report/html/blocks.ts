import {
  type Badge,
  type Block,
  type Cell,
  type Chart,
  cellOf,
  type Inline,
  type RecordPicture,
  type Row,
  type Section,
  spansOf,
  type Table,
} from '../blocks.ts';
import { type Markup, markup, trusted } from './markup.ts';

/** One piece of the report. */
export function blockHtml(block: Block, depth: number): Markup {
  switch (block.kind) {
    case 'text':
      return markup`<p>${inlineHtml(block.text)}</p>`;
    case 'list':
      return markup`<ul>${block.items.map((item) => markup`<li>${inlineHtml(item)}</li>`)}</ul>`;
    case 'terms':
      return markup`<dl>${block.terms.map(([term, said]) => markup`<div><dt>${term}</dt><dd>${inlineHtml(said)}</dd></div>`)}</dl>`;
    case 'table':
      return tableHtml(block);
    case 'chart':
      return chartHtml(block, depth);
    case 'charts':
      return markup`<div class="charts">${block.charts.map((chart) => chartHtml(chart, depth))}</div>`;
    case 'records':
      return markup`<div class="records">${block.records.map((record) => recordHtml(record, depth))}</div>`;
    case 'section':
      return sectionHtml(block, depth);
  }
}

export function inlineHtml(text: Inline): Markup {
  return markup`${spansOf(text).map((span) => {
    if (typeof span === 'string') return span;
    if ('code' in span) return markup`<code>${span.code}</code>`;
    if ('strong' in span) return markup`<strong>${span.strong}</strong>`;
    return markup`<a href="${span.to}">${span.text}</a>`;
  })}`;
}

/** Closed; its heading and its answer can be read all the same. The mark before the heading is its permalink. */
function sectionHtml({ id, title, answer, badge, blocks }: Section, depth: number): Markup {
  return markup`<details class="depth-${depth}" id="${id}">
<summary>${heading(depth, title, badge)}<span class="answer">${inlineHtml(answer)}</span></summary>
<a class="permalink" href="#${id}" aria-label="Link to: ${title}">#</a>
<div class="inside">${blocks.map((block) => blockHtml(block, depth + 1))}</div>
</details>
`;
}

function heading(depth: number, title: string, badge?: Badge): Markup {
  const tag = trusted(`h${depth}`);
  return markup`<${tag}>${badge && badgeHtml(badge)}${title}</${tag}>`;
}

function badgeHtml({ text, tone }: Badge): Markup {
  return markup`<span class="badge ${tone}">${text}</span> `;
}

export function chartHtml({ id, title, finding, svg, table }: Chart, depth: number): Markup {
  const tag = trusted(`h${Math.min(6, depth)}`);
  const named = svg.replace('<svg', () => markup`<svg role="img" aria-label="${title}"`.html);
  return markup`<figure id="${id}">
<${tag}>${title}</${tag}>
${trusted(named)}
<figcaption>${finding}</figcaption>
<details class="data"><summary>The figures</summary>${tableHtml(table)}</details>
</figure>
`;
}

/**
 * Cells as wide as their words, sixteen to a row; one that goes over the end of a row is drawn in pieces. The list below says
 * the same to who cannot see it.
 */
function recordHtml({ id, title, says, lines, fields }: RecordPicture, depth: number): Markup {
  const tag = trusted(`h${Math.min(6, depth)}`);
  return markup`<figure id="${id}" class="record">
<${tag}>${title}</${tag}>
<div class="lines${lines > 4 && ' many'}" aria-hidden="true">${piecesOf(fields).map(({ name, words, meaning, tone, isFirst }) => markup`<span class="tone-${tone}" style="grid-column:span ${words}" title="${`${name}: ${meaning}`}">${isFirst && name}</span>`)}</div>
<figcaption>${lines} ${lines === 1 ? 'line' : 'lines'} of 64 bytes; ${says}</figcaption>
<details class="data"><summary>The fields</summary><dl>${fields.map(({ name, words, meaning }) => markup`<div><dt><code>${name || '–'}</code> ${4 * words} bytes</dt><dd>${meaning}</dd></div>`)}</dl></details>
</figure>
`;
}

const WORDS_A_LINE = 16;

type Piece = RecordPicture['fields'][number] & { readonly isFirst: boolean };

/** The fields, cut where a line ends. */
function piecesOf(fields: RecordPicture['fields']): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const field of fields)
    for (let left = field.words; left > 0; ) {
      const words = Math.min(left, WORDS_A_LINE - (at % WORDS_A_LINE));
      pieces.push({ ...field, words, isFirst: left === field.words });
      left -= words;
      at += words;
    }
  return pieces;
}

/** In a box of its own that scrolls, so that the page does not; the keyboard can scroll it as well. */
export function tableHtml(table: Table): Markup {
  const { caption, columns, rows, look } = table;
  const role = rolesOf(table);
  return markup`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table${role('table')}${look && markup` class="${look}" style="--columns:${columns.length - 1}"`}>
<caption>${caption}</caption>
<thead${role('rowgroup')}><tr${role('row')}>${columns.map(({ head, align, subject }) => markup`<th${role('columnheader')} scope="col"${classed(align)}${of(subject)}>${head}</th>`)}</tr></thead>
<tbody${role('rowgroup')}>${rows.map((row) => rowHtml(row, table))}</tbody>
</table></div>
`;
}

/** A table that narrow screens lay out anew has to say that it is one. */
function rolesOf({ look }: Table): (role: string) => Markup | undefined {
  return (role) => (look === undefined ? undefined : markup` role="${role}"`);
}

function rowHtml({ id, cells, subject, isGroup }: Row, table: Table): Markup {
  const { columns } = table;
  const role = rolesOf(table);
  const named = id && markup` id="${id}"`;
  if (isGroup)
    return markup`<tr class="group"${named}${role('row')}><th${role('rowheader')} scope="rowgroup" colspan="${columns.length}">${inlineHtml(cellOf(cells[0]).text)}</th></tr>
`;
  return markup`<tr${named}${role('row')}${of(subject)}>${cells.map((cell, i) => cellHtml(cellOf(cell), i === 0, columns[i].align, role))}</tr>
`;
}

function cellHtml(cell: Cell, isHead: boolean, align: string, role: (role: string) => Markup | undefined): Markup {
  const { note, heat, unsure, subject } = cell;
  // Nothing needs no place at a side, and there is much of it.
  const side = cell.text === '' && note === undefined ? '' : align;
  const classes = classed(side, heat === undefined ? '' : `heat-${heat}`, unsure ? 'unsure' : '');
  const small = note && markup`<small>${note}</small>`;
  if (isHead)
    return markup`<th${role('rowheader')} scope="row"${classes}${of(subject)}>${inlineHtml(cell.text)}${small}</th>`;
  return markup`<td${role('cell')}${classes}${of(subject)}>${inlineHtml(cell.text)}${small}</td>`;
}

/** Left is where cells are by themselves. */
function classed(...names: readonly string[]): Markup | undefined {
  const classes = names.filter((name) => name !== '' && name !== 'l');
  return classes.length === 0 ? undefined : markup` class="${classes.join(' ')}"`;
}

/** Whose it is: the reader's choice hides what is nobody's that was chosen. */
function of(subject: string | undefined): Markup | undefined {
  return subject === undefined ? undefined : markup` data-of="${subject}"`;
}
