import type { StrategyModule } from './workload.ts';

/** The strategies that the command line knows by name. Nothing else in this package knows that they exist. */
export const STRATEGIES: Readonly<Record<string, () => Promise<StrategyModule>>> = {
  hierarchical: () => import('@pidlab/core-hierarchical'),
  flat: () => import('@pidlab/core-flat'),
  pidspace: () => import('@pidlab/core-pidspace'),
};
