import type { AttachPidAllocator, PidAllocator, PidAllocatorOptions, Strategy, Traits } from '@pidlab/contract';
import { CAPACITY, createWorld, type World } from './world.ts';

/** Where the clauses of a run are at home. */
export interface Scope {
  readonly name: 'root' | 'child' | 'shared root' | 'shared child';
  /** Level of the namespace that clauses work in. */
  readonly level: 0 | 1;
  /** Whether the allocators that clauses make are for several threads. */
  readonly shared: boolean;
}

/** Every clause runs at the root, and again one level down; and where the design can be shared, both again in that mode. */
export const SCOPES: readonly Scope[] = [
  { name: 'root', level: 0, shared: false },
  { name: 'child', level: 1, shared: false },
  { name: 'shared root', level: 0, shared: true },
  { name: 'shared child', level: 1, shared: true },
];

/** What is known of a clause besides its sentence. */
export interface About {
  /** Where the statement comes from: a function and a kernel version, a manual page, a patch, a test suite. */
  readonly source: string;
  /** The clause is about a place of its own and does not care for `home`: it runs once for each strategy. */
  readonly once?: boolean;
  /** The clause is about sheer size: it takes seconds and runs once for each strategy. */
  readonly scale?: boolean;
  /** The clause ends workers in the middle of calls: what is merely leaked is no violation after it. */
  readonly leaks?: boolean;
}

/** A statement that every strategy has to keep, with the code that tries it. */
export interface Clause {
  /** `ALLOC-3`: stable, so that others can refer to it. */
  readonly id: string;
  readonly sentence: string;
  readonly source: string;
  readonly once: boolean;
  readonly scale: boolean;
  readonly leaks: boolean;
  /** Throws when the statement does not hold. */
  readonly body: () => void;
}

/** What a chapter's clauses are written with. */
export interface Context {
  /** What the strategy says of itself. Decides what a clause expects, never whether it runs. */
  readonly traits: Traits;
  /** Level of `home` in every world of this run. */
  readonly level: 0 | 1;
  /** States one clause. `nr` counts from 1 within the chapter and is never given to another. */
  clause(nr: number, sentence: string, about: About, body: () => void): void;
  /**
   * A fresh allocator with these options; in a shared scope with `shared: true`, unless they say something of that or of a snapshot.
   * Where they do not say how large it is it is small: its tables are walked after every clause.
   * Those that are shared have the run's window, unless they say another.
   */
  create(options?: PidAllocatorOptions): PidAllocator;
  /** The same as large as it is by default. */
  createByDefault(options?: PidAllocatorOptions): PidAllocator;
  /** One more worker of a shared allocator, in this thread: what the strategy exports, if it does. */
  readonly attach: AttachPidAllocator | undefined;
  /** A fresh allocator and the namespace to work in; `options.pidMax` is the home's. Nothing lives there yet. */
  world(options?: PidAllocatorOptions): World;
  /** The same, where every namespace down to home has its init: number 1, with a task. */
  booted(options?: PidAllocatorOptions): World;
}

/** Clauses about one thing. */
export interface Chapter {
  /** `ALLOC`: the front part of its clauses' ids. */
  readonly id: string;
  readonly title: string;
  readonly define: (context: Context) => void;
}

/** Makes a chapter. `define` is called anew for each strategy and scope, and must always state the same clauses. */
export function chapter(id: string, title: string, define: (context: Context) => void): Chapter {
  return { id, title, define };
}

/**
 * A chapter's clauses for one strategy in one scope, ready to run. `track` is told of every allocator that is made; `window` is what shared
 * ones are made with.
 */
export function bind(
  ch: Chapter,
  strategy: Strategy,
  scope: Scope,
  track: (a: PidAllocator) => void,
  window?: number,
): Clause[] {
  const clauses: Clause[] = [];
  const create = (options?: PidAllocatorOptions): PidAllocator => createByDefault(smallOf(options));
  function createByDefault(options?: PidAllocatorOptions): PidAllocator {
    const given = scope.shared ? withWindow(sharedOf(options), window) : options;
    const a = given === undefined ? strategy.createPidAllocator() : strategy.createPidAllocator(given);
    track(a);
    return a;
  }
  ch.define({
    traits: strategy.traits,
    level: scope.level,
    clause(nr, sentence, { source, once = false, scale = false, leaks = false }, body) {
      clauses.push({ id: `${ch.id}-${nr}`, sentence, source, once: once || scale, scale, leaks, body });
    },
    create,
    createByDefault,
    attach: strategy.attachPidAllocator,
    world: (options) => createWorld(create, strategy.traits, scope.level, options ?? {}, false),
    booted: (options) => createWorld(create, strategy.traits, scope.level, options ?? {}, true),
  });
  return clauses;
}

/** The same options for a shared allocator. What is no plain object is to be refused as it is. */
function sharedOf(options: PidAllocatorOptions | undefined): PidAllocatorOptions | undefined {
  if (options === undefined) return { shared: true };
  if (!isPlain(options)) return options;
  if (['shared', 'workers', 'window', 'snapshot'].some((name) => name in options)) return options;
  return { ...options, shared: true };
}

/** The same options for a small allocator, unless they say how large it is. */
function smallOf(options: PidAllocatorOptions = {}): PidAllocatorOptions {
  if (!isPlain(options) || 'capacity' in options || 'memory' in options || 'snapshot' in options) return options;
  return { ...options, capacity: CAPACITY };
}

/** The same with that window, if it is for a shared allocator and says nothing of one. */
function withWindow(
  options: PidAllocatorOptions | undefined,
  window: number | undefined,
): PidAllocatorOptions | undefined {
  if (window === undefined || !isPlain(options) || options?.shared !== true) return options;
  return 'window' in options || 'snapshot' in options ? options : { ...options, window };
}

/** A revoked proxy cannot even be asked for its prototype. */
function isPlain(value: unknown): boolean {
  try {
    return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  } catch {
    return false;
  }
}

const NOBODY: Strategy = {
  traits: {
    strategy: 'nobody',
    maxLevel: 0,
    maxNamespaces: 0,
    maxNumbers: 1,
    rootNumbers: 'small',
    floors: { root: 300, child: 300 },
    shared: false,
  },
  createPidAllocator() {
    throw new Error('a chapter states its clauses without touching an allocator; only their bodies may');
  },
};

/** The clauses of a chapter, to be read and not run. */
export function clausesOf(ch: Chapter): Clause[] {
  return bind(ch, NOBODY, SCOPES[0], () => {});
}
