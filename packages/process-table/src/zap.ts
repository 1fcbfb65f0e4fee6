/** The end of a namespace. Source: `zap_pid_ns_processes()`, kernel/pid_namespace.c. */
import type { PidRef } from '@pidlab/contract';
import { ownerOf } from './checks.ts';
import { SIGCHLD, SIGKILL } from './constants.ts';
import { endGroup } from './exit.ts';
import { release } from './release.ts';
import type { Table } from './table.ts';
import type { Task } from './task.ts';

const INIT_NR = 1;

/**
 * No pid is born in the namespace of `init` any more, and everybody that it sees is killed and reaped, in ascending order
 * of number, namespaces below included. Only who has a parent outside is left, as a zombie.
 */
export function zap<P>(t: Table<P>, init: Task<P>): void {
  const a = t.allocator;
  const { group, pidNs: ns } = init;
  a.disablePidAllocation(ns);
  group.signals = { ...group.signals, actions: new Map(group.signals.actions).set(SIGCHLD, 'ignore') };
  // Not zapPidNsProcesses: a design with encoded numbers has the root's own map apart from the containers', and the root's
  // end is theirs too.
  let nr = INIT_NR;
  for (let pid = next(t, init, nr); pid !== undefined; pid = next(t, init, nr)) {
    nr = a.pidNrNs(pid, ns);
    const owner = ownerOf(t, pid);
    // Threads of the init itself have ended.
    if (owner !== undefined) endGroup(t, owner.group, SIGKILL);
  }
  while (init.brood?.firstZombie !== undefined) release(t, init.brood.firstZombie.groupLeader);
}

/** Whether nobody but the init, of which `last` is the last thread, has a number in its namespace. */
export function onlyInitLeft<P>(t: Table<P>, last: Task<P>): boolean {
  let pid = next(t, last, INIT_NR);
  if (pid !== undefined && pid === last.pid) pid = next(t, last, t.allocator.pidNrNs(pid, last.pidNs));
  return pid === undefined;
}

function next<P>(t: Table<P>, init: Task<P>, nr: number): PidRef | undefined {
  return t.allocator.findGePid(nr + 1, init.pidNs);
}
