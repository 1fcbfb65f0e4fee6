import { chapters, clausesOf } from '@pidlab/conformance';
import { sharedClauses } from '@pidlab/conformance/shared';
import type { Mutant } from './mutant.ts';

/** Milliseconds for which a clause about several threads is tried again on a mutant. */
export const AGAIN_MS = 60_000;

/** The mutants as a page of Markdown: what is broken, and which clause notices. */
export function mutantsPage(mutants: readonly Mutant[]): string {
  const clauses = [...chapters.flatMap(clausesOf), ...sharedClauses];
  const sentences = new Map(clauses.map(({ id, sentence }) => [id, sentence]));
  const files = [...new Set(mutants.map(fileOf))];
  const catching = new Set(mutants.filter(isTried).map((mutant) => mutant.caughtBy)).size;
  return `${[
    '# Mutants',
    `${mutants.length} deliberately broken variants of the strategies, and for each the clause of the conformance suite that
fails on it: so ${catching} clauses are known to be able to fail. Generated from \`packages/trials/src/mutants/\`
by \`PIDLAB_UPDATE=1 npx vitest run --project @pidlab/trials mutants\`; the same test without that variable breaks
and tries every one of them, and fails when this page is stale.`,
    `Clauses of chapter SHARED need several threads to meet at the wrong moment: they are tried again until they fail, for at most
${AGAIN_MS / 1000} seconds, and one that does not come back has failed. What real threads show only by luck, or not at all, is caught by a scenario of
\`pid-conformance explore\` (docs/interleavings.md) instead, the same way every time: with two preemptions, and one access after the other, unless it says more.`,
    `Marks: ¹ the clause itself holds, and the walk over all invariants after it notices; ² the clause never comes back.`,
    ...files.map((file) => section(file, mutants, sentences)),
  ].join('\n\n')}\n`;
}

function isTried({ scenario }: Mutant): boolean {
  return scenario === undefined;
}

function fileOf(mutant: Mutant): string {
  return `${mutant.package}/src/${mutant.file}`;
}

function section(file: string, mutants: readonly Mutant[], sentences: ReadonlyMap<string, string>): string {
  const rows = mutants
    .filter((mutant) => fileOf(mutant) === file)
    .map((mutant) => {
      const mark = `${mutant.byInvariants === true ? '¹' : ''}${mutant.hangs === true ? '²' : ''}`;
      const on = mutant.strategy === undefined ? '' : ` (${mutant.strategy})`;
      const clause = `${mutant.caughtBy}${mark}: ${sentences.get(mutant.caughtBy) ?? 'no such clause'}`;
      const by = isTried(mutant) ? cell(clause) : exploredBy(mutant);
      return `| \`${mutant.id}\`${on} | ${cell(mutant.why)} | ${by} |`;
    });
  return [`## ${file}\n`, '| mutant | what is broken | caught by |', '| --- | --- | --- |', ...rows].join('\n');
}

function exploredBy({ scenario, memory, preemptions }: Mutant): string {
  const more = [
    ...(preemptions === undefined ? [] : [`${preemptions} preemptions`]),
    ...(memory === undefined ? [] : [memory]),
  ];
  return `scenario \`${scenario}\`${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
