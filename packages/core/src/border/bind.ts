/**
 * From free functions over word offsets to the contract's functions over handles. Each bound function checks its arguments,
 * calls a free function, and turns the offset that comes back into a handle. In a shared block it then asks whether another
 * worker was faster (again.ts). What the strategies differ in goes through `s.design`; all else is the same code for all.
 */
import type { PidAllocator } from '@pidlab/contract';
import { endPid } from '../pids/pids.ts';
import type { State } from '../types.ts';
import { flat } from '../words/flat.ts';
import { SHARED } from '../words/mode.ts';
import { rootOf } from './arguments.ts';
import { bindFinding } from './find.ts';
import { bindNamespaces } from './namespaces.ts';
import { bindNumbers } from './numbers.ts';
import { bindPids } from './pids.ts';
import { bindTasks, bindTaskViews } from './tasks.ts';
import { bindTranslation } from './translate.ts';
import { bindWhole, bindWorkers } from './whole.ts';

/** The allocator over a state: one part for each section of the contract. */
export function bind(s: State): PidAllocator {
  const end = flat((pidAt: number) => endPid(s, pidAt));
  return Object.freeze({
    traits: s.design.traits,
    initPidNs: rootOf(s),
    ...bindNumbers(s),
    ...bindPids(s, end),
    ...bindFinding(s),
    ...bindTranslation(s),
    ...bindTasks(s, end),
    ...bindTaskViews(s),
    ...bindNamespaces(s),
    ...bindWhole(s),
    ...bindWorkers(s),
    workerSlot: SHARED ? s.owner - 1 : 0,
  });
}
