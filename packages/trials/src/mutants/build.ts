import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bothModes, fileOf } from '@pidlab/bundle';
import type { Strategy as Allocators } from '@pidlab/contract';
import { type Plugin, rolldown } from 'rolldown';
import { exactRegex, prefixRegex } from 'rolldown/filter';
import { type Change, type Mutant, type Strategy, strategyOf } from './mutant.ts';

/** From `src` and from `dist` alike. */
const packages = join(import.meta.dirname, '..', '..', '..');
const contract = pathToFileURL(join(packages, 'contract', 'dist', 'index.js')).href;

const ENTRY = 'strategy-with-faults';

/** The strategy, and the way to inject faults into its allocators. */
function entryOf(strategy: Strategy): string {
  const index = join(packages, `core-${strategy}`, 'src', 'index.ts');
  return `export * from ${JSON.stringify(index)};\nexport { injectFaults } from '@pidlab/core';`;
}

/** The source that a change is made in. */
function sourceOf(change: Change): string {
  return join(packages, change.package, 'src', change.file);
}

/** How often the text that a change replaces stands in its file: anything but once means that the change is stale. */
export function occurrences(change: Change): number {
  return readFileSync(sourceOf(change), 'utf8').split(change.find).length - 1;
}

/**
 * Writes a strategy, changed in these places, as one module for one thread and for several. Its own sources and core's are
 * taken as they are now; the contract is the one that was built, so that everybody catches the errors of the same classes. The
 * module has core's `injectFaults` beside the strategy.
 * Throws when a change is stale.
 */
export async function buildStrategy(strategy: Strategy, changes: readonly Change[], file: string): Promise<void> {
  const entry: Plugin = {
    name: 'entry',
    resolveId: { filter: { id: exactRegex(ENTRY) }, handler: (id) => id },
    load: { filter: { id: exactRegex(ENTRY) }, handler: () => entryOf(strategy) },
  };
  const alias = { '@pidlab/core': join(packages, 'core', 'src', 'index.ts') };
  await buildChanged(ENTRY, alias, [entry, bothModes({ checked: true })], changes, file);
}

/** Writes the process table, changed in these places, over the contract that was built. Throws when a change is stale. */
export async function buildTable(changes: readonly Change[], file: string): Promise<void> {
  await buildChanged(join(packages, 'process-table', 'src', 'index.ts'), {}, [], changes, file);
}

/** With filters, since a call of a plugin takes longer than most of what the bundler does. */
async function buildChanged(
  input: string,
  alias: Record<string, string>,
  plugins: readonly Plugin[],
  changes: readonly Change[],
  file: string,
): Promise<void> {
  for (const change of changes) {
    const times = occurrences(change);
    if (times !== 1) throw new Error(`${change.find} stands in ${change.package}/src/${change.file} ${times} times`);
  }
  const changed = (text: string, path: string): string =>
    changes
      .filter((change) => fileOf(path) === sourceOf(change))
      // A function, since a `$` in a replacement would mean something.
      .reduce((sofar, { find, replace }) => sofar.replace(find, () => replace), text);
  const oneContract: Plugin = {
    name: 'one-contract',
    resolveId: { filter: { id: exactRegex('@pidlab/contract') }, handler: () => ({ id: contract, external: true }) },
  };
  const change: Plugin = {
    name: 'change',
    transform: { filter: { id: changes.map((change) => prefixRegex(sourceOf(change))) }, handler: changed },
  };
  const build = await rolldown({
    input,
    platform: 'node',
    resolve: { alias },
    plugins: [oneContract, ...plugins, ...(changes.length > 0 ? [change] : [])],
    logLevel: 'silent',
  });
  await build.write({ file, format: 'esm' });
  await build.close();
}

/** A mutant, built and loaded. */
export async function loadMutant(mutant: Mutant): Promise<Allocators> {
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-mutant-'));
  try {
    const file = join(folder, `${mutant.id}.mjs`);
    await buildStrategy(strategyOf(mutant), [mutant], file);
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
