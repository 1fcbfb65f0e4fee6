/**
 * Bundles a library package, with what it uses of core, into one module for each of its entries: `dist/index.js`, and beside
 * it those of a strategy for who needs less, for one thread (`single`) or the traits alone.
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
import { flatPaths } from './flat.ts';
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

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
}

/** The entry of a package that has everything. */
const WHOLE = 'index';

/**
 * Writes `dist/<entry>.js`, and its source map, for each entry that the manifest of the package in `folder` exports, or for
 * `index` alone where it says nothing. The `index` of a package that is built on core gets both modes.
 */
export async function bundlePackage(folder: string): Promise<void> {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const entry of entriesOf(manifest)) await bundleEntry(folder, manifest, entry);
}

function entriesOf({ exports = {} }: Manifest): string[] {
  const modules = Object.values(exports).flatMap((target) => (typeof target === 'string' ? [] : [target.default]));
  const entries = modules.map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, '$1'));
  return entries.length === 0 ? [WHOLE] : entries;
}

async function bundleEntry(folder: string, manifest: Manifest, entry: string): Promise<void> {
  const { code, map } = await joined(folder, manifest, entry);
  const file = join(folder, 'dist', `${entry}.js`);
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
      // A name of its own for each entry: a module that has run once is not run again, whatever its file says by then.
      writtenNumbers(file, join(folder, 'dist', `.numbers-${entry}.js`)),
      flatPaths,
      constants,
    ],
  });
  await bundle.write({ file, format: 'esm', sourcemap: true, comments: true, minify: 'dce-only' });
  await bundle.close();
}

/** All modules as one, which is bundled once more with its numbers written out. */
async function joined(folder: string, { dependencies = {} }: Manifest, entry: string): Promise<OutputChunk> {
  const bundle = await rolldown({
    ...common,
    cwd: folder,
    input: join(folder, 'src', `${entry}.ts`),
    resolve: { alias: { '@pidlab/core': join(folder, '..', 'core', 'src', 'index.ts') } },
    plugins: '@pidlab/core' in dependencies ? [bothModes({ partial: entry !== WHOLE })] : [],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    sourcemap: 'hidden',
    file: join(folder, 'dist', `${entry}.js`),
  });
  await bundle.close();
  return output[0];
}
