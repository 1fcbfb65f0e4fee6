import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { clauseList } from '../src/cli/clause-list.ts';
import { createModel } from '../src/model/index.ts';
import { clausesOf, SCOPES } from '../src/suite/chapter.ts';
import { chapters } from '../src/suite/chapters/index.ts';
import { plan } from '../src/suite/run.ts';
import { TRAITS } from './traits.ts';

const clauses = chapters.flatMap((chapter) => clausesOf(chapter));

describe('clauses', () => {
  test('ids are unique, and count from 1 in each chapter', () => {
    expect(new Set(clauses.map(({ id }) => id)).size).toBe(clauses.length);
    for (const chapter of chapters) {
      const ids = clausesOf(chapter).map(({ id }) => id);
      expect(ids).toEqual(ids.map((_, i) => `${chapter.id}-${i + 1}`));
    }
  });

  test('there are well over 150', () => expect(clauses.length).toBeGreaterThan(400));

  test('each says a sentence and names its source', () => {
    for (const { id, sentence, source } of clauses) {
      expect(sentence.length, id).toBeGreaterThan(15);
      expect(sentence, id).not.toMatch(/\.$/);
      expect(source.length, id).toBeGreaterThan(5);
    }
    expect(new Set(clauses.map(({ sentence }) => sentence)).size).toBe(clauses.length);
  });

  test('traits decide what a clause expects and never whether it runs', () => {
    const planned = TRAITS.filter(({ maxLevel }) => maxLevel > 0).map((traits) =>
      plan({ traits, createPidAllocator: createModel(traits) }).map((c) => `${c.scope.name} ${c.clause.id}`),
    );
    for (const other of planned) expect(other).toEqual(planned[0]);
    const once = clauses.filter((clause) => clause.once).length;
    expect(planned[0].length).toBe(clauses.length * SCOPES.filter(({ shared }) => !shared).length - once);
  });

  test('docs/clauses.md is fresh: else run pnpm --filter @pidlab/conformance clauses', () => {
    expect(readFileSync(new URL('../docs/clauses.md', import.meta.url), 'utf8')).toBe(clauseList());
  });
});
