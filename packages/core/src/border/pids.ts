/** The contract's section on the life of a pid. */
import { type NsRef, type PidAllocator, PidBug, type PidRef } from '@pidlab/contract';
import { PID_HEAD } from '../layout.ts';
import { handleSeen } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { beginTaking, endTaking } from '../pids/numbers.ts';
import { hasTasks, isDead, putPid, unlockPid } from '../pids/pids.ts';
import type { State } from '../types.ts';
import { load } from '../words/access.ts';
import { flat } from '../words/flat.ts';
import { SHARED } from '../words/mode.ts';
import { takeReference, unlessEnded } from './again.ts';
import { lockPid, nsArg, pidArg, setTidArg } from './arguments.ts';

const COUNT = PID_HEAD.at.count;
const AUTOMATIC: readonly number[] = [];

type Pids = Pick<PidAllocator, 'allocPid' | 'freePid' | 'getPid' | 'putPid' | 'pidCount'>;

/** `end` ends a pid that is locked. */
export function bindPids(s: State, end: (pidAt: number) => void): Pids {
  const { design, words } = s;
  const bear = flat((nsAt: number) => design.allocPid(s, nsAt, AUTOMATIC));
  return {
    allocPid(ns, setTid) {
      if (setTid !== undefined) return born(s, allocChosen(s, ns, setTid));
      const nsAt = homeArg(s, ns);
      if (!SHARED) return born(s, bear(nsAt));
      try {
        return born(s, bear(nsAt));
      } finally {
        endTaking(s);
      }
    },
    freePid(pid) {
      const pidAt = lockPid(s, pid, 'freePid');
      if (isDead(s, pidAt) || hasTasks(s, pidAt)) throw cannotFree(s, pidAt);
      end(pidAt);
    },
    getPid(pid) {
      takeReference(s, lockPid(s, pid, 'getPid'), 'getPid');
      return pid;
    },
    putPid: (pid) => putPid(s, lockPid(s, pid, 'putPid')),
    pidCount(pid) {
      const pidAt = pidArg(s, pid, 'pidCount');
      const count = load(words, pidAt + COUNT);
      return unlessEnded(s, pidAt, pid, count, count, 'pidCount');
    },
  };
}

/** Outside the hot path. The list is read first: its getters may call the allocator, and end the very namespace. */
function allocChosen(s: State, ns: NsRef, setTid: readonly number[]): number {
  const chosen = setTidArg(setTid, 'allocPid');
  const nsAt = homeArg(s, ns);
  try {
    s.design.map.checkSetTid(s, nsAt, chosen);
    return s.design.allocPid(s, nsAt, chosen);
  } finally {
    if (SHARED) endTaking(s);
  }
}

/** The namespace of a pid to come, which does not end before the pid has its first number, or the call its failure. */
function homeArg(s: State, ns: NsRef): number {
  for (;;) {
    const nsAt = nsArg(s, ns, 'allocPid');
    if (!SHARED || beginTaking(s, nsAt, ns)) return nsAt;
    // Whoever looks into whether it ends does so under this lock.
    locked(s, NS_LOCK, 'allocPid', () => {});
  }
}

/** The handle of a pid that has just been born. */
function born(s: State, pidAt: number): PidRef {
  return handleSeen(s, pidAt) as PidRef;
}

function cannotFree(s: State, pidAt: number): PidBug {
  const dead = 'the pid has been freed already; only references still keep it';
  const why = isDead(s, pidAt) ? dead : 'tasks still hang on the pid; the last detachPid frees it';
  unlockPid(s);
  return new PidBug('freePid', why);
}
