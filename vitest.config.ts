import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const root = import.meta.dirname;

/** Whose files, which replace no modules, take turns in one process: to start it, and load everything, takes longer than most of them. */
const TAKING_TURNS = ['@pidlab/conformance', '@pidlab/bench', '@pidlab/process-table'];

/** Each package and example with a `test/` folder is a project of its package's name; the root's own tests are `structure`. */
function projects(): TestProjectInlineConfiguration[] {
  const found = [{ name: 'structure', dir: root }];
  for (const group of ['packages', 'examples']) {
    if (!existsSync(join(root, group))) continue;
    for (const entry of readdirSync(join(root, group)).sort()) {
      const dir = join(root, group, entry);
      if (!existsSync(join(dir, 'test')) || !existsSync(join(dir, 'package.json'))) continue;
      found.push({ name: JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).name, dir });
    }
  }
  return found.map(({ name, dir }) => ({
    extends: true,
    root: dir,
    test: { name, include: ['test/**/*.test.ts'], isolate: !TAKING_TURNS.includes(name) },
  }));
}

export default defineConfig({
  test: {
    projects: projects(),
    // What is built is run as it is, by Node, and so is what tests build for themselves (mutants and the like, in folders of their
    // own): to transform half a megabyte each time takes minutes in all.
    server: { deps: { external: [/\/packages\/[\w-]+\/dist\//, /\/pidlab-\w+-\w{6}\/[^/]+\.m?js$/] } },
    // Worker threads, SharedArrayBuffers and measured memory want a process of their own; two suit the smallest machine.
    pool: 'forks',
    maxWorkers: 2,
    // For what hangs. No test is about time, and ten others may be at work on the machine.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    passWithNoTests: false,
    allowOnly: false,
  },
});
