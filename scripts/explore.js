// npm run explore [-- options]: installs what is missing, builds, and tries every interleaving of a few threads.
// Options go to `pid-conformance explore` as they are.

import { build, install, run, section } from './lib/run.js';

await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('explore');
process.exitCode = await run('node', [
  'packages/conformance/bin/pid-conformance.js',
  'explore',
  ...process.argv.slice(2),
]);
