import { describeConformance } from '@pidlab/conformance/vitest';
import * as strategy from '../src/index.ts';

describeConformance(strategy);
