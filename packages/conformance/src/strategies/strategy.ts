import type { Strategy } from '@pidlab/contract';
import { BUILTINS } from '../builtins.ts';
import { loadBuiltin, loadModule } from '../load.ts';

/** A built-in strategy by its name, or one from a file or a package. */
export async function loadStrategy(nameOrModule: string): Promise<Strategy> {
  const isBuiltin = Object.hasOwn(BUILTINS, nameOrModule);
  return (isBuiltin ? await loadBuiltin(nameOrModule) : await loadModule(nameOrModule)).strategy;
}
