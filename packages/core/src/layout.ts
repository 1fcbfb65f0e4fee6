/**
 * Every record that the designs share, drawn. All offsets are in words of 4 bytes.
 *
 * ```
 *  the block    header │ page table │ hash tables │ workers │ slab pages →       free       ← pidmap pages
 *               page 0                                      slabStart        slabEnd  mapStart       pagesTotal
 * ```
 *
 * Slab pages are handed out from below, pidmap pages from above; they meet when the block is full. In a shared block a page never
 * changes sides, so whoever follows an old offset into a slab page finds a record of the same size, never a bitmap.
 */
import { PAGE_SIZE } from '@pidlab/contract';
import { type Struct, struct } from './words/struct.ts';

/** Words of a page. */
export const PAGE_WORDS: number = PAGE_SIZE / 4;
/** A page number shifted left by this is the word offset of its start. */
export const PAGE_SHIFT = 10;
/** Word offset of the page table: page 1, after the header. */
export const PAGE_TABLE: number = 1 << PAGE_SHIFT;

const cacheFields = {
  objectWords: ['nsLock', 'size of one object; 0 until the cache exists'],
  free: ['cacheLock', 'first object on the free list, 0 for none; each names the next in its second word'],
  lock: ['lock', 'of all this, in a shared block: worker slot + 1, 0 for free'],
  bump: ['cacheLock', 'next object of the newest slab that was never used'],
  bumpEnd: ['cacheLock', 'end of the newest slab'],
  active: [
    'cacheLock',
    'objects in use; in a shared block, objects that workers have taken, to use or to keep at hand',
  ],
  slabs: ['cacheLock', 'pages the cache has'],
  retired: ['cacheLock', 'objects whose generations are used up'],
} as const;
/** One slab cache. */
export const CACHE: Struct<typeof cacheFields> = struct('cache', cacheFields);

const freeFields = {
  id: ['list', 'the generation of its next life, with kind 0'],
  next: ['list', 'the next free record on the same list, 0 for none'],
} as const;
/** A record that is on a free list or in a magazine. */
export const FREE_RECORD: Struct<typeof freeFields> = struct('free record', freeFields);

const headerFields = {
  magic: ['once', 'says that this is a block of pidlab'],
  version: ['once', 'of the layout'],
  strategy: ['once', 'name of the design, up to 16 characters of ASCII', 4],
  pagesTotal: ['once', 'pages of the block'],
  slabEnd: ['pageLock', 'word offset of the first page not given to a slab cache'],
  mapStart: ['pageLock', 'number of the first page given to a pidmap'],
  mapFree: ['pageLock', 'first pidmap page that was given back, 0 for none; the page table has the next'],
  mapFreeCount: ['pageLock', 'how many of those'],
  hashShifts: ['once', '32 less log2 of the slots, for each hash table; 0 for none', 2],
  generationBase: [
    'once',
    'first generation of what is cut from a slab; in a block for one thread raised where pages are reclaimed',
  ],
  floors: ['once', 'where allocation goes on after a wrap: root, others', 2],
  lastSerial: ['nsLock', 'serial of the namespace last made, 0 at first; what follows it is given out next'],
  rootNs: ['once', 'word offset of the root namespace'],
  capacity: ['once', 'pids that the block was made for'],
  workers: ['once', 'worker slots; 0 in a block for one thread'],
  gone: ['exchange', 'workers that were declared gone, and locks that were given up on'],
  nsLock: ['lock', 'of the life and death of namespaces: worker slot + 1, 0 for free'],
  pageLock: ['lock', 'of the page allocator'],
  mapLock: ['lock', 'of the maps of all namespaces, in designs that change them under one'],
  mapRounds: ['once', 'idr only: 1 when `mapLock` is taken for each level and to publish, 0 when once for all'],
  caches: [
    'parts',
    'one `cache` each: pid_namespace, task, pid_1, pid_2, … pid_33, and what the design’s maps are made of',
    288,
  ],
  spaces: ['nsLock', 'pidspace only: the namespace of each space id, 0 for none', 512],
  spaceMap: [
    'nsLock',
    'pidspace only: a bit for each space id that is owned, so that a free one is found 32 at a time',
    16,
  ],
  serialEnd: [
    'nsLock',
    'steps from 0 to the first serial after `lastSerial` that may be remembered; 0 for none. Not at the start of a line: it may look like anything',
  ],
  slabFree: ['pageLock', 'first slab page that was given back, 0 for none; the page table has the next'],
  slabFreeCount: ['pageLock', 'how many of those'],
  swept: ['alone', 'what was in use when empty pages were last looked for, or the block was last full; 0 at first'],
  window: [
    'once',
    'numbers of a namespace that a worker claims at once, a power of two; 0 where it draws them one by one',
  ],
} as const;
/** Page 0 of the block. */
export const HEADER: Struct<typeof headerFields> = struct('header', headerFields);

const workerFields = {
  state: ['exchange', '0 nobody has the slot, 1 a worker has, 3 + n the one in slot n is declaring it gone'],
  lockedSlot: ['owner', 'hash slot that the worker locks, or is about to; 0 for none'],
  parked: ['owner', 'the head of that slot’s chain, while it is locked'],
  pid: ['owner', 'the pid that it is making or ending, 0 for none'],
  pidLife: ['owner', 'which of the record’s generations that is'],
  tasks: ['owner', 'the tasks that it is hanging or taking off, 0 for none', 2],
  ns: ['owner', 'the namespace that it is making or ending, 0 for none'],
  seen: ['owner', 'first word of the record that its last look-up found'],
  taking: ['exchange', 'the namespace that it is taking a number from, which does not end meanwhile; 0 for none'],
  nsSeen: ['owner', 'first word of the namespace that it takes a number from'],
  moving: ['owner', 'the magazine that it is filling or emptying, 0 for none'],
  movingLast: ['owner', 'the last record of the batch that goes to the magazine or from it'],
  movingRest: ['owner', 'what the magazine has without that batch'],
  magazines: ['parts', 'one `magazine` for each cache, in the same order', 72],
  unused: ['nobody', 'fills the line', 10],
  windows: ['parts', '32 × `window`, four in a line', 128],
} as const;
/** What one worker of a shared block has at hand. Only it writes here, until it is declared gone. */
export const WORKER: Struct<typeof workerFields> = struct('worker', workerFields);

const magazineFields = {
  first: ['owner', 'the free object to be used next, 0 for none'],
  count: ['owner', 'how many there are'],
} as const;
/** A worker's own free objects of one cache: it takes and gives back without a lock. */
export const MAGAZINE: Struct<typeof magazineFields> = struct('magazine', magazineFields);

const windowFields = {
  ns: ['owner', 'the namespace, 0 for none; written last'],
  epoch: ['owner', 'what the namespace’s `epoch` is as long as the window holds'],
  next: ['owner', 'the number to be tried next'],
  end: ['owner', 'one more than its last number'],
} as const;
/** What a worker has claimed of the numbers of a namespace (pids/windows.ts). */
export const WINDOW: Struct<typeof windowFields> = struct('window', windowFields);

const mapFields = {
  page: ['exchange', 'page number of the bitmap, 0 while absent'],
  used: [
    'alone',
    'bits taken, bit 0 of page 0 not counted: the complement of the kernel’s nr_free, so that zeros are an empty map; 0 in a shared block',
  ],
} as const;
/** One entry of a pidmap: 32,768 numbers. */
export const PIDMAP: Struct<typeof mapFields> = struct('pidmap', mapFields);

const bitmapFields = {
  bits: ['exchange', 'one for each number, set while it is taken', 1024],
} as const;
/** A page of a pidmap. */
export const BITMAP: Struct<typeof bitmapFields> = struct('bitmap', bitmapFields);

const slotFields = {
  head: ['lock', 'front of the chain; while it is locked, who has it. Another front comes by an exchange'],
} as const;
/** A slot of a hash table. */
export const SLOT: Struct<typeof slotFields> = struct('slot', slotFields);

const pageFields = {
  of: [
    'pageLock',
    'the cache that has it, for a slab page; the next free one, for a free page of pidmaps, and its complement, for a free slab page; else 0',
  ],
} as const;
/** An entry of the page table. */
export const PAGE: Struct<typeof pageFields> = struct('page', pageFields);

const nsFields = {
  id: ['nsLock', 'kind and generation'],
  count: ['nsLock', 'references: users + what its map holds by the numbers taken + child namespaces'],
  users: ['nsLock', 'references that callers hold; the root’s one is the allocator’s'],
  parent: ['once', 'the namespace above, 0 for the root'],
  level: ['once', 'depth; the root is 0'],
  serial: ['once', 'a name that nothing else has or remembers; salts the hash and marks its numbers'],
  lastPid: ['exchange', 'cursor: the number last given out'],
  pidMax: ['nsLock', 'no number at or above this is given out'],
  floor: ['once', 'where allocation goes on after a wrap'],
  reaper: ['exchange', 'first task, 0 for none'],
  disabled: ['nsLock', '1 when no new pids are taken'],
  space: ['once', 'pidspace only: the space id'],
  ending: ['nsLock', '1 while it is being looked into whether it ends: nobody begins to take a number of it then'],
  epoch: ['exchange', 'goes up when the windows of all workers become void, and never back; 0 where there are none'],
} as const;
/** struct pid_namespace, as far as all designs share it; what a design's map has in it follows. */
export const NS: Struct<typeof nsFields> = struct('pid_namespace', nsFields);

const pidmapFields = {
  entries: ['exchange', 'one more than the highest pidmap entry that has a page'],
  unused: ['nobody', 'fills the line'],
  pidmap: ['parts', '128 × `pidmap`', 256],
} as const;
/** A namespace whose numbers are in a pidmap. The first line has all but the map, so that a look-up touches only that. */
export const PIDMAP_NS: Struct<typeof pidmapFields> = struct('pid_namespace (pidmap)', pidmapFields, NS);

const pidHeadFields = {
  id: ['last', 'kind and generation'],
  count: ['pidLock', 'references, the allocation’s own included'],
  home: [
    'pidLock',
    'dead and ending (1 bit each), level (6 bits) and line (24 bits) of the namespace it was allocated in',
  ],
  tasks: ['pidLock', 'first task of each type, 0 for none', 4],
} as const;
/** What the pid records of all designs begin with; each design appends its numbers. */
export const PID_HEAD: Struct<typeof pidHeadFields> = struct('pid', pidHeadFields);

/** Bit of `home`: the pid has been freed; only references keep the record. It is the sign, which every look-up asks for. */
export const HOME_DEAD: number = 0x8000_0000 | 0;
/** Bit of `home`: a worker is still giving its numbers back. */
export const HOME_ENDING = 0x4000_0000;
/** `home` shifted right by this and masked is the level. */
export const HOME_LEVEL_SHIFT = 24;
export const HOME_LEVEL_MASK = 0x3f;

const linkFields = {
  pid: ['exchange', 'the pid that the task hangs on, 0 for none'],
  next: ['pidLock', 'the task after it in the pid’s list, 0 at the end'],
  prev: ['pidLock', 'the task before it, 0 at the front'],
} as const;
/** A task's place in the list of one of its pids. */
export const TASK_LINK: Struct<typeof linkFields> = struct('pid_link', linkFields);

const taskFields = {
  id: ['exchange', 'kind and generation'],
  spare: ['list', 'next on the free list while free, else 0'],
  links: ['parts', 'one `pid_link` for each type', 12],
  lock: ['lock', 'of whether it can be hung on a pid, in a shared block: worker slot + 1, 0 for free'],
} as const;
/** What the task records of all designs begin with; flat appends its pairs of numbers. */
export const TASK: Struct<typeof taskFields> = struct('task', taskFields);
