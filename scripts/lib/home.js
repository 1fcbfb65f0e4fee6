// Where the project is at home. One place says it, `repository` in the package.json of the root; what npm wants to know of each
// published package is made of that.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { published } from './pack.js';
import { readJson, root } from './run.js';

/** What to do when nothing says where the project is at home. */
const UNKNOWN = `package.json says nowhere where the project is at home, and npm needs it for provenance and for links in READMEs. Write

  "repository": { "type": "git", "url": "https://github.com/<owner>/<name>.git" }

into the package.json of the root. \`repository\`, \`bugs\` and \`homepage\` of each published package are made of it.`;

/**
 * Writes `repository`, `bugs` and `homepage` into the manifest of each published package, and gives the paths of those that were
 * changed. Throws, and writes nothing, when the root does not say where that is.
 */
export function fillHomes() {
  const { repository } = readJson(join(root, 'package.json'));
  const filled = published.map((dir) => {
    const path = `${dir}/package.json`;
    const manifest = readJson(join(root, path));
    return { path, text: `${JSON.stringify({ ...manifest, ...homeOf(repository, dir) }, null, 2)}\n` };
  });
  const changed = filled.filter(({ path, text }) => readFileSync(join(root, path), 'utf8') !== text);
  for (const { path, text } of changed) writeFileSync(join(root, path), text);
  return changed.map(({ path }) => path);
}

/**
 * The fields of the package in `dir`. Throws when `repository` is none, or has no https address.
 *
 * @param {unknown} repository As package.json has it: an address, or an object with a `url`.
 * @param {string} dir
 */
export function homeOf(repository, dir) {
  const url = typeof repository === 'object' && repository !== null ? Reflect.get(repository, 'url') : repository;
  if (!url) throw new Error(UNKNOWN);
  const page = /^(?:git\+)?(https:\/\/[^/\s]+\/\S+?)(?:\.git)?\/?$/.exec(String(url))?.[1];
  if (page === undefined)
    throw new Error(`\`repository\` in package.json is ${url}; it has to be the https address of a repository`);
  return {
    repository: { type: 'git', url: `git+${page}.git`, directory: dir },
    bugs: { url: `${page}/issues` },
    homepage: `${page}/tree/HEAD/${dir}#readme`,
  };
}
