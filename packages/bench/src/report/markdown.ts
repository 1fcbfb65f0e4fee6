import { markdownTable } from 'markdown-table';
import type { Block } from './document.ts';

/** The report as Markdown; a chart is its title and its finding. */
export function markdown(blocks: readonly Block[]): string {
  return `${blocks.map(blockMarkdown).filter(Boolean).join('\n\n')}\n`;
}

/** One piece as Markdown. */
export function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text}`;
    case 'text':
      return block.text;
    case 'table':
      return markdownTable(
        [block.head, ...block.rows].map((row) => row.map(cell)),
        { align: [...block.align] },
      );
    case 'chart':
      return `**${block.title}** ${block.caption}`;
  }
}

/** A vertical bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
