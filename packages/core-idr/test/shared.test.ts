import { describeConformance } from '@pidlab/conformance/vitest';
import * as strategy from '../dist/index.js';

// The clauses about sheer size: `npm test -- --long`.
describeConformance(strategy, { scopes: ['shared root', 'shared child'], scale: process.env.PIDLAB_LONG === '1' });
