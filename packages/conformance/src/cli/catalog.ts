import { clausesOf } from '../suite/chapter.ts';
import { chapters } from '../suite/chapters/index.ts';
import { SHARED, sharedClauses } from '../threads/clauses.ts';

/** What a clause says, without the code that tries it. */
export interface Statement {
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  readonly once: boolean;
  readonly scale: boolean;
}

/** What a chapter says. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly Statement[];
}

/** Every chapter; the one about several threads comes last. */
export function catalog(): Section[] {
  const ofOneThread = chapters.map((chapter) => ({
    id: chapter.id,
    title: chapter.title,
    clauses: clausesOf(chapter),
  }));
  return [
    ...ofOneThread,
    { ...SHARED, clauses: sharedClauses.map((clause) => ({ ...clause, once: true, scale: false })) },
  ];
}
