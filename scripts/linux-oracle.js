// npm run linux-oracle [-- options]: installs what is missing, builds, and records fresh scenarios from the kernel of this
// machine, each replayed at once on a process table. Options go to linux-oracle as they are; the last line is `N passed, N failed`.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('linux-oracle');
process.exitCode = await run('node', ['packages/linux-oracle/bin/linux-oracle.js', ...process.argv.slice(2)]);
