// npm run soak [-- options]: installs what is missing, builds, and does mixed work for minutes or days.
// Options go to packages/trials/bin/soak.js as they are; `--help` says which.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('soak');
process.exitCode = await run('node', ['packages/trials/bin/soak.js', ...process.argv.slice(2)]);
