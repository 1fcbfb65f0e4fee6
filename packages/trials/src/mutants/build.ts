import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { bothModes, fileOf } from '../../../scripts/lib/both-modes.js';
import type { Mutant, Strategy } from './mutant.ts';

const packages = join(import.meta.dirname, '..', '..');

/** The source that a mutant changes. */
function sourceOf(mutant: Mutant): string {
  return join(packages, mutant.package, 'src', mutant.file);
}

/** How often the text that a mutant replaces stands in its file: anything but once means that the mutant is stale. */
export function occurrences(mutant: Mutant): number {
  return readFileSync(sourceOf(mutant), 'utf8').split(mutant.find).length - 1;
}

/** Writes a strategy, everything that it imports included, as one module; changed as the mutant says, if there is one. */
export async function buildStrategy(strategy: Strategy, mutant: Mutant | undefined, file: string): Promise<void> {
  await bundle(join(packages, `core-${strategy}`, 'src', 'index.ts'), file, (path, text) => {
    if (mutant === undefined || fileOf(path) !== sourceOf(mutant)) return text;
    // A function, since a `$` in a replacement would mean something.
    return text.replace(mutant.find, () => mutant.replace);
  });
}

/** Writes what runs clauses in a process of its own, with the suite in it, and its worker threads. Returns the program. */
export async function buildRunner(dir: string): Promise<string> {
  const program = join(dir, 'runner.js');
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  await bundle(join(import.meta.dirname, 'runner.ts'), program, (_path, text) => text);
  const worker = join(packages, 'conformance', 'src', 'shared', 'node-worker.ts');
  await bundle(worker, join(dir, 'node-worker.js'), (_path, text) => text);
  return program;
}

/** Sources are taken as they are now, those of other packages too: nothing depends on when somebody built last. */
async function bundle(entry: string, file: string, change: (path: string, text: string) => string): Promise<void> {
  const alias = Object.fromEntries(
    ['contract', 'core'].map((name) => [`@pidlab/${name}`, join(packages, name, 'src', 'index.ts')]),
  );
  const build = await rolldown({
    input: entry,
    platform: 'node',
    resolve: { alias },
    plugins: [bothModes(), { name: 'mutate', transform: (text, path) => change(path, text) }],
    logLevel: 'silent',
  });
  await build.write({ file, format: 'esm' });
  await build.close();
}
