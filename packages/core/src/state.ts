import type { Design } from './design.ts';
import type { HashTable } from './hash.ts';

/**
 * One allocator, or one worker's view of a shared one. Free functions take it first: `allocPidmap(s, nsAt)`. All that
 * changes is in `words`, which is the whole block; nothing here does before it detaches.
 */
export interface State {
  words: Int32Array;
  readonly design: Design;
  /** The design's first hash table. */
  readonly pidHash: HashTable;
  /** Its second; the first again where it has only one. */
  readonly vnrHash: HashTable;
  /** Word offset of the page table: for each page the cache that has it, 0 for others. */
  readonly pageTable: number;
  /** Word offset of the first worker's record. */
  readonly workersStart: number;
  /** Word offset of the first slab page. */
  readonly slabStart: number;
  /** Word offset of this worker's own record; 0 in a block for one thread, and after `detach`. */
  worker: number;
  /** What this worker writes into a lock that it takes: its slot + 1. */
  owner: number;
}
