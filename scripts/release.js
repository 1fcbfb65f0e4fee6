// npm run release [-- --publish]: everything that comes before a release, in order, up to the last step but one: whether the
// manifests say where the project is at home, whether versions are set and all is committed, the checks, the tarballs, and what
// `npm publish` would do with each. `--publish` does the last step; docs/releasing.md says where. The last line is
// `N passed, N failed`.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packAll, published } from './lib/pack.js';
import { build, install, readJson, root, run, Tally } from './lib/run.js';

const isReal = process.argv.includes('--publish');
const tally = new Tally();

await tally.check('the manifests say where the project is at home', async () => {
  const missing = published.flatMap((dir) => {
    const manifest = readJson(join(root, dir, 'package.json'));
    return ['repository', 'bugs', 'homepage'].filter((field) => !manifest[field]).map((field) => `${dir}: ${field}`);
  });
  if (missing.length > 0)
    console.error(`missing, and npm needs them for provenance and links:\n  ${missing.join('\n  ')}`);
  return missing.length === 0;
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
