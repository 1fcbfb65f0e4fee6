// As built: worker threads of Node cannot load the sources.
import { describeShared } from '../dist/vitest.js';
import { BUILTINS } from '../src/strategies/builtins.ts';

for (const { load, package: name } of Object.values(BUILTINS)) describeShared(await load(), import.meta.resolve(name));
