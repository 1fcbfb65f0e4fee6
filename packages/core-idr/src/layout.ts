/**
 * struct pid of the idr design: one number for each level from the root down to its own. No hash links: a namespace's tree
 * leads to the pid.
 *
 * ```
 *   head (7 words) │ lock │ nr ns │ nr ns │ …        pid_1 to pid_4 take one cache line of 64 bytes,
 *                           level 0 level 1           pid_5 to pid_12 two
 * ```
 *
 * Source: `struct pid` and `struct upid` of 4.15 and later, `struct radix_tree_node`.
 */
import { NS, PID_HEAD, type Struct, struct } from '@pidlab/core';

const pidFields = {
  lock: ['lock', 'of the pid: its count, its tasks, its end; 0 for free'],
} as const;
/** What a pid has before its numbers. */
export const PID: Struct<typeof pidFields> = struct('pid (idr)', pidFields, PID_HEAD);

const numberFields = {
  nr: ['once', 'the number at this level'],
  ns: ['once', 'serial of the namespace that gave it'],
} as const;
/** struct upid: a number and whose it is. A pid has one after the other, from the root's level to its own. */
export const UPID: Struct<typeof numberFields> = struct('upid (idr)', numberFields);

/** Where the numbers start in a pid. */
export const NUMBERS: number = PID.words;
const UPID_WORDS = UPID.words;

/** Word offset of the pid's number at that level. */
export function upidAt(pidAt: number, level: number): number {
  return pidAt + NUMBERS + level * UPID_WORDS;
}

const nsFields = {
  moves: ['exchange', 'goes up when a node leaves the tree: who walked it meanwhile, without a lock, looks again'],
  tree: ['mapLock', 'entry of the top node, 0 while no number is taken'],
} as const;
/** A namespace whose numbers are in a tree. All of it is in one line. */
export const IDR_NS: Struct<typeof nsFields> = struct('pid_namespace (idr)', nsFields, NS);

const nodeFields = {
  id: ['mapLock', 'kind and generation'],
  parent: ['mapLock', 'the node above, 0 for the top; while free, the next on the free list'],
  used: ['mapLock', 'a bit for each slot: something is taken there or below', 2],
  full: [
    'mapLock',
    'a bit for each slot: nothing is free there or below; the complement of IDR_FREE, so that zeros are an empty node',
    2,
  ],
  unused: ['nobody', 'fills the line', 10],
  slots: [
    'mapLock',
    'in a leaf, word offsets of pids, 0 for a number that is free or only reserved; in others, entries of nodes',
    64,
  ],
} as const;
/**
 * struct radix_tree_node. An entry is the word offset of what it leads to, plus its height in the lower four bits, which
 * are 0 in offsets: 1 for a leaf, 4 for the top of a tree of all numbers, 0 for a pid.
 */
export const NODE: Struct<typeof nodeFields> = struct('radix_tree_node', nodeFields);
