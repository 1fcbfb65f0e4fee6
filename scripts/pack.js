// npm run pack: see USAGE.

import { relative } from 'node:path';
import { optionsOf } from './lib/options.js';
import { packAll, tarballs } from './lib/pack.js';
import { build, install, root, section } from './lib/run.js';

optionsOf(
  `npm run pack

Installs what is missing, builds, and packs what is published into reports/packages, for a project outside that wants to try it
before it is on npm. The last line is the command that installs it there.`,
  {},
);
await install();
section('build');
const built = await build();
if (built !== 0) process.exit(built);
section('pack');
const packed = await packAll();
console.log(`${packed.length} packages are in ${relative(root, tarballs)}. In a project of yours:`);
console.log(`\n  npm install ${tarballs}/*.tgz`);
