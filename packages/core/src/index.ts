/**
 * What the three designs share: one block of memory, slab caches, pidmaps, hash chains, namespaces and task links.
 * For those who write a strategy: describe it as a {@link Design}, and `variantOf` and `strategyOf` make a strategy of it.
 *
 * @packageDocumentation
 */
export { integerArg } from './arguments.ts';
export { bind } from './bind.ts';
export type { Design, NumberVisitor } from './design.ts';
export { GONE, noNumber } from './errors.ts';
export { findGeInMap, findInChain } from './find.ts';
export { type HashTable, hashAdd, hashDel, slotOf, slotOfNr } from './hash.ts';
export { HEADER, NS, PID_HEAD, TASK } from './layout.ts';
export { locked, NS_LOCK } from './locks.ts';
export { SHARED } from './mode.ts';
export { createNs, putUser } from './namespaces.ts';
export { freePidmap, nextPidmap } from './pidmap.ts';
export { bearPid, buryPid, giveUp, homeOf, newPid, pidLevel, takeNumber } from './pids.ts';
export { handleOf } from './records.ts';
export type { State } from './state.ts';
export { type Fields, type Struct, struct } from './struct.ts';
export { taskPid } from './tasks.ts';
export { type Strategy, strategyOf, type Variant, variantOf } from './variant.ts';
export { eachLivePid, eachNs, eachTask } from './walk.ts';
