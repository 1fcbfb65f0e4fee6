import { createModel } from '../src/model/index.ts';
import { describeConformance } from '../src/vitest.ts';
import { TRAITS } from './traits.ts';

/** Draws the model that is tried when there is less time than with `npm test -- --long`. */
const SEED = Number(process.env.PIDLAB_SEED ?? Date.now() & 0x7fff_ffff);
const tried = process.env.PIDLAB_LONG === '1' ? TRAITS : [TRAITS[SEED % TRAITS.length]!];

// The suite is tested by the model and the model by the suite. Sheer size is not what a model is for.
for (const traits of tried) describeConformance({ traits, createPidAllocator: createModel(traits) }, { scale: false });
