/**
 * What the designs share: one block of memory, slab caches, pidmaps, hash chains, namespaces and task links.
 * For those who write a strategy: describe it as a {@link Design}, and `variantOf` and `strategyOf` make a strategy of it.
 *
 * @packageDocumentation
 */
export { integerArg } from './border/arguments.ts';
export { bind } from './border/bind.ts';
export { type Single, type Strategy, singleOf, strategyOf, type Variant, variantOf } from './border/variant.ts';
export {
  CACHE,
  HEADER,
  MAGAZINE,
  NS,
  PAGE_WORDS,
  PID_HEAD,
  PIDMAP,
  PIDMAP_NS,
  TASK,
  TASK_LINK,
  WINDOW,
  WORKER,
} from './layout.ts';
export { type Faults, injectFaults } from './memory/faults.ts';
export { GENERATION_MASK, handleOf, KIND_MAP, KIND_SHIFT, see, zeroAfter, zeroAfterSerial } from './memory/handles.ts';
export { acquire, locked, MAP_LOCK, NS_LOCK, release } from './memory/locks.ts';
export { cacheAlloc, cacheFree, MAP_CACHE } from './memory/slab.ts';
export { checkSetTid, checkSetTidLength } from './pids/chosen.ts';
export { CLOSED, FULL, INVALID, NO_MEMORY, TAKEN } from './pids/errors.ts';
export { findGeInMap, findInChain, isFindable } from './pids/find.ts';
export { floorOf } from './pids/floor.ts';
export { hashAdd, hashDel, slotOf, slotOfNr } from './pids/hash.ts';
export { createNs, dropNs, holdNs, putUser } from './pids/namespaces.ts';
export { endTaking, freePidmap, takeNumber } from './pids/numbers.ts';
export { nextPidmap } from './pids/pidmap.ts';
export { bearPid, giveUp, homeOf, mustBeOpen, newPid, pidLevel } from './pids/pids.ts';
export { taskPid } from './pids/tasks.ts';
export { allocInWindow, type Search } from './pids/windows.ts';
export type { Design, HashTable, MapUse, NumberIndex, NumberMap, NumberVisitor, Say, State } from './types.ts';
export { hashed } from './whole/hashes.ts';
export { pidmap } from './whole/pidmaps.ts';
export { eachLivePid, eachNs, eachRecord, eachTask, isRecord } from './whole/walk.ts';
export { add, compareExchange, or, publish } from './words/access.ts';
export { findNextBit, findNextZeroBit, popcount } from './words/bitops.ts';
export { SHARED } from './words/mode.ts';
export { type Field, type Fields, type Struct, struct, WRITERS, type Writer } from './words/struct.ts';
