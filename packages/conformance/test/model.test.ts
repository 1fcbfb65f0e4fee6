import { createModel } from '../src/model/index.ts';
import { describeConformance } from '../src/vitest.ts';
import { TRAITS } from './traits.ts';

// The suite is tested by the model and the model by the suite. Sheer size is not what a model is for.
for (const traits of TRAITS) describeConformance({ traits, createPidAllocator: createModel(traits) }, { scale: false });
