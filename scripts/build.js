// npm run build: installs what is missing and builds every package.

import { build, install, section } from './lib/run.js';

await install();
section('build');
process.exitCode = await build();
