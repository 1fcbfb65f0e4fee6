// npm test: see USAGE. It needs a machine with only Node and npm.

import { existsSync, rmSync } from 'node:fs';
import { partsOf } from './lib/part.js';
import { install, readJson, reportFile, run, Tally } from './lib/run.js';

const USAGE = `npm test [-- --long] [-- <path> …]

Everything that must hold before a push: lint, build, types, tests. The last line is \`N passed, N failed\`; each check counts as
one, and so does each test.

  --long  give more to what searches, as PIDLAB_LONG=1 does: before a release. docs/testing.md says what that adds
  <path>  only tests whose path has that in it. One that begins with the folder of a package or an example, or with test, is for
          while you work there: only that is linted and typed, only what it uses is built, and of what uses it nothing is
          tried. Other options go to vitest as they are: -t, --reporter and so on`;
if (process.argv.includes('--help')) {
  console.log(USAGE);
  process.exit(0);
}

const tally = new Tally();
const filters = process.argv.slice(2).filter((argument) => argument !== '--long');
const parts = partsOf(filters);
if (process.argv.includes('--long')) process.env.PIDLAB_LONG = '1';

try {
  await install();
  const folders = parts?.map(({ dir }) => dir) ?? ['.'];
  await tally.check('lint and format (biome)', () => run('biome', ['check', '--error-on-warnings', ...folders]));
  if (parts === undefined) {
    await tally.check('build, and types with those of tests (tsc)', () => turbo(['build', 'typecheck', '--continue']));
  } else {
    const only = parts.map((part) => `--filter=${part.package}`);
    await tally.check('build of what it uses, and its types (tsc)', () => turbo(['build', 'typecheck', ...only]));
  }
  await vitest([...filters, ...(parts ?? []).map(({ project }) => `--project=${project}`)]);
} catch (error) {
  console.error(error);
  tally.count(false, error instanceof Error ? error.message : String(error));
}
if (parts !== undefined)
  console.log(
    `\nonly ${parts.map(({ dir }) => dir).join(' and ')}: \`npm test\` also tries what uses that, before you push`,
  );
else if (process.env.PIDLAB_LONG !== '1')
  console.log(
    '\nshort: `npm test -- --long` also gives random search, snapshots, browser and sheer size their full share',
  );
tally.finish();

/** @param {string[]} args */
function turbo(args) {
  return run('turbo', ['run', ...args, '--output-logs=new-only']);
}

/**
 * Runs the tests and counts each. A file that cannot be loaded, and an error outside any test, count as one failure.
 *
 * @param {string[]} filters
 */
async function vitest(filters) {
  const report = reportFile('vitest.json');
  rmSync(report, { force: true });
  const results = new Tally();
  await results.check('tests (vitest)', () =>
    run('vitest', ['run', ...filters, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]),
  );
  if (!existsSync(report)) return tally.count(false, 'vitest wrote no report');

  const failedBefore = tally.failed;
  let seen = 0;
  for (const file of readJson(report).testResults) {
    let failedHere = 0;
    for (const test of file.assertionResults) {
      seen++;
      if (test.status === 'passed') tally.count(true, test.fullName);
      else if (test.status === 'failed') {
        failedHere++;
        tally.count(false, `${file.name}: ${test.fullName}`);
      } else tally.countSkipped(test.fullName);
    }
    if (file.status === 'failed' && failedHere === 0)
      tally.count(false, `${file.name}: ${file.message || 'did not load'}`);
  }
  if (results.failed > 0 && tally.failed === failedBefore)
    tally.count(false, 'vitest: an error outside any test (see above)');
  if (seen === 0) tally.count(false, 'vitest ran no test');
}
