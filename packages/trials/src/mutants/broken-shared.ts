import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { bothModes, fileOf } from '../../../scripts/lib/both-modes.js';
import type { Strategy } from './mutant.ts';

const packages = join(import.meta.dirname, '..', '..');
const contract = pathToFileURL(join(packages, 'contract', 'dist', 'index.js')).href;

/** One place of core's source, and what stands there instead: in both copies of the code. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Writes a strategy that threads can share as one module, with those changes in core. Only the contract is another module. */
export async function buildShared(strategy: Strategy, changes: readonly Change[], file: string): Promise<void> {
  const core = join(packages, 'core', 'src');
  for (const { file: changed, find } of changes) {
    const times = readFileSync(join(core, changed), 'utf8').split(find).length - 1;
    if (times !== 1) throw new Error(`${find} stands in ${changed} ${times} times`);
  }
  const change = (text: string, path: string): string =>
    changes
      .filter((one) => fileOf(path) === join(core, one.file))
      // A function, since a `$` in a replacement would mean something.
      .reduce((changed, { find, replace }) => changed.replace(find, () => replace), text);
  const build = await rolldown({
    input: join(packages, `core-${strategy}`, 'src', 'index.ts'),
    platform: 'node',
    resolve: { alias: { '@pidlab/core': join(core, 'index.ts') } },
    plugins: [
      {
        name: 'one-contract',
        resolveId: (id) => (id === '@pidlab/contract' ? { id: contract, external: true } : null),
      },
      bothModes(),
      { name: 'change', transform: change },
    ],
    logLevel: 'silent',
  });
  await build.write({ file, format: 'esm' });
  await build.close();
}
