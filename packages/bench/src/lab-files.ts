import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { readBaseline } from './baseline-run.ts';
import { checkWritable, writeWhole } from './output.ts';
import { actionBenchmarks } from './report/github.ts';
import { html } from './report/html/page.ts';
import { markdown } from './report/markdown.ts';
import type { Report } from './report/report.ts';
import { pageOf } from './report/view/page.ts';
import { SubjectError } from './subjects.ts';

const FILES = ['lab.json', 'lab.md', 'lab.html', 'lab.github-action-benchmark.json'];

/** Throws an `OutputError` when the report could not be written into `folder`. */
export function checkReport(folder: string): void {
  checkWritable(
    FILES.map((name) => join(folder, name)),
    '--out',
  );
}

/** Writes the report's files into `folder` and gives their paths. */
export function writeReport(report: Report, folder: string): string[] {
  const page = pageOf(report, repositoryFrom(folder));
  const texts = [
    `${JSON.stringify(report, null, 2)}\n`,
    markdown(page),
    html(page),
    `${JSON.stringify(actionBenchmarks(report.results), null, 2)}\n`,
  ];
  return FILES.map((name, i) => {
    const file = join(folder, name);
    writeWhole(file, texts[i]);
    return file;
  });
}

const PARTS = ['replay', 'counts', 'differences', 'traits', 'claims', 'found', 'advice', 'sweeps'] as const;

/** Reads the `lab.json` of an earlier run. Throws a `SubjectError` that says what is wrong with it. */
export function readReport(file: string): Report {
  const found: Partial<Report> = readBaseline(file);
  if (!Array.isArray(found.conformance))
    throw new SubjectError(`${file} is of pid-bench, which measures only; the lab.json of pid-lab has a report in it`);
  const missing = PARTS.filter((part) => found[part] === undefined);
  if (missing.length > 0)
    throw new SubjectError(
      `${file} is of an older lab, which had no ${missing.join(', ')}; measure again to get a report`,
    );
  return { ...(found as Report), traits: unlimited((found as Report).traits) };
}

/** JSON has no Infinity: a design without a limit to namespaces has null there. */
function unlimited(traits: Report['traits']): Report['traits'] {
  return Object.fromEntries(
    Object.entries(traits).map(([strategy, { maxNamespaces, ...others }]) => [
      strategy,
      { ...others, maxNamespaces: maxNamespaces ?? Number.POSITIVE_INFINITY },
    ]),
  );
}

/** The way from a folder to the repository that it is in, as links go: `../`. Undefined where it is in none. */
export function repositoryFrom(folder: string): string | undefined {
  const start = resolve(folder);
  for (let at = start; dirname(at) !== at; at = dirname(at))
    if (existsSync(join(at, 'packages', 'conformance', 'docs', 'clauses.md')))
      return `${relative(start, at).split(sep).join('/') || '.'}/`;
  return undefined;
}
