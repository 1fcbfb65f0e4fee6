/** Who takes the children of a task that ends. Source: `forget_original_parent()`, kernel/exit.c. */

import { moveChild } from './children.ts';
import { SIGCHLD } from './constants.ts';
import { hangUpOrphans } from './jobs.ts';
import { release } from './release.ts';
import { aliveThread, childrenOf, type Table, type Task, type ThreadGroup } from './task.ts';
import { findTask } from './task-index.ts';

/** Moves all children, in their order. `notify` tells the new parent of one that has ended; true when it has to go. */
export function giveChildrenAway<P>(
  t: Table<P>,
  father: Task<P>,
  notify: (t: Table<P>, child: ThreadGroup<P>) => boolean,
): void {
  const next = newParent(t, father);
  const sameProcess = next.group === father.group;
  const unwanted: ThreadGroup<P>[] = [];
  for (const child of [...childrenOf(father)]) {
    const ended = child.waitable;
    moveChild(next, child);
    // Between two threads of a process nothing has happened that anybody could see.
    if (sameProcess) continue;
    child.exitSignal = SIGCHLD;
    if (ended && notify(t, child)) unwanted.push(child);
    hangUpOrphans(t, child, father);
  }
  for (const child of unwanted) release(t, child.groupLeader);
}

/** A live thread of the same process, else the nearest subreaper in the same namespace, else the namespace's init. */
function newParent<P>(t: Table<P>, father: Task<P>): Task<P> {
  const thread = aliveThread(father.group);
  if (thread !== undefined) return thread;
  for (let at = father.group.realParent; at !== undefined && at.pidNs === father.pidNs; at = at.group.realParent) {
    if (!at.group.subreaper) continue;
    const alive = aliveThread(at.group);
    if (alive !== undefined) return alive;
  }
  const init = findTask(t.tasks, t.allocator.childReaper(father.pidNs)!)!.group;
  return aliveThread(init) ?? lastThread(init);
}

/** An init that has begun to end takes what its namespace still brings: it reaps them at once. */
function lastThread<P>(init: ThreadGroup<P>): Task<P> {
  return init.others?.find((thread) => thread.life === 'exiting') ?? init.groupLeader;
}
