/**
 * Bundles a library package, with what it uses of core, into one module: `dist/index.js`.
 *
 * It is not about size. V8 treats a module's imports and exports as cells that it loads and checks at every use, and folds
 * only a `const` of the same module into the code that it makes. One module of constants makes a look-up take about half
 * the time (docs/adr/0004-one-module.md has the figures and how to repeat them).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import MagicString from 'magic-string';
import { type InputOptions, type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { bothModes } from './both-modes.ts';
import { writtenNumbers } from './numbers.ts';

/**
 * A function declaration and a `var`, which is what becomes of a class, can be assigned to, so V8 checks them at every use; a
 * `const` cannot. Functions are moved up, so that they are there as early as before.
 */
const constants: Plugin = {
  name: 'constants',
  renderChunk(code) {
    const text = new MagicString(code);
    const { body } = parseAst(code);
    const start = body.find((node) => node.type !== 'ImportDeclaration')?.start ?? 0;
    for (const node of body) {
      if (node.type === 'VariableDeclaration' && node.kind === 'var')
        text.overwrite(node.start, node.start + 3, 'const');
      if (node.type !== 'FunctionDeclaration' || node.id === null) continue;
      const { name, start: named, end } = node.id;
      text.overwrite(node.start, end, `const ${name} = ${code.slice(node.start, named).trimEnd()}`);
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

/**
 * Writes each module that the package in `folder` exports, `dist/index.js` and what it has beside it, with their source maps.
 * Each stands alone. One that is built on core gets both modes.
 */
export async function bundlePackage(folder: string): Promise<void> {
  const { exports = { '.': { default: './dist/index.js' } } } = manifest(folder);
  const names = Object.values<unknown>(exports).map(
    (target) => /^\.\/dist\/(.*)\.js$/.exec((target as { default?: string }).default ?? '')?.[1],
  );
  for (const name of names) if (name !== undefined) await bundleModule(folder, name);
}

// biome-ignore lint/suspicious/noExplicitAny: whatever stands in a package.json
function manifest(folder: string): any {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

async function bundleModule(folder: string, name: string): Promise<void> {
  const { code, map } = await joined(folder, name);
  const file = join(folder, 'dist', `${name}.js`);
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
      constants,
    ],
  });
  await bundle.write({ file, format: 'esm', sourcemap: true, comments: true, minify: 'dce-only' });
  await bundle.close();
}

/** All modules as one, which is bundled once more with its numbers written out. */
async function joined(folder: string, name: string): Promise<OutputChunk> {
  const { dependencies = {} } = manifest(folder);
  const bundle = await rolldown({
    ...common,
    cwd: folder,
    input: join(folder, 'src', `${name}.ts`),
    resolve: { alias: { '@pidlab/core': join(folder, '..', 'core', 'src', 'index.ts') } },
    plugins: '@pidlab/core' in dependencies ? [bothModes()] : [],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    sourcemap: 'hidden',
    file: join(folder, 'dist', `${name}.js`),
  });
  await bundle.close();
  return output[0];
}
