import { CLONE_NEWPID, PID_MAX_DEFAULT, PID_MAX_LIMIT, type PidAllocatorOptions } from '@pidlab/contract';
import { indices } from './random.ts';
import type { Handle, Handles, Subject, Workload } from './workload.ts';

/** An allocator with pids in it. */
export interface World {
  readonly workload: Workload;
  /** The namespaces from the root to the one that the pids are in. */
  readonly chain: readonly Handle[];
  /** The one that the pids are in. */
  readonly ns: Handle;
  /** The live pids, in no order. */
  readonly pids: Handles;
}

/** Up to here the default range of numbers is wide enough; above, numbers go up to PID_MAX_LIMIT. */
const SMALL_COUNT = 8_192;

/**
 * The options of every subject at this size: what it needs and no more. The kernel's default of 32,768 numbers serves up
 * to 8,192 pids. Beyond, all 2^22 do, which spares the baselines the search for a free number in a crowded range.
 */
export function optionsFor(live: number, level: number): PidAllocatorOptions {
  return {
    capacity: Math.max(live, 1),
    pidMax: live > SMALL_COUNT ? PID_MAX_LIMIT : PID_MAX_DEFAULT,
    // A deep pid is larger than the default size of the block allows for. It is reserved, not used.
    ...(level > 1 ? { memory: 2 ** 30 } : {}),
  };
}

/** Makes an allocator and a chain of namespaces down to `level`. The innermost has as many numbers as the root. */
export function createChain(subject: Subject, live: number, level: number): Omit<World, 'pids'> {
  const workload = subject.create(optionsFor(live, level));
  const chain = [workload.initPidNs];
  for (let i = 0; i < level; i++) chain.push(workload.copyPidNs(CLONE_NEWPID, chain[i]));
  return { workload, chain, ns: chain[level] };
}

/** The same, with room for the handles of `live` pids. */
export function createWorld(subject: Subject, live: number, level: number): World {
  return { ...createChain(subject, live, level), pids: subject.handles(live) };
}

/** The same with `live` pids, in the order of their making. */
export function fill(subject: Subject, live: number, level: number): World {
  const world = createWorld(subject, live, level);
  const { workload, ns, pids } = world;
  for (let i = 0; i < live; i++) pids[i] = workload.allocPid(ns);
  return world;
}

/**
 * The same, aged: an eighth of them, drawn at random, has been replaced by later ones. Without that,
 * numbers, records and hash slots would lie in one order, which is kind to everybody and true to nobody's life.
 */
export function populate(subject: Subject, live: number, level: number, seed: number): World {
  const world = fill(subject, live, level);
  const { workload, ns, pids } = world;
  const victims = indices(seed, live >> 3, live);
  for (let i = 0; i < victims.length; i++) {
    workload.freePid(pids[victims[i]]);
    pids[victims[i]] = workload.allocPid(ns);
  }
  return world;
}

/**
 * Throws unless the pids of `world` have different numbers and are found by them. At most some 10,000 are looked at, so
 * that this takes no time worth speaking of.
 */
export function verifyWorld({ workload, ns, pids }: World): void {
  const seen = new Set<number>();
  const step = Math.ceil(pids.length / 10_000);
  for (let i = 0; i < pids.length; i += step) {
    const nr = workload.pidNrNs(pids[i], ns);
    if (nr < 1 || seen.has(nr)) throw new Error(`number ${nr} is no number, or two pids have it`);
    if (workload.findPidNs(nr, ns) !== pids[i]) throw new Error(`nobody finds the live pid ${nr}`);
    seen.add(nr);
  }
}

/** The numbers of the pids of `world` in its own namespace, in the same order as `pids`. */
export function numbersOf(world: World): Int32Array {
  const { workload, ns, pids } = world;
  const numbers = new Int32Array(pids.length);
  for (let i = 0; i < numbers.length; i++) numbers[i] = workload.pidNrNs(pids[i], ns);
  return numbers;
}
