/**
 * The block of memory, as a budget of pages: nothing is stored in it, but what would not fit is refused.
 *
 * A cache takes a page when all its objects are in use, and keeps it. A pidmap takes a page for each 32,768 numbers that
 * it ever gave one of, and gives all of them back when its namespace dies.
 */
import { PAGE_SIZE, type PidAllocatorOptions, PidBug, PidError, type Traits } from '@pidlab/contract';

export interface Cache {
  readonly name: string;
  readonly objectBytes: number;
  readonly objectsPerSlab: number;
  activeObjects: number;
  slabs: number;
}

export interface Memory {
  /** As many as one likes in a design that keeps objects. */
  readonly pages: number;
  /** Pages of the header and of the hash table. */
  readonly fixedPages: number;
  readonly hashSlots: number;
  /** Name to cache, in the order in which they were made. */
  readonly caches: Map<string, Cache>;
  pidmapPages: number;
  /** The most pages that were ever handed out at once. */
  peakPages: number;
}

const LINE_BYTES = 64;
const NAMESPACE_BYTES = 192;
const TASK_BYTES = 128;
const NODE_BYTES = 320;
const PID_BASE_BYTES = 64;
const PID_NUMBER_BYTES = 16;
const SLOT_BYTES = 4;
const CAPACITY = 262_144;
const MIB = 1 << 20;

/** The name of the cache of pids that carry so many numbers. */
function pidCacheName(numbers: number): string {
  return `pid_${numbers}`;
}

/** The base, and a little more for every number after the first, in whole cache lines. */
function pidBytes(numbers: number): number {
  return Math.ceil((PID_BASE_BYTES + (numbers - 1) * PID_NUMBER_BYTES) / LINE_BYTES) * LINE_BYTES;
}

export function createMemory(options: PidAllocatorOptions, traits: Traits): Memory {
  const fitting = options.memory === undefined ? CAPACITY : Math.floor(options.memory / (4 * PAGE_SIZE)) * 64;
  const capacity = options.capacity ?? Math.min(fitting, CAPACITY);
  const namespaces = options.namespaces ?? 1_024;
  const hashSlots = traits.map === 'tree' ? 0 : slots(options, capacity);
  const fixedPages = 1 + Math.ceil((hashSlots * SLOT_BYTES) / PAGE_SIZE);
  const pidPages = Math.ceil((capacity * pidBytes(Math.min(2, traits.maxNumbers))) / PAGE_SIZE) * 2;
  const taskPages = Math.ceil((capacity * TASK_BYTES) / PAGE_SIZE);
  const nodePages = traits.map === 'tree' ? Math.ceil((capacity * NODE_BYTES) / PAGE_SIZE) : 0;
  const enough = fixedPages + pidPages + taskPages + nodePages + namespaces * 2 + 256;
  const pages = accounts(traits)
    ? Math.floor((options.memory ?? Math.min(enough * PAGE_SIZE, 1024 * MIB)) / PAGE_SIZE)
    : Number.MAX_SAFE_INTEGER;
  if (pages < fixedPages + 4) {
    throw new PidBug('createPidAllocator', `memory of ${options.memory} has no room for a capacity of ${capacity}`);
  }
  const memory: Memory = { pages, fixedPages, hashSlots, caches: new Map(), pidmapPages: 0, peakPages: 0 };
  addCache(memory, 'pid_namespace', NAMESPACE_BYTES);
  addCache(memory, 'task', TASK_BYTES);
  if (traits.map === 'tree') addCache(memory, 'radix_tree_node', NODE_BYTES);
  return memory;
}

/** Whether the design has a block, and accounts for its pages. */
export function accounts(traits: Traits): boolean {
  return traits.memory !== 'objects';
}

/** A power of two: by capacity, or by the rule of 2007. */
function slots(options: PidAllocatorOptions, capacity: number): number {
  if (options.hash === 'kernel') {
    const megabytes = Math.floor((options.memory ?? 1024 * MIB) / MIB);
    const highestBit = Math.floor(Math.log2(megabytes * 4)) + 1;
    return 2 ** Math.min(Math.max(highestBit, 4), 12);
  }
  return 2 ** Math.max(4, Math.ceil(Math.log2(capacity)));
}

function addCache(memory: Memory, name: string, objectBytes: number): Cache {
  const objectsPerSlab = Math.floor(PAGE_SIZE / objectBytes);
  const cache: Cache = { name, objectBytes, objectsPerSlab, activeObjects: 0, slabs: 0 };
  memory.caches.set(name, cache);
  return cache;
}

/** The cache of pids that carry so many numbers; made when it is first asked for. */
export function pidCache(memory: Memory, numbers: number): Cache {
  const name = pidCacheName(numbers);
  return memory.caches.get(name) ?? addCache(memory, name, pidBytes(numbers));
}

/** Throws ENOMEM, and then nothing has changed. */
export function takeObject(memory: Memory, name: string, op: string): void {
  const cache = memory.caches.get(name)!;
  if (cache.activeObjects === cache.slabs * cache.objectsPerSlab) {
    demandPage(memory, op);
    cache.slabs++;
    noticePeak(memory);
  }
  cache.activeObjects++;
}

export function giveObject(memory: Memory, name: string): void {
  memory.caches.get(name)!.activeObjects--;
}

/** Throws ENOMEM, and then nothing has changed. */
export function takePidmapPage(memory: Memory, op: string): void {
  demandPage(memory, op);
  memory.pidmapPages++;
  noticePeak(memory);
}

export function slabPages(memory: Memory): number {
  let pages = 0;
  for (const cache of memory.caches.values()) pages += cache.slabs;
  return pages;
}

export function freePages(memory: Memory): number {
  return memory.pages - memory.fixedPages - slabPages(memory) - memory.pidmapPages;
}

function demandPage(memory: Memory, op: string): void {
  if (freePages(memory) <= 0) {
    throw new PidError('ENOMEM', op, `all ${memory.pages} pages of the block are in use; raise the option memory`);
  }
}

function noticePeak(memory: Memory): void {
  memory.peakPages = Math.max(memory.peakPages, slabPages(memory) + memory.pidmapPages);
}
