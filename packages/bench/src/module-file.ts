import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A module that cannot be loaded or is no strategy: the message says which, and what is wrong. */
export class SubjectError extends Error {
  override readonly name = 'SubjectError';
}

/**
 * The file of a module that was named: a file; a folder, whose package.json names it (`exports` or `main`); or a package that
 * is installed where the program was started. SubjectError where there is none.
 */
export function moduleFile(module: string): string {
  const path = resolve(module);
  if (existsSync(path)) return statSync(path).isDirectory() ? fileIn(path) : path;
  if (/^[./]|\.[cm]?[jt]s$/.test(module)) throw new SubjectError(`there is no file ${path}`);
  try {
    return createRequire(resolve('index.js')).resolve(module);
  } catch {
    return installed(module);
  }
}

/** A package that has nothing for `require`, or stands beside this one. */
function installed(module: string): string {
  try {
    return fileURLToPath(import.meta.resolve(module));
  } catch (error) {
    throw new SubjectError(`cannot load ${module}: ${(error as Error).message.split('\n', 1)[0]}`);
  }
}

function fileIn(folder: string): string {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) throw new SubjectError(`${folder} has no package.json that names a module`);
  const named = namedBy(manifest);
  if (named === undefined) throw new SubjectError(`${manifest} names no module: neither exports nor main has one`);
  const file = resolve(folder, named);
  if (!existsSync(file)) throw new SubjectError(`${manifest} names ${named}, and there is no file ${file}`);
  return file;
}

function namedBy(manifest: string): string | undefined {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(manifest, 'utf8'));
  } catch (error) {
    throw new SubjectError(`cannot read ${manifest}: ${(error as Error).message}`);
  }
  const { exports, main } = (read ?? {}) as { exports?: unknown; main?: unknown };
  return target(exports) ?? (typeof main === 'string' ? main : undefined);
}

/** What `exports` says of the package itself, under whichever of the usual conditions. */
function target(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const { '.': self, import: imported, default: fallback } = exports as Record<string, unknown>;
  return target(self) ?? target(imported) ?? target(fallback);
}
