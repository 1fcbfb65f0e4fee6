import type { ClaimResult, ClaimVerdict, Evidence, Figures } from '../../claims/claim.ts';
import { paramsText } from '../../format.ts';
import { cellsOf, type Result } from '../../results.ts';
import type { Badge, Block, Inline, Section, Span, Table } from '../blocks.ts';
import { cellId, rowId } from '../ids.ts';
import type { Report } from '../report.ts';
import { counted, listed } from './words.ts';

const TONES: Readonly<Record<ClaimVerdict, Badge['tone']>> = {
  holds: 'good',
  'holds in part': 'part',
  'does not hold': 'bad',
  undecided: 'open',
};

/** How many claims stood the test, in a sentence. */
export function claimsAnswer({ claims }: Pick<Report, 'claims'>): Inline | undefined {
  if (claims.length === 0) return undefined;
  const counts = (Object.keys(TONES) as ClaimVerdict[]).flatMap((verdict) => {
    const count = claims.filter((claim) => claim.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${WORDS[verdict][count === 1 ? 0 : 1]}`];
  });
  return [
    `Of ${counted(claims.length, 'claim')} that were made in public, ${listed(counts)}. `,
    { text: 'The claims', to: '#claims' },
  ];
}

const WORDS: Readonly<Record<ClaimVerdict, readonly [one: string, many: string]>> = {
  holds: ['holds', 'hold'],
  'holds in part': ['holds in part', 'hold in part'],
  'does not hold': ['does not hold', 'do not hold'],
  undecided: ['is undecided', 'are undecided'],
};

/** What was said in public, and what nobody had said. */
export function claimSections({ claims: said, found, results }: Report): Section[] {
  return [
    ...(said.length === 0
      ? []
      : [
          {
            kind: 'section' as const,
            id: 'claims',
            title: 'What the designers said',
            answer: claimsAnswer({ claims: said })?.slice(0, 1) ?? '',
            blocks: said.map((claim) => claimSection(claim, results)),
          },
        ]),
    ...(found.length === 0
      ? []
      : [
          {
            kind: 'section' as const,
            id: 'found',
            title: 'Found by the lab',
            answer: `${counted(found.length, 'thing')} that nobody had claimed. For one: ${found[0].answer}`,
            blocks: found.map((claim) => claimSection(claim, results)),
          },
        ]),
  ];
}

function claimSection(
  { id, claim, source, verdict, answer, ...rest }: ClaimResult,
  results: readonly Result[],
): Section {
  const { measured, rule, wouldChange, figures, historic, evidence } = rest;
  const blocks: Block[] = [
    {
      kind: 'terms',
      terms: [
        ...(source ? [['Said by', `${source.who}, ${source.where}, ${source.when}`] as const] : []),
        ['Measured', [measured, ...linksOf(evidence, results)]],
        ['Rule', rule],
        ['Would change it', wouldChange],
      ],
    },
    ...(historic ? [figuresTable(historic)] : []),
    ...figures.map(figuresTable),
  ];
  return {
    kind: 'section',
    id,
    title: `${id} · ${claim}`,
    answer,
    ...(source ? { badge: { text: verdict, tone: TONES[verdict] } } : {}),
    blocks,
  };
}

function figuresTable({ caption, head, rows, align }: Figures): Table {
  return {
    kind: 'table',
    caption,
    columns: head.map((text, i) => ({ head: text, align: align[i] === 'r' ? ('r' as const) : ('l' as const) })),
    rows: rows.map((cells) => ({ cells })),
  };
}

/** To the rows that it rests on. What was counted for the claim alone stands in its own tables. */
function linksOf(evidence: readonly Evidence[], results: readonly Result[]): Span[] {
  return evidence
    .filter(({ scenario }) => !scenario.startsWith('tally:'))
    .flatMap((each, i) => [i === 0 ? ' Rows: ' : '; ', linkOf(each, results)]);
}

/** A row, a cell, or the scenario where several of its cells are meant. */
function linkOf({ scenario, params, strategy }: Evidence, results: readonly Result[]): Span {
  const text = [scenario, paramsText(params), strategy].filter(Boolean).join(', ');
  const own = results.filter((result) => result.scenario === scenario);
  const cells = cellsOf(own).filter(([{ params: each }]) =>
    Object.entries(params).every(([name, value]) => each[name] === value),
  );
  if (own.length === 0) return text;
  if (cells.length !== 1) return { text, to: `#${scenario}` };
  const [[{ params: exact }]] = cells;
  const hasRow = cells[0].some((row) => row.strategy === strategy && row.status !== 'left-out');
  return {
    text,
    to: `#${strategy !== undefined && hasRow ? rowId(scenario, exact, strategy) : cellId(scenario, exact)}`,
  };
}
