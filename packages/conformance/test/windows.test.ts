// As built: worker threads of Node cannot load the sources.
import { describeConformance, describeShared } from '../dist/vitest.js';
import { BUILTINS } from '../src/strategies/builtins.ts';

/* The suite once more where workers have windows: by one thread, which is to see no difference, and by several. */

const isLong = process.env.PIDLAB_LONG === '1';
const shared = { scopes: ['shared root', 'shared child'], scale: isLong } as const;
/** Where the map is core's, and where it is a tree; all of them with `npm test -- --long`. */
const names = isLong ? Object.keys(BUILTINS) : ['hierarchical', 'idr'];
for (const name of names) {
  const { load, package: specifier } = BUILTINS[name]!;
  const strategy = await load();
  describeConformance(strategy, { ...shared, window: 8 });
  describeShared(strategy, import.meta.resolve(specifier), { window: 64 });
}
