/**
 * Bundles a library package, with what it uses of core, into one module: `dist/index.js`.
 *
 * It is not about size. V8 treats a module's imports and exports as cells that it loads and checks at every use, and folds
 * only a `const` of the same module into the code that it makes. One module of constants makes a look-up take about half
 * the time (docs/adr/0004-one-module.md has the figures and how to repeat them).
 */
import { join } from 'node:path';
import MagicString from 'magic-string';
import { type InputOptions, type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { bothModes } from './both-modes.ts';
import { writtenNumbers } from './numbers.ts';

/** A function declaration can be assigned to, so V8 checks it at every call; a `const` cannot. Moved up, they are there as early. */
const constFunctions: Plugin = {
  name: 'const-functions',
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

const common: InputOptions = {
  external: ['@pidlab/contract'],
  treeshake: true,
  optimization: { inlineConst: { mode: 'all', pass: 2 } },
};

/** Writes `dist/index.js`, and its source map, of the package in `folder`. */
export async function bundlePackage(folder: string): Promise<void> {
  const { code, map } = await joined(folder);
  const file = join(folder, 'dist', 'index.js');
  const bundle = await rolldown({
    ...common,
    cwd: folder,
    input: file,
    plugins: [
      {
        name: 'joined',
        resolveId: (id) => (id === file ? id : null),
        load: (id) => (id === file ? { code, map } : null),
      },
      writtenNumbers(file, join(folder, 'dist', '.numbers.js')),
      constFunctions,
    ],
  });
  await bundle.write({ file, format: 'esm', sourcemap: true, comments: true, minify: 'dce-only' });
  await bundle.close();
}

/** All modules as one, which is bundled once more with its numbers written out. */
async function joined(folder: string): Promise<OutputChunk> {
  const bundle = await rolldown({
    ...common,
    cwd: folder,
    input: join(folder, 'src', 'index.ts'),
    resolve: { alias: { '@pidlab/core': join(folder, '..', 'core', 'src', 'index.ts') } },
    plugins: [bothModes()],
  });
  const { output } = await bundle.generate({ format: 'esm', sourcemap: true, file: join(folder, 'dist', 'index.js') });
  await bundle.close();
  return output[0];
}
