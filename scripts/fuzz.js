// npm run fuzz [-- options]: installs what is missing, builds, and tries what hostile hands could, at random.
// Options go to packages/trials/bin/fuzz.js as they are; `--help` says which.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('fuzz');
process.exitCode = await run('node', ['packages/trials/bin/fuzz.js', ...process.argv.slice(2)]);
