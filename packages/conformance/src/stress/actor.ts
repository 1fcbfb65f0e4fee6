/** One thread of a stress run: random operations, each noted in the books before and after. */
import {
  CLONE_NEWPID,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  type PidAllocator,
  PidBug,
  PidError,
  type PidRef,
  RESERVED_PIDS,
  type TaskRef,
} from '@pidlab/contract';
import type { Choices } from '../random.ts';
import { type Books, DEPTH, EMPTY, ENDED, NR_END, PID, PIDS, SPACE, SPACES, THERE, THREAD } from './books.ts';

const ROOT = 0;

/** A thread: what it works on, and who it is. */
export interface Actor {
  readonly a: PidAllocator;
  readonly books: Books;
  readonly thread: number;
  readonly random: Choices;
}

/** One random operation, and whether there was something to do it on. Throws what no correct allocator throws. */
export function act(actor: Actor): boolean {
  const { random } = actor;
  const chance = random.below(100);
  if (chance < 70) return actOnPid(actor, random.below(PIDS));
  if (chance < 92) return visit(actor);
  return actOnSpace(actor, random.below(SPACES));
}

/** Some namespaces are busier than others. */
function anySpace(random: Choices): number {
  return random.below(random.below(2) === 0 ? 3 : SPACES);
}

// ── pids ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function actOnPid(actor: Actor, place: number): boolean {
  const { books, thread, random } = actor;
  const state = books.pid(place, PID.state);
  if (state !== EMPTY && state !== THERE) return false;
  if (!books.takePid(place, state, thread)) return false;
  if (state === EMPTY) bear(actor, place);
  else if (random.below(3) === 0) endPid(actor, place);
  else actOnOwn(actor, place);
  books.setPid(place, PID.state, books.handle(place, 'pid') === 0 ? EMPTY : THERE);
  return true;
}

/** Allocates a pid for an empty place, in a random namespace, which may end meanwhile. */
function bear(actor: Actor, place: number): void {
  const { a, books, random } = actor;
  const space = anySpace(random);
  const isProcess = random.below(2) === 0;
  const chosen = random.below(5) === 0 ? [1 + random.below(NR_END - 1)] : undefined;
  books.setPid(place, PID.levels, 0);
  const pid = inSpace(actor, space, (ns) => a.allocPid(ns, chosen), ['EAGAIN', 'ENOMEM', 'EEXIST', 'EINVAL']);
  if (pid === undefined) return;
  const since = books.now();
  books.setPid(place, PID.space, space);
  books.setHandle(place, 'pid', pid);
  claimNumbers(actor, place, pid, since);
  if (isProcess) lead(actor, place, pid);
}

/** Notes the numbers of a new pid, level by level from its own up, and claims them. */
function claimNumbers({ a, books, thread }: Actor, place: number, pid: PidRef, since: number): void {
  let space = books.pid(place, PID.space);
  for (let level = 0; level < a.traits.maxNumbers; level++) {
    const nr = a.pidNrNs(pid, spaceOf(books, space));
    if (nr < 1 || nr >= NR_END) throw new Error(`a pid has number ${nr} where none is above ${NR_END - 1}`);
    books.setPid(place, PID.nrs + level, nr);
    books.setPid(place, PID.levels, level + 1);
    if (!books.claim(space, nr, place, since)) books.count(thread, THREAD.duplicates);
    if (space === ROOT) return;
    space = books.space(space, SPACE.parent);
  }
}

function lead({ a, books }: Actor, place: number, pid: PidRef): void {
  const task = taskOrNone(a);
  if (task === undefined) return;
  books.setHandle(place, 'leader', task);
  a.attachPid(task, PIDTYPE_PID, pid);
}

function taskOrNone(a: PidAllocator): TaskRef | undefined {
  return allowing(['ENOMEM'], () => a.allocTask());
}

/** Does something with a pid that this thread owns. */
function actOnOwn(actor: Actor, place: number): void {
  const { books, random } = actor;
  const pid = books.handle(place, 'pid') as PidRef;
  random.pick([takeOrGive, join, succeed, seek, seek])(actor, place, pid);
}

/** A pid that this thread owns has to be found by all its numbers, and to have all of them. */
function seek({ a, books, thread }: Actor, place: number, pid: PidRef): void {
  let space = books.pid(place, PID.space);
  for (let level = 0; level < books.pid(place, PID.levels); level++) {
    const nr = books.pid(place, PID.nrs + level);
    const ns = spaceOf(books, space);
    if (a.findPidNs(nr, ns) !== pid || a.pidNrNs(pid, ns) !== nr) books.count(thread, THREAD.lost);
    space = books.space(space, SPACE.parent);
  }
  if (a.pidNs(pid) !== spaceOf(books, books.pid(place, PID.space))) books.count(thread, THREAD.lost);
  const leader = books.handle(place, 'leader') as TaskRef | 0;
  if (leader !== 0 && (a.taskPid(leader, PIDTYPE_PID) !== pid || a.pidTask(pid, PIDTYPE_PID) !== leader))
    books.count(thread, THREAD.lost);
}

/** Takes one more reference, or gives one back. References are noted only while they are certain. */
function takeOrGive({ a, books }: Actor, place: number, pid: PidRef): void {
  const references = books.pid(place, PID.references);
  if (references < 3) {
    a.getPid(pid);
    books.setPid(place, PID.references, references + 1);
    if (a.pidCount(pid) < references + 2) throw new Error(`a pid with ${references + 2} references counts fewer`);
  } else {
    books.setPid(place, PID.references, references - 1);
    a.putPid(pid);
  }
}

/** A member joins the process's group, or leaves it. */
function join({ a, books }: Actor, place: number, pid: PidRef): void {
  if (books.handle(place, 'leader') === 0) return;
  const member = books.handle(place, 'member') as TaskRef;
  if (member === 0) {
    const task = taskOrNone(a);
    if (task === undefined) return;
    books.setHandle(place, 'member', task);
    a.attachPid(task, PIDTYPE_PGID, pid);
  } else {
    a.detachPid(member, PIDTYPE_PGID);
    a.freeTask(member);
    books.setHandle(place, 'member', 0);
  }
}

/** Another task takes the leader's place, as `exec` of a thread does it. */
function succeed({ a, books }: Actor, place: number): void {
  const leader = books.handle(place, 'leader') as TaskRef;
  const next = leader === 0 ? undefined : taskOrNone(a);
  if (next === undefined) return;
  books.setHandle(place, 'next', next);
  a.transferPid(leader, next, PIDTYPE_PID);
  books.setHandle(place, 'leader', next);
  books.setHandle(place, 'next', 0);
  a.freeTask(leader);
}

/** Ends what is in the place: lets go of the numbers, then of tasks and pid, then of references. */
function endPid({ a, books }: Actor, place: number): void {
  const pid = books.handle(place, 'pid') as PidRef;
  letGoOfNumbers(books, place);
  const leader = books.handle(place, 'leader') as TaskRef;
  const member = books.handle(place, 'member') as TaskRef;
  if (leader === 0) a.freePid(pid);
  if (leader !== 0) a.detachPid(leader, PIDTYPE_PID);
  if (member !== 0) a.detachPid(member, PIDTYPE_PGID);
  for (const [which, task] of [
    ['leader', leader],
    ['member', member],
  ] as const) {
    if (task !== 0) a.freeTask(task);
    books.setHandle(place, which, 0);
  }
  putReferences(a, books, place, pid);
  books.setHandle(place, 'pid', 0);
}

function putReferences(a: PidAllocator, books: Books, place: number, pid: PidRef): void {
  for (let left = books.pid(place, PID.references) - 1; left >= 0; left--) {
    books.setPid(place, PID.references, left);
    a.putPid(pid);
  }
}

function letGoOfNumbers(books: Books, place: number): void {
  let space = books.pid(place, PID.space);
  for (let level = 0; level < books.pid(place, PID.levels); level++) {
    books.unclaim(space, books.pid(place, PID.nrs + level), place);
    space = books.space(space, SPACE.parent);
  }
}

// ── others' pids ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Finds a pid that somebody else may own, and may be freeing: what it says has to fit as long as there is a reference. */
function visit(actor: Actor): boolean {
  const { a, books, thread, random } = actor;
  const space = anySpace(random);
  const isThere = inSpace(actor, space, (ns) => {
    const from = random.below(NR_END);
    const nr = a.nextPidmap(ns, from) ?? from;
    const pid = a.findGetPid(nr, ns);
    if (pid === undefined) return true;
    books.setVisit(thread, 'pid', pid);
    try {
      if (a.pidNrNs(pid, ns) !== nr) books.count(thread, THREAD.lost);
      if (a.pidCount(pid) < 1) books.count(thread, THREAD.lost);
      if (random.below(3) === 0 && a.pidTask(pid, PIDTYPE_PID) !== undefined) hangOn(actor, pid);
    } finally {
      books.setVisit(thread, 'pid', 0);
      a.putPid(pid);
    }
    return true;
  });
  return isThere === true;
}

/** Hangs a task of its own on a process, unless that ends meanwhile. The last task on a pid frees it. */
function hangOn({ a, books, thread }: Actor, pid: PidRef): void {
  const task = taskOrNone(a);
  if (task === undefined) return;
  books.setVisit(thread, 'task', task);
  let hangs = true;
  try {
    a.attachPid(task, PIDTYPE_PGID, pid);
  } catch (error) {
    if (!(error instanceof PidBug) || !error.message.includes('freed')) throw error;
    hangs = false;
  }
  if (hangs) {
    if (a.taskPid(task, PIDTYPE_PGID) !== pid) books.count(thread, THREAD.lost);
    a.detachPid(task, PIDTYPE_PGID);
  }
  a.freeTask(task);
  books.setVisit(thread, 'task', 0);
}

// ── namespaces ──────────────────────────────────────────────────────────────────────────────────────────────────────

function actOnSpace(actor: Actor, space: number): boolean {
  const { a, books, thread, random } = actor;
  const state = books.space(space, SPACE.state);
  const chance = random.below(12);
  if (space === ROOT || (state === THERE && chance < 9)) {
    tune(actor, space);
  } else if (state === EMPTY && books.takeSpace(space, EMPTY, thread)) {
    const parent = random.below(SPACES);
    const ns = books.space(parent, SPACE.level) < Math.min(DEPTH, a.traits.maxLevel) ? found(actor, parent) : undefined;
    if (ns !== undefined) enter(actor, space, parent, ns);
    books.setSpace(space, SPACE.state, ns === undefined ? EMPTY : THERE);
  } else if (state === THERE && books.takeSpace(space, THERE, thread)) {
    close(actor, space);
    books.setSpace(space, SPACE.state, ENDED);
  } else if (state === ENDED && books.takeSpace(space, ENDED, thread)) {
    const isGone = isStale(a, spaceOf(books, space));
    if (isGone) books.setSpaceHandle(space, 0);
    books.setSpace(space, SPACE.state, isGone ? EMPTY : ENDED);
  } else {
    return false;
  }
  return true;
}

function found(actor: Actor, parent: number): NsRef | undefined {
  return inSpace(actor, parent, (ns) => actor.a.copyPidNs(CLONE_NEWPID, ns), ['ENOSPC', 'ENOMEM']);
}

function enter({ a, books }: Actor, space: number, parent: number, ns: NsRef): void {
  books.setSpace(space, SPACE.parent, parent);
  books.setSpace(space, SPACE.level, a.nsLevel(ns));
  a.setPidMax(ns, NR_END);
  books.setSpaceHandle(space, ns);
}

/** Looks at a namespace and turns its knobs, as others may at the same time. */
function tune(actor: Actor, space: number): void {
  const { a, books, thread, random } = actor;
  inSpace(actor, space, (ns) => {
    switch (random.below(5)) {
      case 0:
        return a.setPidMax(ns, RESERVED_PIDS + 1 + random.below(NR_END - RESERVED_PIDS));
      case 1:
        return a.setLastPid(ns, random.below(NR_END - 1));
      case 2:
        if (a.lastPid(ns) >= NR_END || a.pidMax(ns) > NR_END) books.count(thread, THREAD.lost);
        return;
      case 3:
        return void (a.nsParent(ns) ?? a.childReaper(ns));
      default:
        return a.putPidNs(a.getPidNs(ns));
    }
  });
}

/** Ends a namespace with those of its pids that nobody else has just taken, or only puts it. */
function close(actor: Actor, space: number): void {
  const { a, books, thread, random } = actor;
  const ns = spaceOf(books, space);
  if (random.below(2) === 0) {
    a.zapPidNsProcesses(ns, (pid, nr) => {
      const place = nr < NR_END ? books.holder(space, nr) : -1;
      if (place < 0 || !books.takePid(place, THERE, thread)) return;
      if (books.handle(place, 'pid') === pid) endPid(actor, place);
      books.setPid(place, PID.state, books.handle(place, 'pid') === 0 ? EMPTY : THERE);
    });
  }
  a.putPidNs(ns);
}

function isStale(a: PidAllocator, ns: NsRef): boolean {
  try {
    a.nsLevel(ns);
    return false;
  } catch (error) {
    if (error instanceof PidBug) return true;
    throw error;
  }
}

function spaceOf(books: Books, space: number): NsRef {
  return books.spaceHandle(space) as NsRef;
}

/** Does something in a namespace that somebody else may be ending: nothing when there is none, or when it has ended. */
function inSpace<T>(
  { books }: Actor,
  space: number,
  run: (ns: NsRef) => T,
  codes: readonly string[] = [],
): T | undefined {
  const state = books.space(space, SPACE.state);
  const ns = spaceOf(books, space);
  if (ns === 0 || (state !== THERE && state !== ENDED)) return undefined;
  try {
    return allowing(codes, () => run(ns));
  } catch (error) {
    const wasThere = books.space(space, SPACE.state) === THERE && spaceOf(books, space) === ns;
    if (!(error instanceof PidBug) || wasThere) throw error;
    return undefined;
  }
}

/** What `run` returns; nothing when it throws a PidError with one of those codes. */
function allowing<T>(codes: readonly string[], run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof PidError && codes.includes(error.code)) return undefined;
    throw error;
  }
}
