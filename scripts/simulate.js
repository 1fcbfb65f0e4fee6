// npm run simulate [-- options]: installs what is missing, builds, and plays everything at once by seeds.
// Options go to packages/trials/bin/simulate.js as they are; `--help` says which.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('simulate');
process.exitCode = await run('node', ['packages/trials/bin/simulate.js', ...process.argv.slice(2)]);
