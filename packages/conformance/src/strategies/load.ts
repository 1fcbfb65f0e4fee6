import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Strategy } from '@pidlab/contract';
import { BUILTINS } from './builtins.ts';

/** Something is wrong with what was asked for, and not with a strategy. The message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A strategy, and what other threads import it from. */
export interface Loaded {
  readonly strategy: Strategy;
  readonly url: string;
}

/** A built-in strategy by its name. */
export async function loadBuiltin(name: string): Promise<Loaded> {
  const builtin = BUILTINS[name];
  if (builtin === undefined) {
    const known = Object.keys(BUILTINS).join(', ');
    throw new UsageError(
      `--strategy ${name} is unknown; it has to be one of ${known}. For another one give its module.`,
    );
  }
  return { strategy: strategyOf(await builtin.load(), name), url: import.meta.resolve(builtin.package) };
}

/** A strategy from a file, or from a package as the current directory sees it. */
export async function loadModule(specifier: string): Promise<Loaded> {
  const url = locate(specifier);
  let module: unknown;
  try {
    module = await import(url);
  } catch (error) {
    throw new UsageError(`module ${specifier} cannot be loaded: ${whyNot(url, error)}`);
  }
  return { strategy: strategyOf(module, specifier), url: url === specifier ? import.meta.resolve(url) : url };
}

/** What went wrong while a module was imported, where, and what to do if that is known. */
function whyNot(url: string, error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, stack = '', code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return `${message}; compile it to JavaScript, or use Node.js 22.18 or newer`;
  // The second line is a guess of Node's, at a file that is not to be imported.
  if (code === 'ERR_MODULE_NOT_FOUND') return `${message.split('\n')[0]}; install what it imports where that file is`;
  const place =
    error instanceof SyntaxError
      ? placeOfSyntaxError(url)
      : /\bat (?:.*\()?((?:file:|\/)[^()]*:\d+:\d+)/.exec(stack)?.[1];
  return place === undefined || place.startsWith(import.meta.url) ? message : `${message}\n    at ${place}`;
}

/** The error does not say; a process that fails with it does. Nothing of the module runs: it is refused before that. */
function placeOfSyntaxError(url: string): string | undefined {
  const script = `import ${JSON.stringify(url)}`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  return /^((?:file:|\/).*:\d+)$/m.exec(stderr)?.[1];
}

function locate(specifier: string): string {
  if (specifier.startsWith('file:')) return specifier;
  const path = resolve(specifier);
  if (existsSync(path)) return pathToFileURL(path).href;
  if (/^[./]/.test(specifier)) {
    throw new UsageError(`module ${specifier} does not exist: there is no file ${path}`);
  }
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(specifier)).href;
  } catch {
    // It may still be found from here, or have only an "import" condition; import() says what is wrong if not.
    return specifier;
  }
}

/** Checks that a module is a strategy, as far as this can be seen without making an allocator. */
function strategyOf(module: unknown, from: string): Strategy {
  const { createPidAllocator, attachPidAllocator, traits } = module as Partial<Strategy>;
  if (typeof createPidAllocator !== 'function') {
    throw new UsageError(
      `module ${from} exports no function createPidAllocator; export one that returns a PidAllocator`,
    );
  }
  if (typeof traits !== 'object' || traits === null) {
    throw new UsageError(`module ${from} exports no traits; export an object that says what the design can express`);
  }
  const complaint = complainOf(traits as unknown as Record<string, unknown>);
  if (complaint !== undefined) throw new UsageError(`module ${from} exports traits in which ${complaint}`);
  if (
    traits.shared !== (attachPidAllocator !== undefined) ||
    !/^(function|undefined)$/.test(typeof attachPidAllocator)
  ) {
    const has = typeof attachPidAllocator === 'function' ? 'a function' : 'no function';
    throw new UsageError(
      `module ${from} exports ${has} attachPidAllocator, and traits.shared is ${traits.shared}; it has to be there if, and only if, that is true`,
    );
  }
  return attachPidAllocator === undefined
    ? { createPidAllocator, traits }
    : { createPidAllocator, attachPidAllocator, traits };
}

function complainOf(traits: Record<string, unknown>): string | undefined {
  const { strategy, maxLevel, maxNamespaces, maxNumbers, rootNumbers, floors, map, rules, shared, memory } = traits;
  if (typeof strategy !== 'string' || strategy === '') return 'strategy is not the design’s name';
  if (!Number.isInteger(maxLevel) || (maxLevel as number) < 0) return 'maxLevel is not an integer from 0';
  if (
    maxNamespaces !== Number.POSITIVE_INFINITY &&
    (!Number.isInteger(maxNamespaces) || (maxNamespaces as number) < 0)
  ) {
    return 'maxNamespaces is neither an integer from 0 nor Infinity';
  }
  if (!Number.isInteger(maxNumbers) || (maxNumbers as number) < 1) return 'maxNumbers is not an integer from 1';
  if (rootNumbers !== 'small' && rootNumbers !== 'encoded') return "rootNumbers is neither 'small' nor 'encoded'";
  const { root, child } = (floors ?? {}) as Record<string, unknown>;
  if (!Number.isInteger(root) || !Number.isInteger(child)) return 'floors has no integers root and child';
  if (map !== undefined && map !== 'pidmap' && map !== 'tree') return "map is neither 'pidmap' nor 'tree'";
  if (rules !== undefined && rules !== 'checked' && rules !== 'mainline')
    return "rules is neither 'checked' nor 'mainline'";
  if (typeof shared !== 'boolean') return 'shared is not a boolean';
  if (memory !== undefined && memory !== 'block' && memory !== 'objects')
    return "memory is neither 'block' nor 'objects'";
  if (memory === 'objects' && shared) return 'shared is true and memory is ‘objects’, which threads cannot share';
  return undefined;
}
