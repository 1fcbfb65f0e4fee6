/** The mutants, and how one is built. */
export { buildStrategy, loadMutant } from './build.ts';
export { mutants } from './list.ts';
export { type Change, type Mutant, type Strategy, strategyOf } from './mutant.ts';
