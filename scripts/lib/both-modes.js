// Two copies of a strategy in one bundle: what `shared.ts` imports, and all that this imports, is a second time in it, with
// `SHARED` of core's `mode.ts` true. For scripts/bundle.js, and for tests that bundle a strategy with a change in it.

import { readFileSync } from 'node:fs';

/** Marks the second copy of a module. */
const SHARED = '?shared';
/** The way into the second copy, what says which copy it is, and what both have in common. */
const [entrance, mode, common] = [/\/shared\.ts$/, /\/mode\.ts$/, /\/traits\.ts$/];

/**
 * Everything that is imported from `shared.ts`, and what that imports, is another module than the one of the same file.
 * `read` gives the source of a file.
 *
 * @param {(file: string) => string} [read]
 * @returns {import('rolldown').Plugin}
 */
export const bothModes = (read = (file) => readFileSync(file, 'utf8')) => ({
  name: 'both-modes',
  async resolveId(source, importer) {
    const isShared = importer?.endsWith(SHARED) ?? false;
    const resolved = await this.resolve(source, importer?.replace(SHARED, ''), { skipSelf: true });
    if (resolved === null || resolved.external || common.test(resolved.id)) return resolved;
    return isShared || entrance.test(resolved.id) ? { ...resolved, id: resolved.id + SHARED } : resolved;
  },
  load(id) {
    const isShared = id.endsWith(SHARED);
    const file = id.replace(SHARED, '');
    if (mode.test(file)) return `export const SHARED = ${isShared};`;
    return /\.ts$/.test(file) && !file.includes('\0') ? { code: read(file), moduleType: 'ts' } : null;
  },
});
