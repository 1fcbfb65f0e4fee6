/** One slab cache: the columns of `/proc/slabinfo`. */
export interface SlabInfo {
  /** `pid_namespace`, `task`, or `pid_<n>` for pids that carry n numbers. */
  readonly name: string;
  /** Objects in use. */
  readonly activeObjects: number;
  /** Objects that are never used again: their lives are used up, or a worker that was declared gone had them in hand. */
  readonly retiredObjects: number;
  /** Objects that the cache's slabs have room for, in use or not. */
  readonly totalObjects: number;
  /** Bytes of one object, a multiple of 64. */
  readonly objectBytes: number;
  /** Objects in a slab of one page. */
  readonly objectsPerSlab: number;
  /** Slabs that the cache has. It keeps them. */
  readonly slabs: number;
}

/** What a walk over everything found, in sentences. */
export interface Findings {
  /** Things that do not hold, one sentence each. A sound allocator has none. */
  readonly violations: readonly string[];
  /** Things that are lost, one sentence each, since a worker that was declared gone had them in hand. They are no violations. */
  readonly leaked: readonly string[];
}

/**
 * What an allocator holds, in whole: cheap to ask for, and exact while no other worker is in a call. Bytes and pages are 0 and
 * there are no hash tables in a design that keeps objects (`traits.memory`).
 */
export interface Stats {
  /** Pid objects in use, in all namespaces; dead ones that somebody still references are counted. */
  readonly pids: number;
  /** Namespaces, the root included. */
  readonly namespaces: number;
  /** Tasks in use. */
  readonly tasks: number;
  /** Bytes of the block. Only what has been used takes memory. */
  readonly reservedBytes: number;
  /** Bytes of the block that are in use for good: header, tables, and every page ever handed out. */
  readonly usedBytes: number;
  /** Pages of 4 KiB: given to slab caches, given to pidmaps, and not yet given to anybody or given back. */
  readonly pages: { readonly slab: number; readonly pidmap: number; readonly free: number };
  /** The hash tables, with the slots of each. */
  readonly hashTables: readonly { readonly name: string; readonly slots: number }[];
}
