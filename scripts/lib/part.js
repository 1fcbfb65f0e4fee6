// Which part of the project `npm test` is asked about.

import { join, relative, resolve } from 'node:path';
import { readJson, root, workspaceFolders } from './run.js';

/** @typedef {{ dir: string, package: string, project: string }} Part A folder, its name for turbo, and its project for vitest. */

/** Where the tests of the root are; `//` is what turbo calls it. */
const ROOT = { dir: 'test', package: '//', project: 'structure' };

/**
 * The parts in which the paths among `args` lie. Undefined where there is none, or where one of them is no path into a part: then
 * it is about everything.
 *
 * @param {readonly string[]} args As vitest gets them.
 * @returns {Part[] | undefined}
 */
export function partsOf(args) {
  const parts = [ROOT, ...workspaceFolders().map(partIn)];
  /** @type {Set<Part>} */
  const found = new Set();
  for (const [i, argument] of args.entries()) {
    if (argument.startsWith('-')) continue;
    const path = relative(root, resolve(root, argument)).replaceAll('\\', '/');
    const part = parts.find(({ dir }) => path === dir || path.startsWith(`${dir}/`));
    if (part !== undefined) found.add(part);
    // What stands behind an option is its value.
    else if (!/^--?[^=]+$/.test(args[i - 1] ?? '')) return undefined;
  }
  return found.size === 0 ? undefined : [...found];
}

/** @param {string} dir */
function partIn(dir) {
  const { name } = readJson(join(root, dir, 'package.json'));
  return { dir, package: name, project: name };
}
