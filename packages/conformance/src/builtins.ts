import type { Strategy } from '@pidlab/contract';

/** The strategies that the command line knows by name; the only place of the suite that names any. */
export const BUILTINS: Readonly<Record<string, () => Promise<Strategy>>> = {
  hierarchical: () => import('@pidlab/core-hierarchical'),
  flat: () => import('@pidlab/core-flat'),
  pidspace: () => import('@pidlab/core-pidspace'),
};
