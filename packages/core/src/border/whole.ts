/** The contract's sections on looking at the whole, and on many threads. */
import type { PidAllocator } from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import { mustBeAttached } from '../memory/handles.ts';
import { detach } from '../memory/workers.ts';
import type { State } from '../types.ts';
import { checkInvariants } from '../whole/invariants.ts';
import { declareGone } from '../whole/recover.ts';
import { slabInfo, stats } from '../whole/reports.ts';
import { takeSnapshot } from '../whole/snapshot.ts';
import { SHARED } from '../words/mode.ts';
import { integerArg, notShared } from './arguments.ts';
import { describeBlock } from './descriptor.ts';

const WORKERS = HEADER.at.workers;

type Whole = Pick<PidAllocator, 'slabInfo' | 'stats' | 'checkInvariants' | 'snapshot'>;

export function bindWhole(s: State): Whole {
  return {
    slabInfo: () => slabInfo(attached(s, 'slabInfo')),
    stats: () => stats(attached(s, 'stats')),
    checkInvariants: () => checkInvariants(attached(s, 'checkInvariants')),
    snapshot: () => takeSnapshot(attached(s, 'snapshot')),
  };
}

type Workers = Pick<PidAllocator, 'share' | 'detach' | 'declareGone'>;

export function bindWorkers(s: State): Workers {
  return {
    share: () => describeBlock(attached(s, 'share')),
    detach() {
      attached(s, 'detach');
      if (!SHARED) throw notShared('detach');
      detach(s);
    },
    declareGone(workerSlot) {
      attached(s, 'declareGone');
      if (!SHARED) throw notShared('declareGone');
      const slots = s.words[WORKERS];
      declareGone(s, integerArg(workerSlot, 'declareGone', 'workerSlot', 0, slots - 1));
    },
  };
}

/** The state, unless its worker has detached. */
function attached(s: State, op: string): State {
  if (SHARED) mustBeAttached(s, op);
  return s;
}
