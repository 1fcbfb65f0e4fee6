/**
 * Bundles a strategy package, with what it uses of core, into one module: `dist/index.js`. Run in the package's folder.
 *
 * It is not about size. V8 treats a module's imports and exports as cells that it loads and checks at every use, and folds
 * only a `const` of the same module into the code that it makes. One module of constants makes a look-up take about half
 * the time (docs/adr/0004-one-module.md has the figures and how to repeat them).
 */
import { resolve } from 'node:path';
import process from 'node:process';
import MagicString from 'magic-string';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { bothModes } from './lib/both-modes.js';
import { writtenNumbers } from './lib/numbers.js';

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

const common = {
  external: ['@pidlab/contract'],
  treeshake: true,
  optimization: { inlineConst: { mode: /** @type {const} */ ('all'), pass: 2 } },
};

/** All modules as one, and then that one once more, with its numbers written out. */
const joined = await rolldown({
  ...common,
  input: 'src/index.ts',
  resolve: { alias: { '@pidlab/core': core } },
  plugins: [bothModes()],
});
const [{ code, map }] = (await joined.generate({ format: 'esm', sourcemap: true, file: 'dist/index.js' })).output;
await joined.close();
const module = resolve('dist/index.js');
const bundle = await rolldown({
  ...common,
  input: module,
  plugins: [
    {
      name: 'joined',
      resolveId: (id) => (id === module ? id : null),
      load: (id) => (id === module ? { code, map } : null),
    },
    writtenNumbers(module, resolve('dist/.numbers.js')),
    constFunctions,
  ],
});
await bundle.write({ file: 'dist/index.js', format: 'esm', sourcemap: true, comments: true, minify: 'dce-only' });
await bundle.close();
