import { coreMutants } from './core.ts';
import { flatMutants } from './flat.ts';
import { hierarchicalMutants } from './hierarchical.ts';
import { idrMutants } from './idr.ts';
import type { Mutant } from './mutant.ts';
import { pidspaceMutants } from './pidspace.ts';
import { sharedMutants } from './threads.ts';

/** All mutants, by package. */
export const mutants: readonly Mutant[] = [
  ...coreMutants,
  ...hierarchicalMutants,
  ...flatMutants,
  ...pidspaceMutants,
  ...idrMutants,
  ...sharedMutants,
];
