/** The contract's section on namespaces. */
import {
  CLONE_NEWPID,
  CLONE_THREAD,
  type NsRef,
  type PidAllocator,
  PidBug,
  PidError,
  type PidRef,
} from '@pidlab/contract';
import { NS } from '../layout.ts';
import { handleOf, see } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import { createChildNs, getUser, putUser } from '../pids/namespaces.ts';
import { reaperOf } from '../pids/tasks.ts';
import { zapPidNsProcesses } from '../pids/zap.ts';
import type { State } from '../types.ts';
import { nsOrNone, readNs, taskOrNone, unlessFreed, writeNs } from './again.ts';
import { describe, integerArg, nsArg, nsArgNamed, rememberNs } from './arguments.ts';

const { level: LEVEL, parent: PARENT, disabled: DISABLED } = NS.at;
const FLAGS_MAX = 0xffff_ffff;

type Namespaces = Pick<
  PidAllocator,
  | 'copyPidNs'
  | 'getPidNs'
  | 'putPidNs'
  | 'nsLevel'
  | 'nsParent'
  | 'childReaper'
  | 'disablePidAllocation'
  | 'zapPidNsProcesses'
>;

export function bindNamespaces(s: State): Namespaces {
  const w = s.words;
  return {
    copyPidNs: (flags, old) => locked(s, NS_LOCK, 'copyPidNs', () => copyPidNs(s, flags, old)),
    getPidNs(ns) {
      locked(s, NS_LOCK, 'getPidNs', () => getUser(s, nsArg(s, ns, 'getPidNs'), 'getPidNs'));
      return ns;
    },
    putPidNs: (ns) => locked(s, NS_LOCK, 'putPidNs', () => putUser(s, nsArg(s, ns, 'putPidNs'), 'putPidNs')),
    nsLevel: (ns) => readNs(s, ns, LEVEL, 'nsLevel'),
    nsParent(ns) {
      const nsAt = nsArg(s, ns, 'nsParent');
      const parentAt = w[nsAt + PARENT];
      const id = parentAt === 0 ? 0 : see(s, parentAt);
      // It is held by its child, so what was seen is the parent as long as the child is there.
      return unlessFreed(s, nsAt, ns, nsOrNone(s, parentAt), id, 'nsParent', 'ns');
    },
    childReaper(ns) {
      const nsAt = nsArg(s, ns, 'childReaper');
      const taskAt = reaperOf(s, nsAt);
      return unlessFreed(s, nsAt, ns, taskOrNone(s, taskAt), taskAt, 'childReaper', 'ns');
    },
    disablePidAllocation(ns) {
      nsArg(s, ns, 'disablePidAllocation');
      writeNs(s, ns, DISABLED, 1, 'disablePidAllocation');
    },
    zapPidNsProcesses(ns, kill) {
      const nsAt = nsArg(s, ns, 'zapPidNsProcesses');
      if (typeof kill !== 'function') {
        throw new PidBug('zapPidNsProcesses', `kill is ${describe(kill)}; it has to be a function (pid, nr) => void`);
      }
      writeNs(s, ns, DISABLED, 1, 'zapPidNsProcesses');
      return zapPidNsProcesses(s, nsAt, ns, (pid, nr) => kill(pid as PidRef, nr));
    },
  };
}

function copyPidNs(s: State, flags: number, old: NsRef): NsRef {
  const oldAt = nsArgNamed(s, old, 'copyPidNs', 'old');
  integerArg(flags, 'copyPidNs', 'flags', 0, FLAGS_MAX);
  if ((flags & CLONE_NEWPID) === 0) {
    getUser(s, oldAt, 'copyPidNs');
    return old;
  }
  if ((flags & CLONE_THREAD) !== 0) {
    throw new PidError(
      'EINVAL',
      'copyPidNs',
      'flags has CLONE_NEWPID and CLONE_THREAD; a thread stays in its namespace',
    );
  }
  const nsAt = createChildNs(s, oldAt);
  const ns = handleOf(s.words, nsAt) as NsRef;
  rememberNs(s, ns, nsAt);
  return ns;
}
