import { describeConformance } from '@pidlab/conformance/vitest';
import * as strategy from '../dist/index.js';

// At both levels, and the clauses about sheer size: `npm test -- --long`.
const isLong = process.env.PIDLAB_LONG === '1';
describeConformance(strategy, { scopes: isLong ? ['shared root', 'shared child'] : ['shared child'], scale: isLong });
