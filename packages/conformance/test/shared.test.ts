// As built: worker threads of Node cannot load the sources.
import { describeShared } from '../dist/vitest.js';
import { BUILTINS } from '../src/strategies/builtins.ts';

// One with pidmaps and hashes; one with trees has its turn in a browser, and all of them with `npm test -- --long`.
const names = process.env.PIDLAB_LONG === '1' ? Object.keys(BUILTINS) : ['hierarchical'];
for (const name of names) {
  const { load, package: specifier } = BUILTINS[name]!;
  describeShared(await load(), import.meta.resolve(specifier));
}
