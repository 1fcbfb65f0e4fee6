// A design with one thing broken on purpose, as packages/conformance/mutants lists them, built so that a process table can
// stand on it: it throws the errors of the one @pidlab/contract that everybody here has.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { root } from './run.js';

/** @import { Strategy } from '../../packages/contract/dist/index.js' */
/** @import { Mutant } from '../../packages/conformance/mutants/mutant.ts' */

const packages = join(root, 'packages');

/** All mutants. @returns {Promise<readonly Mutant[]>} */
export async function allMutants() {
  const source = join(packages, 'conformance', 'mutants', 'list.ts');
  const { mutants } = await bundled(source, 'conformance', (_path, text) => text);
  return mutants;
}

/** @param {Mutant} mutant @returns {Promise<Strategy>} */
export async function brokenStrategy(mutant) {
  const { package: pkg, file, find, replace } = mutant;
  const design = pkg === 'core' ? `core-${mutant.strategy ?? 'hierarchical'}` : pkg;
  const broken = join(packages, pkg, 'src', file);
  return bundled(join(packages, design, 'src', 'index.ts'), design, (path, text) =>
    // A function, since a `$` in a replacement would mean something.
    path === broken ? text.replace(find, () => replace) : text,
  );
}

/**
 * The module `entry` with its sources changed, loaded from where its imports resolve as the package's own do.
 *
 * @param {string} entry
 * @param {string} pkg
 * @param {(path: string, text: string) => string} change
 */
async function bundled(entry, pkg, change) {
  const build = await rolldown({
    input: entry,
    platform: 'node',
    external: ['@pidlab/contract'],
    resolve: { alias: { '@pidlab/core': join(packages, 'core', 'src', 'index.ts') } },
    plugins: [{ name: 'mutate', transform: (text, path) => change(path, text) }],
    logLevel: 'silent',
  });
  const folder = mkdtempSync(join(packages, pkg, 'node_modules', '.mutant-'));
  try {
    const file = join(folder, 'index.js');
    await build.write({ file, format: 'esm' });
    await build.close();
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
