/**
 * What a design can express: facts of the package, the same for every allocator that it makes.
 * A host reads them to know what to expect; the conformance suite checks them in both directions, that what they
 * promise works and that what they rule out is refused as documented.
 */
export interface Traits {
  /** The name of the design: `'hierarchical'`, `'flat'`, `'pidspace'`, `'idr'`, or your own. */
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
  /**
   * Where the numbers of a namespace are. `'pidmap'`, which is also meant when nothing is said: bits in pages that stay until the namespace ends, beside hash tables that
   * lead to the pids; or `'tree'`, both in one, of `radix_tree_node`s that go back to their cache when they are empty.
   */
  readonly map?: 'pidmap' | 'tree';
  /**
   * What `allocPid` does in three cases; `'checked'` is also meant when nothing is said.
   *
   * | | `'checked'` | `'mainline'`, to the letter |
   * | --- | --- | --- |
   * | nothing is free from the cursor up to `pidMax` | goes on at the floor | goes on at 1, as long as the cursor has not come to the floor |
   * | the namespace takes no new pids | ENOMEM at once, and no cursor moves | takes numbers at all levels first: cursors move, and EAGAIN or EEXIST may come before ENOMEM |
   * | a chosen number that cannot be had at its level, EINVAL | is seen before anything is tried | is seen when it is its level's turn: EAGAIN or EEXIST further in come before |
   */
  readonly rules?: 'checked' | 'mainline';
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

/** Where allocation goes on after it wrapped, if `pidMax` is above; both in `[1, RESERVED_PIDS]`. */
export interface Floors {
  readonly root: number;
  readonly child: number;
}
