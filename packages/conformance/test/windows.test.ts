// As built: worker threads of Node cannot load the sources.
import { describeConformance, describeShared } from '../dist/vitest.js';
import { BUILTINS } from '../src/strategies/builtins.ts';

/* The suite once more where workers have windows: by one thread, which is to see no difference, and by several. */

const isLong = process.env.PIDLAB_LONG === '1';
const ALL = Object.keys(BUILTINS);
/** By one thread where the map is core's and where it is a tree, by several on the latter; both on all designs with `npm test -- --long`. */
const [alone, together] = isLong ? [ALL, ALL] : [['hierarchical', 'idr'], ['idr']];

for (const name of alone)
  describeConformance(await BUILTINS[name]!.load(), {
    scopes: isLong ? ['shared root', 'shared child'] : ['shared child'],
    // Sheer size is asked of each design, and has nothing to do with windows.
    scale: false,
    window: 8,
  });
for (const name of together) {
  const { load, package: specifier } = BUILTINS[name]!;
  describeShared(await load(), import.meta.resolve(specifier), { window: 64 });
}
