import { describeConformance } from '@pidlab/conformance/vitest';
import * as strategy from '../dist/index.js';

describeConformance(strategy);
