// pid-bench --module packages/bench/modules/idr-by-level.js --scenario workers-throughput: the idr design as Linux had it until
// November 2025, with a lock for each level in place of one for all (claim E13).
import { idrLockedByLevel } from '@pidlab/core-idr';

export const { createPidAllocator, attachPidAllocator, traits } = idrLockedByLevel;
