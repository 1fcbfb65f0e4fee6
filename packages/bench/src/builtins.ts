import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BASELINES } from './baselines/index.ts';
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
  if (module === undefined) return fileURLToPath(import.meta.resolve(`@pidlab/core-${id}`));
  const file = resolve(module);
  return existsSync(file) ? file : createRequire(resolve('index.js')).resolve(module);
}

/** The baselines, or only the floor. */
export function baselineSpecs(all: boolean): SubjectSpec[] {
  return Object.keys(BASELINES)
    .filter((id) => all || id === 'floor')
    .map((id) => ({ id, kind: id === 'floor' ? 'floor' : 'baseline' }));
}
