import { measuredText } from '../../format.ts';
import type { Target } from '../../results.ts';
import type { Heat, Section } from '../blocks.ts';
import { slug } from '../ids.ts';
import { type Report, unique } from '../report.ts';
import { listed } from './words.ts';

const HEAT: Readonly<Partial<Record<Target['verdict'], Heat>>> = { met: 0, 'at the limit': 2, missed: 4 };

/** What this project set out to reach, and whether each design does. */
export function goalSections({ targets }: Report): Section[] {
  if (targets.length === 0) return [];
  const designs = unique(targets, ({ strategy }) => strategy);
  const verdicts = unique(targets, ({ verdict }) => verdict);
  const count = (of: readonly Target[], verdict: string): number =>
    of.filter((each) => each.verdict === verdict).length;
  const met = designs.map((design) => {
    const own = targets.filter(({ strategy }) => strategy === design);
    return `${design} ${count(own, 'met')} of ${own.length}`;
  });
  return [
    {
      kind: 'section',
      id: 'goals',
      title: 'Does it reach what it set out to reach?',
      answer: `Goals met: ${listed(met)}.`,
      blocks: [
        {
          kind: 'text',
          text: `Met or missed where the whole interval says so; at the limit where an equivalence test shows that it is within 5 % of it; too few rounds where neither could be shown in the time there was. All at level 0 unless said otherwise. In all: ${listed(verdicts.map((verdict) => `${count(targets, verdict)} ${verdict}`))}.`,
        },
        {
          kind: 'table',
          caption: 'Goals, and what each design reaches.',
          columns: [
            { head: 'goal', align: 'l' },
            ...designs.map((head) => ({ head, align: 'l' as const, subject: head })),
          ],
          rows: unique(targets, ({ target }) => target).map((target) => ({
            id: `goal-${slug(target)}`,
            cells: [
              target,
              ...designs.map((design) => {
                const found = targets.find((each) => each.target === target && each.strategy === design);
                if (!found) return { text: '–', subject: design };
                const heat = HEAT[found.verdict];
                return {
                  text: [{ strong: found.verdict }],
                  note: measuredText(found),
                  subject: design,
                  ...(heat === undefined ? {} : { heat }),
                };
              }),
            ],
          })),
        },
      ],
    },
  ];
}
