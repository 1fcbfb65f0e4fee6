/**
 * What a design can express: facts of the package, the same for every allocator that it makes.
 * A host reads them to know what to expect; the conformance suite checks them in both directions, that what they
 * promise works and that what they rule out is refused as documented.
 */
export interface Traits {
  /** The name of the design: `'hierarchical'`, `'flat'`, `'pidspace'`, or your own. */
  readonly strategy: string;
  /** The deepest level at which a namespace can be; the root is level 0. `copyPidNs` past it is ENOSPC. */
  readonly maxLevel: number;
  /** Namespaces at once beside the root, or `Infinity` where only memory limits them. One more is ENOSPC. */
  readonly maxNamespaces: number;
  /** A pid of level n carries `min(n + 1, maxNumbers)` numbers, and comes from the cache of that name: `pid_<numbers>`. */
  readonly maxNumbers: number;
  /**
   * What the root sees of a pid in another namespace: a small number taken from the root's own map, or an encoding that
   * names the space and may be as large as 2^31 - 1.
   */
  readonly rootNumbers: 'small' | 'encoded';
  /** Where allocation goes on after a wrap, in the root and in any other namespace, unless `options.floors` says otherwise. */
  readonly floors: Floors;
  /** Whether one allocator can be used by several threads at once. */
  readonly shared: boolean;
  /**
   * Where records are kept. `'block'`, which is also meant when nothing is said: in one block of bytes, which can be full, and
   * of which `stats` and `slabInfo` account for every page. `'objects'`: in objects of the language, a `Map` for instance. There
   * are no slabs, pages and hash tables then, and nobody has to pretend: `slabInfo()` is empty, in `stats()` all bytes and pages
   * are 0 and `hashTables` is empty, ENOMEM says only that a namespace takes no pids, and `shared` is false.
   */
  readonly memory?: 'block' | 'objects';
}

/** Where allocation goes on after it wrapped; both in `[1, RESERVED_PIDS]`. */
export interface Floors {
  readonly root: number;
  readonly child: number;
}
