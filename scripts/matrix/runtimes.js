// What the matrix runs on, and how it comes here: as npm packages, which are kept in node_modules/.cache.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/run.js';
import { done } from './spawn.js';

const cache = join(root, 'node_modules', '.cache', 'pidlab-matrix');
const MINUTE = 60_000;

/**
 * @typedef {object} Runtime
 * @property {string} name What `--only` calls it, and the page.
 * @property {string} spec Of the npm package.
 * @property {string} bin
 * @property {string[]} args Before the program's file.
 * @property {string} [why] Why some columns are not tried.
 * @property {readonly string[]} [only] The columns that are.
 */

const DENO = ['run', '--allow-all', '--node-modules-dir=manual'];
const LIBRARIES = ['quickstart', 'worker pool'];

/** The oldest Node.js for libraries and for tools, what tests run on, and the lines that are alive. @type {readonly Runtime[]} */
export const RUNTIMES = [
  node('20.0', LIBRARIES, 'the programs need 20.6'),
  ...['20.6', '20.19', '22', '24', '26'].map((version) => node(version)),
  { name: 'bun', spec: 'bun@1', bin: 'bun', args: [] },
  { name: 'deno', spec: 'deno@2', bin: 'deno', args: DENO },
];

/**
 * @param {string} version
 * @param {readonly string[]} [only]
 * @param {string} [why]
 * @returns {Runtime}
 */
function node(version, only, why) {
  const about = { name: `node-${version}`, spec: `node@${version}`, bin: 'node', args: [] };
  return { ...about, ...(only && { only }), ...(why && { why }) };
}

/**
 * Installs a package where nothing else is, unless it is there already, and gives the path of its program.
 *
 * @param {string} spec
 * @param {string} bin
 */
export async function fetched(spec, bin) {
  const folder = join(cache, spec.replaceAll('/', '-'));
  const program = join(folder, 'node_modules', '.bin', bin);
  if (existsSync(join(folder, 'complete'))) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // A runtime's package may fetch the binary of this machine when it is installed.
  const npm = ['install', '--no-audit', '--no-fund', '--loglevel=error', spec];
  const { status, output } = await done('npm', npm, { cwd: folder, limitMs: 5 * MINUTE });
  if (status !== 0) throw new Error(`npm install ${spec}: ${output.trim()}`);
  writeFileSync(join(folder, 'complete'), '');
  return program;
}

/**
 * An empty project with what has been packed, and with `also`.
 *
 * @param {readonly string[]} packed
 * @param {readonly string[]} also
 */
export async function emptyProject(packed, also) {
  const folder = join(cache, 'project');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const npm = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packed, ...also];
  const { status, output } = await done('npm', npm, { cwd: folder, limitMs: 5 * MINUTE });
  if (status !== 0) throw new Error(`npm install of what was packed: ${output.trim()}`);
  return folder;
}
