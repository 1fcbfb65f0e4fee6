#!/usr/bin/env node
// In a package's folder, after `tsc -b`: writes its dist/index.js.
import { bundlePackage } from '../dist/index.js';

await bundlePackage(process.cwd());
