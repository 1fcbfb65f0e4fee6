/** Strategies by the names that the command lines know them by, and from anybody's module. */
import { BUILTINS } from './builtins.ts';
import { type Loaded, loadBuiltin, loadModule } from './load.ts';

export { BUILTINS, type Builtin } from './builtins.ts';
export { type Loaded, loadBuiltin, loadModule, UsageError } from './load.ts';

/** A built-in strategy by its name, or one from a file or a package. */
export function loadStrategy(nameOrModule: string): Promise<Loaded> {
  return Object.hasOwn(BUILTINS, nameOrModule) ? loadBuiltin(nameOrModule) : loadModule(nameOrModule);
}
