// As built: worker threads of Node cannot load the sources.
import { describeConformance, describeShared } from '../dist/vitest.js';
import { BUILTINS } from '../src/strategies/builtins.ts';
import { sharedClauses } from '../src/threads/clauses.ts';

/* The suite once more where workers have windows: by one thread, which is to see no difference, and by several. */

const isLong = process.env.PIDLAB_LONG === '1';
const ALL = Object.keys(BUILTINS);
/** Draws the design that keeps it, by one thread and by several, and the third of the clauses about several, when there is less time than with `npm test -- --long`. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const clauses = sharedClauses.map(({ id }) => id).filter((_, i) => isLong || i % 3 === SEED % 3);
const tried = isLong ? ALL : [ALL[SEED % ALL.length]!];

for (const name of tried)
  describeConformance(await BUILTINS[name]!.load(), {
    scopes: isLong ? ['shared root', 'shared child'] : ['shared child'],
    // Sheer size is asked of each design, and has nothing to do with windows.
    scale: false,
    window: 8,
  });
for (const name of tried) {
  const { load, package: specifier } = BUILTINS[name]!;
  describeShared(await load(), import.meta.resolve(specifier), { window: 64, clauses });
}
