import { clausesOf } from '../suite/chapter.ts';
import { chapters } from '../suite/chapters/index.ts';
import { SHARED, sharedClauses } from '../threads/clauses.ts';

/** A clause, to be read and not run. */
export interface Statement {
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  readonly once: boolean;
  readonly scale: boolean;
}

/** A chapter, to be read. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly Statement[];
}

/** Every chapter there is, that about several threads last. */
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
