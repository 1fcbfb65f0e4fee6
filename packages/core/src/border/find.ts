/** The contract's section on finding pids. */
import type { NsRef, PidAllocator } from '@pidlab/contract';
import { HEADER } from '../layout.ts';
import { mustBeAttached } from '../memory/handles.ts';
import { activeNs } from '../pids/tasks.ts';
import type { State } from '../types.ts';
import { short } from '../words/flat.ts';
import { SHARED } from '../words/mode.ts';
import { fitsAfter, freedMeanwhile, getFound, keepUnlessFreed, pidOrNone, stillIn, unlessFreed } from './again.ts';
import { fromArg, nrArg, nsArg, nsArgAgain, rootOf, taskArg } from './arguments.ts';

const ROOT_NS = HEADER.at.rootNs;

type Finding = Pick<PidAllocator, 'findPidNs' | 'findPid' | 'findVpid' | 'findGetPid' | 'findGePid'>;

export function bindFinding(s: State): Finding {
  const { design } = s;
  const root = rootOf(s);
  const rootAt = s.words[ROOT_NS];
  return {
    findPidNs: short((nr: number, ns: NsRef) => {
      // The root is there for ever, so for one thread its handle is all there is to look at.
      const nsAt = !SHARED && ns === root ? rootAt : nsArgAgain(s, ns, 'findPidNs');
      const pidAt = design.findPidNs(s, nrArg(nr, 'findPidNs'), nsAt);
      const pid = pidOrNone(s, pidAt);
      // As `unlessFreed` does, and short enough for V8 to put all of a look-up in line.
      if (SHARED && !fitsAfter(s, nsAt, ns, pidAt)) throw freedMeanwhile('findPidNs', 'ns');
      return pid;
    }),
    findPid(nr) {
      // It takes no handle, so nothing else would notice that the allocator has been detached.
      if (SHARED) mustBeAttached(s, 'findPid');
      return pidOrNone(s, design.findPid(s, nrArg(nr, 'findPid')));
    },
    findVpid(nr, viewer) {
      const viewerAt = taskArg(s, viewer, 'findVpid', 'viewer');
      nrArg(nr, 'findVpid');
      for (;;) {
        const nsAt = activeNs(s, viewerAt);
        const pid = nsAt === 0 ? undefined : pidOrNone(s, design.findPidNs(s, nr, nsAt));
        if (stillIn(s, nsAt, viewerAt, viewer, 'findVpid')) return pid;
      }
    },
    findGetPid(nr, ns) {
      const nsAt = nsArg(s, ns, 'findGetPid');
      nrArg(nr, 'findGetPid');
      for (;;) {
        const pidAt = design.findPidNs(s, nr, nsAt);
        if (pidAt === 0) return unlessFreed(s, nsAt, ns, undefined, 0, 'findGetPid', 'ns');
        const pid = getFound(s, pidAt, 'findGetPid');
        if (pid !== undefined) return keepUnlessFreed(s, nsAt, ns, pid, 'findGetPid', 'ns');
      }
    },
    findGePid(nr, ns) {
      const nsAt = nsArg(s, ns, 'findGePid');
      const pid = pidOrNone(s, design.findGePid(s, fromArg(nr, 'findGePid'), nsAt));
      return unlessFreed(s, nsAt, ns, pid, 0, 'findGePid', 'ns');
    },
  };
}
