/** Who takes the children of a task that ends. Source: `forget_original_parent()`, kernel/exit.c. */
import { moveChild } from './children.ts';
import { SIGCHLD } from './constants.ts';
import { hangUpOrphans } from './jobs.ts';
import { updateTie } from './members.ts';
import { release } from './release.ts';
import { aliveThread, childrenOf, type Table, type Task, type ThreadGroup } from './task.ts';

/** Moves all children, in their order. `notify` tells the new parent of one that has ended; true when it has to go. */
export function giveChildrenAway<P>(
  t: Table<P>,
  father: Task<P>,
  notify: (t: Table<P>, child: ThreadGroup<P>) => boolean,
): void {
  const next = newParent(father);
  const sameProcess = next.group === father.group;
  const unwanted: ThreadGroup<P>[] = [];
  for (const child of [...childrenOf(father)]) {
    const ended = child.waitable;
    moveChild(next, child);
    // Between two threads of a process nothing has happened that anybody could see.
    if (sameProcess) continue;
    child.above = subreaperFrom(next.group, child.groupLeader);
    updateTie(t, child);
    child.exitSignal = SIGCHLD;
    if (ended && notify(t, child)) unwanted.push(child);
    hangUpOrphans(t, child, father);
  }
  for (const child of unwanted) release(t, child.groupLeader);
}

/** A live thread of the same process, else the nearest subreaper in the same namespace, else the namespace's init. */
function newParent<P>(father: Task<P>): Task<P> {
  const { group } = father;
  // Where all are to end, the next thread would only pass them on again.
  const thread = group.ending ? undefined : aliveThread(group);
  if (thread !== undefined) return thread;
  const subreaper = nearestSubreaper(group);
  if (subreaper !== undefined) return aliveThread(subreaper)!;
  const init = father.home.init!;
  return (init.ending ? undefined : aliveThread(init)) ?? lastThread(init);
}

/**
 * An init that has begun to end takes what its namespace still brings: the thread that ends last, which is there as long as anybody
 * else is, reaps them at once.
 */
function lastThread<P>({ groupLeader, others }: ThreadGroup<P>): Task<P> {
  if (groupLeader.life === 'alive' || groupLeader.life === 'exiting' || others === undefined) return groupLeader;
  return others.youngest!;
}

/** Where a child of that parent begins to look for a subreaper. */
export function subreaperFrom<P>(parent: ThreadGroup<P>, child: Task<P>): ThreadGroup<P> | undefined {
  if (parent.groupLeader.home !== child.home) return undefined;
  return parent.subreaper ? parent : parent.above;
}

/** Source: `find_new_reaper()`. Whoever was passed on the way points straight at it afterwards. */
function nearestSubreaper<P>(group: ThreadGroup<P>): ThreadGroup<P> | undefined {
  let found = group.above;
  while (found !== undefined && !(found.subreaper && found.live > 0 && !found.ending)) found = found.above;
  for (let at: ThreadGroup<P> = group; at.above !== found; ) {
    const { above } = at;
    at.above = found;
    at = above!;
  }
  return found;
}
