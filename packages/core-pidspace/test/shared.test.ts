import { describeConformance } from '@pidlab/conformance/vitest';
import * as strategy from '../dist/index.js';

// The second copy of the code, by one thread. What is in it is core's for the most part, so that hierarchical runs it all and the
// others half; all of it, and the clauses about sheer size, with `npm test -- --long`.
const isLong = process.env.PIDLAB_LONG === '1';
describeConformance(strategy, { scopes: isLong ? ['shared root', 'shared child'] : ['shared child'], scale: isLong });
