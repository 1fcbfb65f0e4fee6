// npm run check: see USAGE.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsOf } from './lib/options.js';
import { pack, published } from './lib/pack.js';
import { build, install, readJson, root, run, Tally } from './lib/run.js';

// Types must resolve for importers of ES modules, by Node's rules and by a bundler's.
const ATTW =
  '--profile esm-only --exclude-entrypoints package.json --no-definitely-typed --format ascii --no-emoji --no-summary'.split(
    ' ',
  );
optionsOf(
  `npm run check

What must hold before a release, beside \`npm test\`: no dead code, packages that resolve for everyone who installs them, a changeset
for each change. The last line is \`N passed, N failed\`; each check counts as one.`,
  {},
);
const tally = new Tally();

try {
  await install();
  await tally.check('build (tsc -b)', build);
  await tally.check('dead code and undeclared dependencies (knip)', () => run('knip', ['--no-progress']));
  for (const dir of published) await checkPackage(dir);
  await tally.check('docs/layouts.md', () => run('node', ['scripts/layouts.js', '--check']));
  await tally.check('changesets', changesets);
} catch (error) {
  console.error(error);
  tally.count(false, error instanceof Error ? error.message : String(error));
}
tally.finish();

/**
 * Packs `dir` as it would be published and looks at the tarball: its manifest (publint), and whether its types resolve
 * for every kind of ES module importer (attw).
 *
 * @param {string} dir
 */
async function checkPackage(dir) {
  const { name } = readJson(join(root, dir, 'package.json'));
  /** @type {string | undefined} */
  let tarball;
  await tally.check(`${name} packs (pnpm pack)`, async () => {
    tarball = await pack(dir);
    return tarball !== undefined;
  });
  if (tarball === undefined) return;
  const packed = tarball;
  await tally.check(`${name} as npm sees it (publint)`, () => run('publint', ['run', packed, '--strict']));
  await tally.check(`${name} as TypeScript sees it (attw)`, () => run('attw', [packed, ...ATTW]));
}

/** Every change since main has a changeset, and every package that was never released is named in one. */
async function changesets() {
  // A checkout of a single commit has no branch main; HEAD then stands for it.
  const onMain = (await run('git', ['rev-parse', '--verify', '--quiet', 'main^{commit}'])) === 0;
  const code = await run('changeset', ['status', `--since=${onMain ? 'main' : 'HEAD'}`]);

  const folder = join(root, '.changeset');
  const planned = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => [
      ...readFileSync(join(folder, name), 'utf8').matchAll(/^['"]?([^'"\s]+)['"]?: (?:major|minor|patch)$/gm),
    ])
    .map((match) => match[1]);
  const forgotten = published
    .map((dir) => readJson(join(root, dir, 'package.json')))
    .filter(({ name, version }) => version === '0.0.0' && !planned.includes(name));
  for (const { name } of forgotten) console.error(`${name} was never released and has no changeset`);
  return code === 0 && forgotten.length === 0;
}
