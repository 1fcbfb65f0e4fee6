/**
 * Every record that the three designs share, drawn. All offsets are in words of 4 bytes.
 *
 * ```
 *  the block    header │ page table │ hash tables │ workers │ slab pages →       free       ← pidmap pages
 *               page 0                                      slabStart        slabEnd  mapStart       pagesTotal
 * ```
 *
 * Slab pages are handed out from below, pidmap pages from above; they meet when the block is full. A page never changes
 * sides, so whoever follows an old offset into a slab page finds a record of the same size, never a bitmap.
 */
import { PAGE_SIZE } from '@pidlab/contract';
import { type Struct, struct } from './words/struct.ts';

/** Words of a page. */
export const PAGE_WORDS: number = PAGE_SIZE / 4;
/** A page number shifted left by this is the word offset of its start. */
export const PAGE_SHIFT = 10;

const cacheFields = {
  objectWords: 'size of one object; 0 until the cache exists',
  free: 'first object on the free list, 0 for none; each names the next in its second word',
  lock: 'of all this, in a shared block: worker slot + 1, 0 for free',
  bump: 'next object of the newest slab that was never used',
  bumpEnd: 'end of the newest slab',
  active: 'objects in use; in a shared block, objects that workers have taken, to use or to keep at hand',
  slabs: 'pages the cache has',
  retired: 'objects whose generations are used up',
} as const;
/** One slab cache. */
export const CACHE: Struct<typeof cacheFields> = struct('cache', cacheFields);

const headerFields = {
  magic: 'says that this is a block of pidlab',
  version: 'of the layout',
  strategy: [4, 'name of the design, up to 16 characters of ASCII'],
  pagesTotal: 'pages of the block',
  slabEnd: 'word offset of the first page not given to a slab cache',
  mapStart: 'number of the first page given to a pidmap',
  mapFree: 'first pidmap page that was given back, 0 for none; the page table has the next',
  mapFreeCount: 'how many of those',
  hashShifts: [2, '32 less log2 of the slots, for each hash table; 0 for none'],
  generationBase: 'first generation of every record',
  floors: [2, 'where allocation goes on after a wrap: root, others'],
  lastSerial: 'serial of the namespace last made, 0 at first',
  rootNs: 'word offset of the root namespace',
  capacity: 'pids that the block was made for',
  workers: 'worker slots; 0 in a block for one thread',
  gone: 'workers that were declared gone, and locks that were given up on',
  nsLock: 'of the life and death of namespaces: worker slot + 1, 0 for free',
  pageLock: 'of the page allocator',
  caches: [280, 'one `cache` each: pid_namespace, task, pid_1, pid_2, … pid_33'],
  spaces: [512, 'pidspace only: the namespace of each space id, 0 for none'],
} as const;
/** Page 0 of the block. */
export const HEADER: Struct<typeof headerFields> = struct('header', headerFields);

const workerFields = {
  state: '0 nobody has the slot, 1 a worker has, 2 it is being declared gone',
  lockedSlot: 'hash slot that the worker locks, or is about to; 0 for none',
  parked: 'the head of that slot’s chain, while it is locked',
  pid: 'the pid that it is making or ending, 0 for none',
  pidLife: 'which of the record’s generations that is',
  tasks: [2, 'the tasks that it is hanging or taking off, 0 for none'],
  ns: 'the namespace that it is making or ending, 0 for none',
  seen: 'first word of the record that its last look-up found',
  nsSeen: 'first word of the namespace that it takes a number from',
  moving: 'the magazine that it is filling or emptying, 0 for none',
  movingLast: 'the last record of the batch that goes to the magazine or from it',
  movingRest: 'what the magazine has without that batch',
  magazines: [70, 'one `magazine` for each cache, in the same order'],
} as const;
/** What one worker of a shared block has at hand. Only it writes here, until it is declared gone. */
export const WORKER: Struct<typeof workerFields> = struct('worker', workerFields);

const magazineFields = {
  first: 'the free object to be used next, 0 for none',
  count: 'how many there are',
} as const;
/** A worker's own free objects of one cache: it takes and gives back without a lock. */
export const MAGAZINE: Struct<typeof magazineFields> = struct('magazine', magazineFields);

const mapFields = {
  page: 'page number of the bitmap, 0 while absent',
  used: 'bits taken, bit 0 of page 0 not counted: the complement of the kernel’s nr_free, so that zeros are an empty map; 0 in a shared block',
} as const;
/** One entry of a pidmap: 32,768 numbers. */
export const PIDMAP: Struct<typeof mapFields> = struct('pidmap', mapFields);

const nsFields = {
  id: 'kind and generation',
  count: 'references: users + pidmap pages with a number taken (but in a shared block) + child namespaces',
  users: 'references that callers hold; the root’s one is the allocator’s',
  parent: 'the namespace above, 0 for the root',
  level: 'depth; the root is 0',
  serial: 'a name no other namespace ever has; salts the hash and marks its numbers',
  lastPid: 'cursor: the number last given out',
  pidMax: 'no number at or above this is given out',
  floor: 'where allocation goes on after a wrap',
  reaper: 'first task, 0 for none',
  disabled: '1 when no new pids are taken',
  space: 'pidspace only: the space id',
  entries: 'one more than the highest pidmap entry that has a page',
  ending: '1 while it is being looked into whether it ends; a number that is taken then is taken once more',
  unused: [2, 'fills the line'],
  pidmap: [256, '128 × `pidmap`'],
} as const;
/** struct pid_namespace. The first line has all but the map, so that a look-up touches only that. */
export const NS: Struct<typeof nsFields> = struct('pid_namespace', nsFields);

const pidHeadFields = {
  id: 'kind and generation',
  count: 'references, the allocation’s own included',
  home: 'ending and dead (1 bit each), level (6 bits) and line (24 bits) of the namespace it was allocated in',
  tasks: [4, 'first task of each type, 0 for none'],
} as const;
/** What the pid records of all designs begin with; each design appends its numbers. */
export const PID_HEAD: Struct<typeof pidHeadFields> = struct('pid', pidHeadFields);

/** Bit of `home`: the pid has been freed; only references keep the record. */
export const HOME_DEAD = 0x4000_0000;
/** Bit of `home`: a worker is still giving its numbers back. */
export const HOME_ENDING: number = 0x8000_0000 | 0;
/** `home` shifted right by this and masked is the level. */
export const HOME_LEVEL_SHIFT = 24;
export const HOME_LEVEL_MASK = 0x3f;

const linkFields = {
  pid: 'the pid that the task hangs on, 0 for none',
  next: 'the task after it in the pid’s list, 0 at the end',
  prev: 'the task before it, 0 at the front',
} as const;
/** A task's place in the list of one of its pids. */
export const TASK_LINK: Struct<typeof linkFields> = struct('pid_link', linkFields);

const taskFields = {
  id: 'kind and generation',
  spare: 'next on the free list while free, else 0',
  links: [12, 'one `pid_link` for each type'],
} as const;
/** What the task records of all designs begin with; flat appends its pairs of numbers. */
export const TASK: Struct<typeof taskFields> = struct('task', taskFields);
