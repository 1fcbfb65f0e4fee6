// Packs what is published, as it would be published.

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, root, run, workspaceFolders } from './run.js';

/** The folders of the packages that are published, relative to the root. */
export const published = workspaceFolders().filter((dir) => !readJson(join(root, dir, 'package.json')).private);

/** Where tarballs go; git ignores it. */
export const tarballs = join(root, 'reports', 'packages');

/**
 * Packs the package in `dir`, which has to be built, and gives the tarball's path; undefined when that fails.
 *
 * @param {string} dir
 */
export async function pack(dir) {
  const { name, version } = readJson(join(root, dir, 'package.json'));
  mkdirSync(tarballs, { recursive: true });
  const tarball = join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
  rmSync(tarball, { force: true });
  const code = await run('pnpm', ['pack', '--silent', '--out', tarball], { cwd: join(root, dir) });
  return code === 0 && existsSync(tarball) ? tarball : undefined;
}

/** Packs them all and gives the tarballs' paths. Throws when one cannot be packed. */
export async function packAll() {
  const packed = [];
  for (const dir of published) {
    const tarball = await pack(dir);
    if (tarball === undefined) throw new Error(`${dir} cannot be packed; see above`);
    packed.push(tarball);
  }
  return packed;
}
