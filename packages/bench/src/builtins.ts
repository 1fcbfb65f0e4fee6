import { fileURLToPath } from 'node:url';
import { BASELINES } from './baselines/index.ts';
import { moduleFile } from './module-file.ts';
import type { SubjectSpec } from './subjects.ts';
import type { StrategyModule } from './workload.ts';

/** The strategies that the command line knows by name. Nothing else in this package knows that they exist. */
export const STRATEGIES: Readonly<Record<string, () => Promise<StrategyModule>>> = {
  hierarchical: () => import('@pidlab/core-hierarchical'),
  flat: () => import('@pidlab/core-flat'),
  pidspace: () => import('@pidlab/core-pidspace'),
  idr: () => import('@pidlab/core-idr'),
};

/** The idr design as Linux had it until November 2025: a module of this package, with a lock for each level (claim E13). */
export const BY_LEVEL: string = fileURLToPath(new URL('../modules/idr-by-level.js', import.meta.url));

/** The built file of a strategy: the one that was named, or that of the package. */
export function builtFile(id: string, module?: string): string {
  return module === undefined ? fileURLToPath(import.meta.resolve(`@pidlab/core-${id}`)) : moduleFile(module);
}

/** The baselines, or only the floor. */
export function baselineSpecs(all: boolean): SubjectSpec[] {
  return Object.keys(BASELINES)
    .filter((id) => all || id === 'floor')
    .map((id) => ({ id, kind: id === 'floor' ? 'floor' : 'baseline' }));
}
