import type { Strategy } from '@pidlab/contract';

/** A strategy's package, and how to load it. */
export interface Builtin {
  readonly package: string;
  readonly load: () => Promise<Strategy>;
}

/** The strategies that the command line knows by name; the only place of the suite that names any. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  hierarchical: { package: '@pidlab/core-hierarchical', load: () => import('@pidlab/core-hierarchical') },
  flat: { package: '@pidlab/core-flat', load: () => import('@pidlab/core-flat') },
  pidspace: { package: '@pidlab/core-pidspace', load: () => import('@pidlab/core-pidspace') },
  idr: { package: '@pidlab/core-idr', load: () => import('@pidlab/core-idr') },
};
