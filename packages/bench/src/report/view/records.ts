import { type RecordDrawing, type RecordField, recordsOf } from '../../claims/records.ts';
import { figure } from '../../format.ts';
import type { RecordPicture, Section } from '../blocks.ts';
import { slug } from '../ids.ts';
import { type Report, unique } from '../report.ts';
import { cellAt, designsOf } from './cells.ts';
import { counted, listed } from './words.ts';

const WORD_BYTES = 4;
const LINE_BYTES = 64;

/** Each design's records as they lie in memory, drawn from the structs that the code declares. */
export function recordSections({ results }: Report): Section[] {
  const designs = unique(
    results.filter(({ kind }) => kind === 'strategy'),
    ({ strategy }) => strategy,
  );
  const records = designs.flatMap(recordsOf);
  if (records.length === 0) return [];
  return [
    {
      kind: 'section',
      id: 'records',
      title: 'Memory as pictures',
      answer: `${answerOf(records)} ${bytesOf(results)}`.trim(),
      blocks: [
        {
          kind: 'text',
          text: 'Each record is drawn to scale from its struct in the code: a row is a cache line of 64 bytes, a column a word of 4. Green are numbers and whose they are, orange ways to other records, yellow what a record has for itself; what is hatched is not used.',
        },
        ...unique(records, ({ strategy }) => strategy).map(
          (strategy): Section => ({
            kind: 'section',
            id: `records-${slug(strategy)}`,
            title: strategy,
            answer: sentenceOf(records.filter((each) => each.strategy === strategy)),
            blocks: [{ kind: 'records', records: records.filter((each) => each.strategy === strategy).map(pictureOf) }],
          }),
        ),
      ],
    },
  ];
}

function answerOf(records: readonly RecordDrawing[]): string {
  const first = records.filter(({ record }) => record === 'pid_1');
  return `A pid of the root uses ${listed(first.map(({ strategy, words }) => `${words * WORD_BYTES} bytes in ${strategy}`))}.`;
}

/** What a pid takes with all that leads to it, by level. */
function bytesOf(results: Report['results']): string {
  const at = (level: number): string => {
    const cell = cellAt(results, 'memory', { live: 1_000_000, level, by: 'stats' });
    return cell ? listed(designsOf(cell).map((row) => `${row.strategy} ${figure(row.median)}`)) : '';
  };
  const [root, child] = [at(0), at(1)];
  return root ? `With all that leads to it, in bytes: ${root}${child ? `; in a container: ${child}` : ''}.` : '';
}

function sentenceOf(records: readonly RecordDrawing[]): string {
  return `${listed(records.map(({ record, lines }) => `${record} takes ${counted(lines, 'line')}`))}.`;
}

function pictureOf({ strategy, record, words, lines, fields }: RecordDrawing): RecordPicture {
  const unused = (lines * LINE_BYTES) / WORD_BYTES - words;
  return {
    id: `record-${slug(strategy)}-${slug(record)}`,
    title: record,
    says: `${words * WORD_BYTES} of ${lines * LINE_BYTES} bytes are used`,
    lines,
    fields: [
      ...inOrder(fields).map(({ name, words: long, meaning }) => ({
        name: name.replace(/^\w+\[(\d+)\]\.(\w+)$/, '$2 $1'),
        words: long,
        meaning,
        tone: toneOf(name),
      })),
      ...(unused > 0 ? [{ name: '', words: unused, meaning: 'not used', tone: 0 }] : []),
    ],
  };
}

function inOrder(fields: readonly RecordField[]): RecordField[] {
  return [...fields].sort((a, b) => a.at - b.at);
}

/** 0 what is not used, 1 the record's own, 2 numbers and whose they are, 3 ways to other records. */
function toneOf(name: string): number {
  const field = name.replace(/^.*\./, '');
  if (/^(v?nr|ns|pairs|pidmap|entries|lastPid|pidMax|floor)$/.test(field)) return 2;
  if (/next|links|tree|slots|parent|tasks|reaper/.test(field)) return 3;
  return /^(unused|spare)$/.test(field) ? 0 : 1;
}
