// npm run release [-- --publish]: what comes before a release, in order, and with --publish the release. See USAGE.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fillHomes } from './lib/home.js';
import { optionsOf } from './lib/options.js';
import { packAll, published } from './lib/pack.js';
import { build, install, readJson, root, run, Tally } from './lib/run.js';

const USAGE = `npm run release [-- --publish]

Everything that comes before a release, in order, up to the last step but one: writes into the packages' manifests where the
project is at home, looks whether versions are set and all is committed, runs the checks, packs, and asks npm what it would
publish. docs/releasing.md has the whole list. The last line is \`N passed, N failed\`.

  --publish  then publish each tarball, with provenance: in the workflow that npm trusts, and nowhere else`;
const { publish: isReal = false } = optionsOf(USAGE, { publish: { type: 'boolean' } });
const tally = new Tally();

await tally.check('the manifests say where the project is at home', async () => {
  try {
    const written = fillHomes();
    if (written.length > 0) console.log(`written, and to be committed:\n  ${written.join('\n  ')}`);
    return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
});
await tally.check('every change is in a version', async () => {
  const waiting = readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md'));
  if (waiting.length > 0) console.error(`${waiting.length} changesets wait: npx pnpm exec changeset version`);
  const never = published.filter((dir) => readJson(join(root, dir, 'package.json')).version === '0.0.0');
  if (never.length > 0) console.error(`still 0.0.0: ${never.join(', ')}`);
  return waiting.length + never.length === 0;
});
await tally.check('everything is committed', async () => {
  const { stdout } = spawnSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' });
  if (stdout !== '') console.error(stdout);
  return stdout === '';
});
await install();
if (await tally.check('build (tsc -b)', build)) {
  await tally.check('npm run check', () => run('node', ['scripts/check.js']));
  const packed = await packAll();
  for (const tarball of packed)
    await tally.check(`npm publish --dry-run ${tarball}`, () => publish(tarball, ['--dry-run']));
  if (isReal && tally.failed === 0) {
    for (const tarball of packed) await tally.check(`npm publish ${tarball}`, () => publish(tarball, ['--provenance']));
  }
}
tally.finish();

/**
 * @param {string} tarball
 * @param {string[]} args
 */
function publish(tarball, args) {
  return run('npm', ['publish', tarball, '--access', 'public', ...args]);
}
