/** A strategy whose accesses go through a machine. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Strategy } from '@pidlab/contract';
import * as contract from '@pidlab/contract';
import { CALLS, type Transformed, transform } from './transform.ts';

/** What a machine calls its functions. */
type Calls = Readonly<Record<string, unknown>>;

/** A built strategy, transformed once, to be run by any number of machines. */
export interface Module {
  readonly url: string;
  readonly traits: Strategy['traits'];
  /** The strategy, each of whose accesses is a call of these; the same one for the same calls. */
  instantiate(calls: Calls): Required<Strategy>;
}

/** Reads and transforms a built strategy. Throws where it does something with the block that could not be followed. */
export async function loadModule(url: string): Promise<Module> {
  const path = fileURLToPath(url);
  const transformed = transform(readFileSync(path, 'utf8'), path);
  const imported = new Map<string, unknown>();
  for (const name of transformed.imports) imported.set(name, await importFrom(path, name));
  const instances = new WeakMap<Calls, Required<Strategy>>();
  const instantiate = (calls: Calls): Required<Strategy> => {
    const instance = instances.get(calls) ?? evaluate(transformed, calls, imported, url);
    instances.set(calls, instance);
    return instance;
  };
  const { traits } = instantiate(Object.fromEntries(CALLS.map((name) => [name, notRunning])));
  if (!traits.shared) throw new Error(`${path} is a strategy for one thread: there is nothing to explore`);
  return { url, traits, instantiate };
}

/** The contract is ours, so that its errors are the judge's; anything else is where the module finds it. */
async function importFrom(path: string, name: string): Promise<unknown> {
  if (name === '@pidlab/contract') return contract;
  const isUrl = /^(?:node|file):/.test(name);
  return import(isUrl ? name : pathToFileURL(createRequire(path).resolve(name)).href);
}

function evaluate(
  { code }: Transformed,
  calls: Calls,
  imported: ReadonlyMap<string, unknown>,
  url: string,
): Required<Strategy> {
  // A module cannot be imported twice, and each machine wants one whose calls are its own.
  const run = new Function('$m', '$import', `${code}\n//# sourceURL=${url}?explored`);
  return run(calls, (name: string) => imported.get(name)) as Required<Strategy>;
}

function notRunning(): never {
  throw new Error('the strategy uses a block while it is loaded');
}
