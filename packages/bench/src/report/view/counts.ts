import { figure } from '../../format.ts';
import { COUNTED, type Count } from '../../observe/counted.ts';
import type { Section } from '../blocks.ts';
import type { Report } from '../report.ts';
import { listed } from './words.ts';

const HEADS = ['words read', 'words written', 'lines', 'atomic', 'chain'];

/** What each call does to memory, exactly. */
export function countSections({ counts }: Report): Section[] {
  if (counts.length === 0) return [];
  const find = counts.filter(
    ({ operation, level, mode }) => operation === 'findPidNs' && level === 0 && mode === 'plain',
  );
  return [
    {
      kind: 'section',
      id: 'counts',
      title: 'What does one call do to memory?',
      answer: `To find a pid by its number, in the root, ${listed(find.map(said))}.`,
      blocks: [
        {
          kind: 'text',
          text: 'Counted, not timed, so the same on every machine: the mean of 200 calls among 1,000 live pids. Lines are of 64 bytes. Chain: the most reads that had to wait for one another.',
        },
        {
          kind: 'table',
          caption: 'Accesses for each call.',
          columns: [
            ...['design', 'call', 'level', 'block'].map((head) => ({
              head,
              align: head === 'level' ? ('r' as const) : ('l' as const),
            })),
            ...HEADS.map((head) => ({ head, align: 'r' as const })),
          ],
          rows: counts.map(({ strategy, operation, level, mode, ...count }) => ({
            subject: strategy,
            cells: [
              strategy,
              operation,
              String(level),
              mode,
              ...COUNTED.map((name) => String(Number(count[name].toFixed(1)))),
            ],
          })),
        },
      ],
    },
  ];
}

function said({ strategy, wordsRead, lines, chain }: Count): string {
  return `${strategy} reads ${figure(wordsRead)} words on ${figure(lines)} lines (${chain} of them one after the other)`;
}
