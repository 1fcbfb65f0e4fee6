/**
 * Bundles a strategy package, with what it uses of core, into one module: `dist/index.js`. Run in the package's folder.
 *
 * It is not about size. V8 treats a module's imports and exports as cells that it loads and checks at every use, and folds
 * only a `const` of the same module into the code that it makes. One module of constants makes a look-up take about half
 * the time (docs/adr/0004-one-module.md has the figures and how to repeat them).
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import MagicString from 'magic-string';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';

const core = resolve(process.cwd(), '../core/src/index.ts');

/** A function declaration can be assigned to, so V8 checks it at every call; a `const` cannot. Moved up, they are there as early. */
const constFunctions = {
  name: 'const-functions',
  /** @param {string} code */
  renderChunk(code) {
    const text = new MagicString(code);
    const { body } = parseAst(code);
    const start = body.find((node) => node.type !== 'ImportDeclaration')?.start ?? 0;
    for (const node of body) {
      if (node.type !== 'FunctionDeclaration' || node.id === null || node.async || node.generator) continue;
      const { name } = node.id;
      text.overwrite(node.start, node.id.end, `const ${name} = function`);
      text.appendLeft(node.end, ';\n');
      if (node.start > start) text.move(node.start, node.end, start);
    }
    return { code: text.toString(), map: text.generateMap({ hires: true }) };
  },
};

/** Marks the second copy of a module. */
const SHARED = '?shared';
/** The way into the second copy, what says which copy it is, and what both have in common. */
const [entrance, mode, common] = [/\/shared\.ts$/, /\/mode\.ts$/, /\/traits\.ts$/];

/**
 * Everything that is imported from `shared.ts`, and what that imports, is another module than the one of the same file.
 *
 * @type {import('rolldown').Plugin}
 */
const bothModes = {
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
    return isShared ? { code: readFileSync(file, 'utf8'), moduleType: 'ts' } : null;
  },
};

const bundle = await rolldown({
  input: 'src/index.ts',
  external: ['@pidlab/contract'],
  resolve: { alias: { '@pidlab/core': core } },
  plugins: [bothModes, constFunctions],
  treeshake: true,
  optimization: { inlineConst: { mode: 'all', pass: 2 } },
});
await bundle.write({ file: 'dist/index.js', format: 'esm', sourcemap: true, comments: true, minify: 'dce-only' });
await bundle.close();
