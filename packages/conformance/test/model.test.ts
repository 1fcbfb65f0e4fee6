import { createModel } from '../src/model/index.ts';
import { describeConformance } from '../src/vitest.ts';
import { TRAITS } from './traits.ts';

// Those that differ most from each other; all of them with `npm test -- --long`.
const SOME = ['model of pidspace', 'model of idr'];
const tried = TRAITS.filter(({ strategy }) => process.env.PIDLAB_LONG === '1' || SOME.includes(strategy));

// The suite is tested by the model and the model by the suite. Sheer size is not what a model is for.
for (const traits of tried) describeConformance({ traits, createPidAllocator: createModel(traits) }, { scale: false });
