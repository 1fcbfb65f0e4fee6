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

const bundle = await rolldown({
  input: 'src/index.ts',
  external: ['@pidlab/contract'],
  resolve: { alias: { '@pidlab/core': core } },
  plugins: [bothModes(), constFunctions],
  treeshake: true,
  optimization: { inlineConst: { mode: 'all', pass: 2 } },
});
await bundle.write({ file: 'dist/index.js', format: 'esm', sourcemap: true, comments: true, minify: 'dce-only' });
await bundle.close();
