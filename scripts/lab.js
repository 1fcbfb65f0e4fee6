// npm run lab [-- options]: installs what is missing, builds, and runs the lab: the conformance matrix, the replay of
// recorded Linux traces, the benchmark and its report. Options go to pid-lab as they are.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('lab');
process.exitCode = await run('node', ['packages/bench/bin/pid-lab.js', ...process.argv.slice(2)]);
