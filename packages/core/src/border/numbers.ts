/** The contract's section on the numbers of a namespace. */
import { PID_MAX_LIMIT, type PidAllocator } from '@pidlab/contract';
import { NS } from '../layout.ts';
import { cursorOf, voidWindows } from '../pids/windows.ts';
import type { State } from '../types.ts';
import { readNs, unlessFreed, writeNs } from './again.ts';
import { integerArg, NR_LIMIT, nsArg } from './arguments.ts';

const { lastPid: LAST_PID, pidMax: PID_MAX } = NS.at;

type Numbers = Pick<PidAllocator, 'lastPid' | 'setLastPid' | 'pidMax' | 'setPidMax' | 'nextPidmap'>;

export function bindNumbers(s: State): Numbers {
  return {
    lastPid(ns) {
      const nsAt = nsArg(s, ns, 'lastPid');
      const nr = cursorOf(s, nsAt);
      return unlessFreed(s, nsAt, ns, nr, nr, 'lastPid', 'ns');
    },
    setLastPid(ns, nr) {
      const nsAt = nsArg(s, ns, 'setLastPid');
      writeNs(s, ns, LAST_PID, integerArg(nr, 'setLastPid', 'nr', 0, PID_MAX_LIMIT - 1), 'setLastPid');
      voidWindows(s, nsAt);
    },
    pidMax: (ns) => readNs(s, ns, PID_MAX, 'pidMax'),
    setPidMax(ns, pidMax) {
      nsArg(s, ns, 'setPidMax');
      writeNs(s, ns, PID_MAX, integerArg(pidMax, 'setPidMax', 'pidMax', 1, PID_MAX_LIMIT), 'setPidMax');
    },
    nextPidmap(ns, last) {
      const nsAt = nsArg(s, ns, 'nextPidmap');
      const nr = s.design.map.next(s, nsAt, integerArg(last, 'nextPidmap', 'last', 0, NR_LIMIT));
      return unlessFreed(s, nsAt, ns, nr === 0 ? undefined : nr, 0, 'nextPidmap', 'ns');
    },
  };
}
