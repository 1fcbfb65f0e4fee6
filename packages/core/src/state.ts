import type { Access } from './access.ts';
import type { Design } from './design.ts';
import type { HashTable } from './hash.ts';

/**
 * One allocator. Free functions take it first: `allocPidmap(s, nsAt)`. Nothing in it changes after creation; all that
 * changes is in `words`, which is the whole block.
 */
export interface State {
  readonly words: Int32Array;
  readonly access: Access;
  readonly design: Design;
  /** The design's first hash table. */
  readonly pidHash: HashTable;
  /** Its second; the first again where it has only one. */
  readonly vnrHash: HashTable;
  /** Word offset of the page table: for each page the cache that has it, 0 for others. */
  readonly pageTable: number;
  /** Word offset of the first slab page. */
  readonly slabStart: number;
}
