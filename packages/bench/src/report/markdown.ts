import { markdownTable } from 'markdown-table';
import { type Block, type Cell, cellOf, type Inline, type Page, type Row, spansOf, type Table } from './blocks.ts';

/** The report as Markdown: the same text and tables as the page; of a drawing, its finding and its figures. */
export function markdown(page: Page): string {
  const { title, lead, answers, heat, advice, picture, sections } = page;
  const parts = [
    `# ${title}`,
    inline(lead),
    '## In short',
    answers.map(([question, answer]) => `- **${question}** ${inline(answer)}`).join('\n'),
    '## Who is best at what',
    table(heat),
    '## Which design should I take?',
    ...advice.map(
      ({ question, options }) =>
        `**${question}**\n\n${options.map(({ answer, take, because }) => `- ${answer}: **${take}**. ${because}`).join('\n')}`,
    ),
    ...(picture ? [block(picture, 2)] : []),
    ...sections.map((section) => block(section, 2)),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function block(piece: Block, depth: number): string {
  switch (piece.kind) {
    case 'text':
      return inline(piece.text);
    case 'list':
      return piece.items.map((item) => `- ${inline(item)}`).join('\n');
    case 'terms':
      return piece.terms.map(([term, said]) => `- ${term}: ${inline(said)}`).join('\n');
    case 'table':
      return table(piece);
    case 'chart':
      return `${heading(piece, depth)}\n\n${escaped(piece.finding)}\n\n${table(piece.table)}`;
    case 'charts':
      return piece.charts.map((chart) => block(chart, depth)).join('\n\n');
    case 'records':
      return piece.records
        .map(({ title, says, lines, fields }) => {
          const listed = fields.filter(({ name }) => name).map(({ name, words }) => `\`${name}\` ${4 * words}`);
          return `- ${title}, ${lines === 1 ? '1 line' : `${lines} lines`} of 64 bytes, ${says}: ${listed.join(', ')}`;
        })
        .join('\n');
    case 'section':
      return [
        `${heading(piece, depth)}\n\n${piece.badge ? `**${piece.badge.text}.** ` : ''}${inline(piece.answer)}`,
        ...piece.blocks.map((inside) => block(inside, depth + 1)),
      ].join('\n\n');
  }
}

/** With a place that links lead to. */
function heading({ id, title }: { id: string; title: string }, depth: number): string {
  return `${'#'.repeat(Math.min(6, depth))} <a id="${id}"></a>${escaped(title)}`;
}

function table({ columns, rows }: Table): string {
  return markdownTable(
    [
      columns.map(({ head }) => head),
      ...rows.map((row) => [...cellsOf(row), ...Array.from({ length: columns.length - row.cells.length }, () => '')]),
    ],
    { align: columns.map(({ align }) => align) },
  );
}

/** A group's row and one that is linked to have a place. */
function cellsOf({ id, isGroup, cells }: Row): string[] {
  const [first, ...others] = cells.map((cell) => cellText(cellOf(cell)));
  const place = isGroup && id ? `<a id="${id}"></a>` : '';
  return [`${place}${isGroup ? `**${first}**` : first}`, ...others];
}

function cellText({ text, note }: Cell): string {
  return [inline(text), note && escaped(note)].filter(Boolean).join('<br>');
}

function inline(text: Inline): string {
  return spansOf(text)
    .map((span) => {
      if (typeof span === 'string') return escaped(span);
      if ('code' in span) return `\`${span.code.replaceAll('`', '’').replaceAll('|', '\\|')}\``;
      if ('strong' in span) return `**${escaped(span.strong)}**`;
      return `[${escaped(span.text)}](${target(span.to)})`;
    })
    .join('');
}

/** Rows of a Markdown table have no place of their own: their group has. */
function target(to: string): string {
  return to.startsWith('#') ? to.replace(/--.*$/, '') : to;
}

export function escaped(text: string): string {
  return text.replace(/[\\|<>*_`[\]]/g, (character) => `\\${character}`).replaceAll(/\s*\n\s*/g, ' ');
}
