/** The contract's section on translation. */
import type { Nr, NsRef, PidAllocator, PidRef, RootNr, Vnr } from '@pidlab/contract';
import { homeIfAlive } from '../pids/pids.ts';
import { activeNs } from '../pids/tasks.ts';
import type { State } from '../types.ts';
import { short } from '../words/flat.ts';
import { SHARED } from '../words/mode.ts';
import { nsOrNone, stillIn, unlessEnded, unlessFreed } from './again.ts';
import { nsArgAgain, pidArg, rootOf, taskArg } from './arguments.ts';

type Translation = Pick<PidAllocator, 'pidNrNs' | 'pidNr' | 'pidVnr' | 'pidNs' | 'isContainerInit'>;

export function bindTranslation(s: State): Translation {
  const { design } = s;
  const root = rootOf(s);
  return {
    pidNrNs: short((pid: PidRef, ns: NsRef) => {
      const pidAt = pidArg(s, pid, 'pidNrNs');
      if (!SHARED && ns === root) return design.pidNr(s, pidAt) as Nr;
      const nsAt = nsArgAgain(s, ns, 'pidNrNs');
      const nr = design.pidNrNs(s, pidAt, nsAt) as Nr;
      if (!SHARED) return nr;
      unlessEnded(s, pidAt, pid, nr, nr, 'pidNrNs');
      return unlessFreed(s, nsAt, ns, nr, nr, 'pidNrNs', 'ns');
    }),
    pidNr(pid) {
      const pidAt = pidArg(s, pid, 'pidNr');
      const nr = design.pidNr(s, pidAt) as RootNr;
      return unlessEnded(s, pidAt, pid, nr, nr, 'pidNr');
    },
    pidVnr(pid, viewer) {
      const pidAt = pidArg(s, pid, 'pidVnr');
      const viewerAt = taskArg(s, viewer, 'pidVnr', 'viewer');
      for (;;) {
        const nsAt = activeNs(s, viewerAt);
        const nr = nsAt === 0 ? 0 : design.pidNrNs(s, pidAt, nsAt);
        if (stillIn(s, nsAt, viewerAt, viewer, 'pidVnr')) return unlessEnded(s, pidAt, pid, nr as Vnr, nr, 'pidVnr');
      }
    },
    pidNs(pid) {
      const pidAt = pidArg(s, pid, 'pidNs');
      return unlessEnded(s, pidAt, pid, nsOrNone(s, homeIfAlive(s, pidAt)), 0, 'pidNs');
    },
    isContainerInit(pid) {
      const pidAt = pidArg(s, pid, 'isContainerInit');
      const nr = design.pidOwnNr(s, pidAt);
      return unlessEnded(s, pidAt, pid, nr === 1, nr, 'isContainerInit');
    },
  };
}
