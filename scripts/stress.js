// npm run stress [-- options]: installs what is missing, builds, and has threads do random things to shared allocators.
// Options go to pid-stress as they are; the last line of the output is its JSON.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('stress');
process.exitCode = await run('node', ['packages/conformance/bin/pid-stress.js', ...process.argv.slice(2)]);
