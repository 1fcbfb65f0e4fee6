/**
 * What the three designs share: one block of memory, slab caches, pidmaps, hash chains, namespaces and task links.
 * For those who write a strategy: describe it as a {@link Design}, and `createState` and `bind` make an allocator of it.
 *
 * @packageDocumentation
 */
export { type Access, atomicAccess, plainAccess } from './access.ts';
export { integerArg } from './arguments.ts';
export { bind } from './bind.ts';
export { createState } from './create.ts';
export type { Design, NumberVisitor } from './design.ts';
export { noNumber } from './errors.ts';
export { type HashTable, hashAdd, hashDel, slotOf, slotOfNr } from './hash.ts';
export { HEADER, NS, PID_HEAD, TASK, TASK_LINK } from './layout.ts';
export { createNs, putUser } from './namespaces.ts';
export { freePidmap, nextPidmap } from './pidmap.ts';
export { buryPid, findGeInMap, giveUp, homeOf, newPid, pidLevel, takeNumber } from './pids.ts';
export { handleOf } from './records.ts';
export type { State } from './state.ts';
export { type Fields, type Struct, struct } from './struct.ts';
export { linkOf, taskPid } from './tasks.ts';
export { eachLivePid, eachNs, eachTask } from './walk.ts';
