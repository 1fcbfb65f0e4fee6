/** How the main thread ends what a terminated thread owned, and what is left at the end of a run. */
import {
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  type PidAllocator,
  PidBug,
  type PidRef,
  type PidType,
  type TaskRef,
} from '@pidlab/contract';
import { type Books, BUSY, EMPTY, ENDED, PID, PIDS, SPACE, SPACES, THERE } from './books.ts';

/**
 * Ends what a terminated thread owned, after it was declared gone. The thread may have stopped anywhere between noting what it
 * was about to do and noting what came of it. So each thing is tried, and a PidBug says that it was done already. References
 * that are uncertain are left alone: they may keep one pid for good.
 */
export function recover(a: PidAllocator, books: Books, thread: number): void {
  for (let place = 0; place < PIDS; place++) {
    if (books.pid(place, PID.state) === BUSY + thread) endPlace(a, books, place);
  }
  for (let space = 1; space < SPACES; space++) {
    if (books.space(space, SPACE.state) === BUSY + thread) endSpace(a, books, space);
  }
  endTask(a, books.visit(thread, 'task') as TaskRef, PIDTYPE_PGID);
  const visited = books.visit(thread, 'pid') as PidRef;
  if (visited !== 0) done(() => a.putPid(visited));
  books.setVisit(thread, 'task', 0);
  books.setVisit(thread, 'pid', 0);
}

/** Ends all pids and namespaces in the books; no thread runs any more. */
export function endAll(a: PidAllocator, books: Books): void {
  for (let place = 0; place < PIDS; place++) if (books.pid(place, PID.state) !== EMPTY) endPlace(a, books, place);
  for (let space = 1; space < SPACES; space++) {
    if (books.space(space, SPACE.state) === THERE) endSpace(a, books, space);
  }
}

function endPlace(a: PidAllocator, books: Books, place: number): void {
  const pid = books.handle(place, 'pid') as PidRef;
  let space = books.pid(place, PID.space);
  for (let level = 0; level < books.pid(place, PID.levels); level++) {
    books.unclaim(space, books.pid(place, PID.nrs + level), place);
    space = books.space(space, SPACE.parent);
  }
  for (const which of ['leader', 'next', 'member'] as const) {
    endTask(a, books.handle(place, which) as TaskRef, which === 'member' ? PIDTYPE_PGID : PIDTYPE_PID);
    books.setHandle(place, which, 0);
  }
  if (pid !== 0) {
    done(() => a.freePid(pid));
    for (let left = books.pid(place, PID.references); left > 0; left--) done(() => a.putPid(pid));
  }
  books.setPid(place, PID.references, 0);
  books.setPid(place, PID.levels, 0);
  books.setHandle(place, 'pid', 0);
  books.setPid(place, PID.state, EMPTY);
}

function endSpace(a: PidAllocator, books: Books, space: number): void {
  const ns = books.spaceHandle(space) as NsRef;
  if (ns !== 0) done(() => a.putPidNs(ns));
  books.setSpace(space, SPACE.state, ns === 0 ? EMPTY : ENDED);
}

function endTask(a: PidAllocator, task: TaskRef, type: PidType): void {
  if (task === 0) return;
  done(() => {
    if (a.taskPid(task, type) !== undefined) a.detachPid(task, type);
  });
  done(() => a.freeTask(task));
}

/** Does it, unless it has been done. */
function done(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PidBug)) throw error;
  }
}

/** Frees the pids that are in no book, since their thread was terminated before it could note them. How many there were. */
export function endOrphans(a: PidAllocator, ns: NsRef, spare: PidRef): number {
  let orphans = 0;
  for (let nr: number | undefined = a.nextPidmap(ns, 0); nr !== undefined; nr = a.nextPidmap(ns, nr)) {
    const pid = a.findPidNs(nr, ns);
    if (pid === undefined || pid === spare) continue;
    orphans++;
    done(() => a.freePid(pid));
  }
  return orphans;
}
