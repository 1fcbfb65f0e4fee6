/**
 * What the three designs share: one block of memory, slab caches, pidmaps, hash chains, namespaces and task links.
 * For those who write a strategy: describe it as a {@link Design}, and `variantOf` and `strategyOf` make a strategy of it.
 *
 * @packageDocumentation
 */
export { integerArg } from './border/arguments.ts';
export { bind } from './border/bind.ts';
export { type Single, type Strategy, singleOf, strategyOf, type Variant, variantOf } from './border/variant.ts';
export { CACHE, HEADER, MAGAZINE, NS, PAGE_WORDS, PID_HEAD, PIDMAP, TASK, TASK_LINK, WORKER } from './layout.ts';
export { handleOf } from './memory/handles.ts';
export { locked, NS_LOCK } from './memory/locks.ts';
export { findGeInMap, findInChain } from './pids/find.ts';
export { hashAdd, hashDel, slotOf, slotOfNr } from './pids/hash.ts';
export { createNs, putUser } from './pids/namespaces.ts';
export { freePidmap, takeNumber } from './pids/numbers.ts';
export { nextPidmap } from './pids/pidmap.ts';
export { bearPid, giveUp, homeOf, newPid, pidLevel } from './pids/pids.ts';
export { taskPid } from './pids/tasks.ts';
export type { Design, HashTable, NumberVisitor, State } from './types.ts';
export { eachLivePid, eachNs, eachTask } from './whole/walk.ts';
export { findNextZeroBit } from './words/bitops.ts';
export { type Field, type Fields, type Struct, struct, WRITERS, type Writer } from './words/struct.ts';
