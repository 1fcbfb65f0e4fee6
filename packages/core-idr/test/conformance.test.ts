import { describeConformance } from '@pidlab/conformance/vitest';
import * as strategy from '../dist/index.js';

// Sheer size takes half a minute: `npm test -- --long`. Shared blocks have a file of their own, so that both run at once.
describeConformance(strategy, { scopes: ['root', 'child'], scale: process.env.PIDLAB_LONG === '1' });
