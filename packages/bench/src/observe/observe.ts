import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PidAllocator, PidAllocatorDescriptor } from '@pidlab/contract';
import type { StrategyModule } from '../workload.ts';
import { instrument } from './instrument.ts';

/** An access to the block of an allocator. */
export interface Access {
  readonly kind: 'read' | 'write' | 'atomic';
  /** Whether the processor's core must have the line for itself: all but a read, and an atomic one. An exchange that fails must, too. */
  readonly isWrite: boolean;
  /** Offset of the word. */
  readonly at: number;
  /** How many reads, one after the other, had to be waited for: 1 for a read at an address that nothing was read for. */
  readonly depth: number;
}

/** Called at each access. */
export type Listener = (access: Access) => void;

/** A strategy whose accesses can be looked at: the same source, rewritten. Slower by far, and the same in all else. */
export interface ObservedStrategy extends StrategyModule {
  readonly createPidAllocator: (options?: object) => PidAllocator;
  /**
   * Has `listener` called at every access to the block of an allocator that this module made, until the function that it
   * gives is called. Chains of dependent reads are counted from here on.
   */
  observe(allocator: PidAllocator, listener: Listener): () => void;
  /** Another worker of a shared block, which can be observed by itself. */
  attachPidAllocator(descriptor: PidAllocatorDescriptor): PidAllocator;
  /** The block of an allocator that this module made. */
  wordsOf(allocator: PidAllocator): Int32Array;
}

/** What the rewritten module calls. */
export class Runtime {
  /** Depth of what was evaluated last, and of the arguments of the call that is about to be made. */
  d = 0;
  a: number[] = [];
  /** The largest array of words that was touched last: while an allocator is made, its block. */
  touched: Int32Array | undefined;
  readonly listeners: Map<Int32Array, Listener> = new Map();
  /** Of words that were written since somebody listens: the depth of what was written. */
  readonly stored: Map<number, number> = new Map();

  read(words: Int32Array, at: number, depth: number): number {
    this.#touch(words);
    const listener = this.#listenerOf(words);
    const deep = listener ? Math.max(depth, this.stored.get(at) ?? 0) + 1 : 0;
    listener?.({ kind: 'read', isWrite: false, at, depth: deep });
    const value = words[at];
    this.d = deep;
    return value;
  }

  write(words: Int32Array, at: number, value: number, depth: number, valueDepth: number): number {
    this.#touch(words);
    words[at] = value;
    const listener = this.#listenerOf(words);
    if (listener) {
      listener({ kind: 'write', isWrite: true, at, depth });
      this.stored.set(at, valueDepth);
    }
    return value;
  }

  update(words: Int32Array, at: number, depth: number, of: (old: number) => number, isOld: boolean): number {
    const old = this.read(words, at, depth);
    const deep = this.d;
    const now = of(old);
    this.write(words, at, now, depth, deep);
    this.d = deep;
    return isOld ? old : now;
  }

  atomic(name: string, words: Int32Array, at: number, rest: readonly number[], depth: number): number {
    const listener = this.#listenerOf(words);
    const deep = listener ? Math.max(depth, this.stored.get(at) ?? 0) + 1 : 0;
    listener?.({ kind: 'atomic', isWrite: name !== 'load', at, depth: name === 'store' ? depth : deep });
    const operations = Atomics as unknown as Record<string, (...args: unknown[]) => number>;
    const value = operations[name](words, at, ...rest);
    this.d = deep;
    return value;
  }

  fill(words: Int32Array, args: readonly number[]): unknown {
    const filled = words.fill(...(args as [number, number?, number?]));
    const listener = this.listeners.get(words);
    const [, from = 0, to = words.length] = args;
    if (listener) for (let at = from; at < to; at++) listener({ kind: 'write', isWrite: true, at, depth: 0 });
    this.d = 0;
    return filled;
  }

  /** Most accesses are made while nobody listens: what is to be observed has to be made first. */
  #listenerOf(words: Int32Array): Listener | undefined {
    return this.listeners.size === 0 ? undefined : this.listeners.get(words);
  }

  #touch(words: Int32Array): void {
    if (words instanceof Int32Array && words.length > (this.touched?.length ?? 0)) this.touched = words;
  }
}

let modules = 0;

/** Loads the built module of a strategy in a form that can be observed; what it imports of core is rewritten as well. */
export async function loadObserved(file: string): Promise<ObservedStrategy> {
  const name = `pidlab.observed.${modules++}`;
  const runtime = new Runtime();
  (globalThis as Record<string, unknown>)[name] = runtime;
  const folder = mkdtempSync(join(tmpdir(), 'pidlab-observed-'));
  try {
    const url = new Rewriting(folder, name).of(file);
    return observed((await import(url)) as StrategyModule, runtime);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From which module an import or export takes something. */
const FROM = /^(\s*(?:import|export)\b[^'";]*?from\s*|\s*import\s*)(['"])([^'"]+)\2/gm;

/** Modules that are rewritten, each once, into a folder of their own. */
class Rewriting {
  readonly #folder: string;
  readonly #name: string;
  readonly #urls = new Map<string, string>();

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
  }

  /** The address of the rewritten module. */
  of(file: string): string {
    const known = this.#urls.get(file);
    if (known !== undefined) return known;
    const target = join(this.#folder, `${this.#urls.size}.mjs`);
    const url = pathToFileURL(target).href;
    this.#urls.set(file, url);
    const source = readFileSync(file, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
    const code = source.replace(
      FROM,
      (_, before: string, quote: string, from: string) => `${before}${quote}${this.#imported(file, from)}${quote}`,
    );
    writeFileSync(target, instrument(code, this.#name));
    return url;
  }

  /** What belongs to the strategy, and core, is rewritten; all else is where the module finds it. */
  #imported(file: string, from: string): string {
    if (isBuiltin(from)) return from;
    const found = createRequire(file).resolve(from);
    return from.startsWith('.') || from.startsWith('@pidlab/core') ? this.of(found) : pathToFileURL(found).href;
  }
}

function observed(module: StrategyModule, runtime: Runtime): ObservedStrategy {
  const blocks = new WeakMap<PidAllocator, Int32Array>();
  const wordsOf = (allocator: PidAllocator): Int32Array => {
    const words = blocks.get(allocator);
    if (!words) throw new Error('the allocator was not made by this module');
    return words;
  };
  const made = (make: () => unknown): PidAllocator => {
    runtime.touched = undefined;
    const allocator = make() as PidAllocator;
    if (!runtime.touched) throw new Error(`${module.traits.strategy} does not keep its state in a block of words`);
    blocks.set(allocator, runtime.touched);
    return allocator;
  };
  return {
    traits: module.traits,
    createPidAllocator: (options = {}) => made(() => module.createPidAllocator(options)),
    attachPidAllocator(descriptor) {
      const { attachPidAllocator } = module;
      if (!attachPidAllocator) throw new Error(`${module.traits.strategy} exports no attachPidAllocator`);
      return made(() => attachPidAllocator(descriptor));
    },
    observe(allocator, listener) {
      const words = wordsOf(allocator);
      runtime.stored.clear();
      runtime.a = [];
      runtime.listeners.set(words, listener);
      return () => {
        runtime.listeners.delete(words);
      };
    },
    wordsOf,
  };
}
