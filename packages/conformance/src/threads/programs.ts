/**
 * What threads do in the clauses of chapter SHARED, by name: every function here can be asked for. Both sides of a run import
 * this module; arguments and results are plain data and handles.
 *
 * A program throws when it sees what must not be. What it merely may meet, it steps over.
 */
import {
  CLONE_NEWPID,
  type ErrnoCode,
  type Findings,
  type NsRef,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  type PidAllocator,
  type PidRef,
  type TaskRef,
} from '@pidlab/contract';
import { BOX_PLACES, type Crew, STOP } from './crew.ts';

/** Places on the board from here on are free. */
const FIRST = 16;
/** From the marks of one namespace to those of the next. */
const MARKS = 2 ** 16;

/** The places that programs count in: when they are done, and pids that they make. */
const DONE = 0;
const MADE = 1;

/** A number and the pid that has it. */
export type Numbered = readonly [nr: number, pid: PidRef];

// ── what programs are made of ─────────────────────────────────────────────────────────────────────────────────────────

/** What `call` returns; undefined when it was refused with one of these codes. */
function unless<T>(codes: readonly ErrnoCode[], call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (codes.includes((error as { code?: ErrnoCode }).code as ErrnoCode)) return undefined;
    throw error;
  }
}

/** What `call` returns; undefined when a handle in it was stale by then. */
function unlessStale<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if ((error as Error).name === 'PidBug') return undefined;
    throw error;
  }
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Writes down that this thread has `nr` of that namespace: nobody else may have it. */
function mark({ board, me }: Crew, nr: number, of = 0): void {
  const had = Atomics.compareExchange(board, FIRST + of * MARKS + nr, 0, me + 1);
  must(had === 0, `thread ${me} was given number ${nr} while thread ${had - 1} has it`);
}

/** Strikes it out again, before the number is given back. */
function unmark({ board, me }: Crew, nr: number, of = 0): void {
  const had = Atomics.compareExchange(board, FIRST + of * MARKS + nr, me + 1, 0);
  must(had === me + 1, `number ${nr} of thread ${me} was marked by thread ${had - 1}`);
}

function goesOn({ board }: Crew): boolean {
  return Atomics.load(board, STOP) === 0;
}

/** Counts one more in a place of the board. */
function tally({ board }: Crew, place: number): void {
  Atomics.add(board, FIRST + place, 1);
}

/** Whether all the others have counted in that they are done, or have to stop. */
function isLastAtIt(crew: Crew): boolean {
  return !goesOn(crew) || Atomics.load(crew.board, FIRST + DONE) === crew.size - 1;
}

/** Waits until the others have made so many pids. The cursor would not say so: a worker that has a window sees its own. */
function awaitMade(crew: Crew, pids: number): void {
  while (Atomics.load(crew.board, FIRST + MADE) < pids && !isLastAtIt(crew));
}

// ── programs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One thread after the other looks at the whole; the others do nothing. */
export function look(a: PidAllocator, _: unknown, crew: Crew): { counts: unknown; findings: Findings } {
  for (let turn = 0; ; turn++) {
    if (turn === crew.size) throw new Error('had no turn');
    if (turn !== crew.me) {
      crew.meet();
      continue;
    }
    const { pids, tasks, namespaces } = a.stats();
    const seen = { counts: { pids, tasks, namespaces }, findings: a.checkInvariants() };
    for (let rest = turn; rest < crew.size; rest++) crew.meet();
    return seen;
  }
}

/**
 * Pids come and go in `ns`, up to `live` of them at once; what is full is stepped over. No number that this thread has is
 * anybody else's, in `ns` and in those above it that are in `path`. How often it was full.
 */
export function churn(
  a: PidAllocator,
  { path, count, live }: { path: readonly NsRef[]; count: number; live: number },
  crew: Crew,
): number {
  const ns = path[path.length - 1];
  const mine: PidRef[] = [];
  let full = 0;
  const free = (at: number): void => {
    const pid = mine[at];
    mine[at] = mine[mine.length - 1];
    mine.pop();
    for (const [i, above] of path.entries()) unmark(crew, a.pidNrNs(pid, above), i);
    a.freePid(pid);
  };
  for (let i = 0; i < count && goesOn(crew); i++) {
    if (mine.length === live || (mine.length > 0 && crew.random(5) < 2)) free(crew.random(mine.length));
    const pid = unless(['EAGAIN'], () => a.allocPid(ns));
    if (pid === undefined) {
      full++;
      if (mine.length > 0) free(crew.random(mine.length));
      continue;
    }
    for (const [at, above] of path.entries()) mark(crew, a.pidNrNs(pid, above), at);
    mine.push(pid);
  }
  while (mine.length > 0) free(mine.length - 1);
  return full;
}

/** Allocates `count` pids and says which numbers they have in `ns`. */
export function collect(a: PidAllocator, { ns, count }: { ns: NsRef; count: number }): Numbered[] {
  const pids: PidRef[] = [];
  for (let i = 0; i < count; i++) pids.push(a.allocPid(ns));
  return pids.map((pid) => [a.pidNrNs(pid, ns), pid]);
}

/** Every number leads to its pid, and every pid says its number. */
export function verify(a: PidAllocator, { ns, pids }: { ns: NsRef; pids: readonly Numbered[] }): void {
  for (const [nr, pid] of pids) {
    must(a.findPidNs(nr, ns) === pid, `number ${nr} does not lead to its pid`);
    must(a.pidNrNs(pid, ns) === nr, `the pid of number ${nr} says that it is ${a.pidNrNs(pid, ns)}`);
  }
}

/** Frees those pids of which this thread's turn it is. */
export function freeShare(a: PidAllocator, { pids }: { pids: readonly Numbered[] }, { me, size }: Crew): void {
  for (let i = me; i < pids.length; i += size) a.freePid(pids[i][1]);
}

/**
 * Allocates and frees in another order, until told to stop or `count` times, and says when it is done. Never looks at what
 * others do.
 */
export function disturb(
  a: PidAllocator,
  { ns, count, live }: { ns: NsRef; count: number; live: number },
  crew: Crew,
): void {
  const mine: PidRef[] = [];
  for (let i = 0; i < count && goesOn(crew); i++) {
    const pid = mine.length < live ? unless(['EAGAIN'], () => a.allocPid(ns)) : undefined;
    if (pid !== undefined) mine.push(pid);
    else if (mine.length > 0) a.freePid(mine.splice(crew.random(mine.length), 1)[0]);
  }
  for (const pid of mine) a.freePid(pid);
  tally(crew, DONE);
}

/** Where a program looks numbers up, how often, and below which. */
interface LookUps {
  readonly ns: NsRef;
  readonly count: number;
  readonly limit: number;
}

/** Looks random numbers up and at all that is found, and then tells the others to stop. How often something was found. */
function lookUp<T>(
  { count, limit }: LookUps,
  crew: Crew,
  find: (nr: number) => T | undefined,
  check: (found: T, nr: number) => void,
): number {
  let hits = 0;
  for (let i = 0; i < count; i++) {
    const nr = 1 + crew.random(limit);
    const found = find(nr);
    if (found === undefined) continue;
    hits++;
    check(found, nr);
  }
  Atomics.store(crew.board, STOP, 1);
  return hits;
}

/** Looks numbers up while others free them: what is found, and still there, has the number that was looked for. */
export function find(a: PidAllocator, args: LookUps, crew: Crew): number {
  const { ns } = args;
  const check = (pid: PidRef, nr: number): void => {
    const says = unlessStale(() => a.pidNrNs(pid, ns));
    must(says === undefined || says === nr, `looked for ${nr} and found the pid of ${says}`);
  };
  return lookUp(args, crew, (nr) => a.findPidNs(nr, ns), check);
}

/** The same with a reference: what is found stays what it was until the reference is given back. */
export function findGet(a: PidAllocator, args: LookUps, crew: Crew): number {
  const { ns } = args;
  const check = (pid: PidRef, nr: number): void => {
    const says = a.pidNrNs(pid, ns);
    must(says === nr, `looked for ${nr} and got the pid of ${says}`);
    must(a.pidCount(pid) >= 1, `the pid of ${nr} has no reference`);
    a.putPid(pid);
  };
  return lookUp(args, crew, (nr) => a.findGetPid(nr, ns), check);
}

/** Those that live all the while are found all the while. */
export function findSteady(
  a: PidAllocator,
  { ns, pids, count }: { ns: NsRef; pids: readonly Numbered[]; count: number },
  crew: Crew,
): void {
  for (let i = 0; i < count; i++) {
    const [nr, pid] = pids[crew.random(pids.length)];
    must(a.findPidNs(nr, ns) === pid, `number ${nr}, which lives, was not found`);
  }
  Atomics.store(crew.board, STOP, 1);
}

/** A walk by `findGePid` goes up, comes to an end, and meets all that live all the while. */
export function walk(
  a: PidAllocator,
  { ns, pids, count }: { ns: NsRef; pids: readonly Numbered[]; count: number },
  crew: Crew,
): void {
  for (let i = 0; i < count; i++) {
    const met = new Map<PidRef, number>();
    let last = 0;
    for (let pid = a.findGePid(0, ns); pid !== undefined; pid = a.findGePid(last + 1, ns)) {
      const at = pid;
      const nr = unlessStale(() => a.pidNrNs(at, ns));
      if (nr !== undefined) must(nr > last, `the walk went from ${last} to ${nr}`);
      last = nr ?? last + 1;
      met.set(pid, last);
    }
    for (const [nr, pid] of pids) must(met.get(pid) === nr, `the walk missed number ${nr}`);
  }
  Atomics.store(crew.board, STOP, 1);
}

/** References come and go; thread 0 frees the pid in the middle. Each thread holds one all the while. */
export function refer(a: PidAllocator, { pid, count }: { pid: PidRef; count: number }, crew: Crew): void {
  let held = 0;
  for (let i = 0; i < count; i++) {
    if (crew.me === 0 && i === count >> 1) a.freePid(pid);
    if (held === 0 || crew.random(2) === 0) {
      a.getPid(pid);
      held++;
    } else {
      a.putPid(pid);
      held--;
    }
    must(a.pidCount(pid) > held, `${held} references of this thread, one kept, and a count of ${a.pidCount(pid)}`);
  }
  while (held-- > 0) a.putPid(pid);
}

/**
 * Each thread makes pids that the others see in the box and take references on, while it frees them: a reference that was given
 * is one, until it is given back.
 */
export function getWhileFreed(a: PidAllocator, { ns, count }: { ns: NsRef; count: number }, crew: Crew): number {
  let got = 0;
  for (let i = 0; i < count && goesOn(crew); i++) {
    const pid = a.allocPid(ns);
    const nr = a.pidNr(pid);
    crew.swap(crew.me, pid);
    for (let other = 0; other < crew.size; other++) {
      const theirs = crew.peek(other) as PidRef;
      if (other === crew.me || theirs === 0) continue;
      if (unlessStale(() => a.getPid(theirs)) === undefined) continue;
      got++;
      const count = a.pidCount(theirs);
      must(count >= 1 && count <= crew.size + 1, `a pid that this thread holds counts ${count} references`);
      must(a.pidNr(theirs) > 0, 'a pid that this thread holds has no number');
      a.putPid(theirs);
    }
    must(a.pidNr(pid) === nr && a.findPid(nr) === pid, 'a pid that this thread made is another');
    a.freePid(pid);
  }
  return got;
}

/** Gives back the reference that this thread kept: the pid is gone when all have. */
export function putKept(a: PidAllocator, { pid }: { pid: PidRef }): void {
  a.putPid(pid);
}

/** Numbers of a namespace that are asked for in turn. */
interface Wanted {
  readonly ns: NsRef;
  readonly from: number;
  readonly to: number;
}

/** One allocation for each number, in step with the others. What this thread was given. */
function inTurn(
  a: PidAllocator,
  { ns, from, to }: Wanted,
  crew: Crew,
  alloc: (nr: number) => PidRef | undefined,
): Numbered[] {
  const won: Numbered[] = [];
  for (let nr = from; nr < to; nr++) {
    if (nr % 64 === 0) crew.meet();
    const pid = alloc(nr);
    if (pid === undefined) continue;
    const given = a.pidNrNs(pid, ns);
    mark(crew, given);
    won.push([given, pid]);
  }
  return won;
}

/** All ask for the same numbers in turn. What this thread won. */
export function choose(a: PidAllocator, wanted: Wanted, crew: Crew): Numbered[] {
  const { ns } = wanted;
  return inTurn(a, wanted, crew, (nr) => {
    const pid = unless(['EEXIST'], () => a.allocPid(ns, [nr]));
    if (pid !== undefined) must(a.pidNrNs(pid, ns) === nr, `chose ${nr} and was given ${a.pidNrNs(pid, ns)}`);
    return pid;
  });
}

/** In step with `choose`, but the allocator picks the number. */
export function chooseNone(a: PidAllocator, wanted: Wanted, crew: Crew): Numbered[] {
  return inTurn(a, wanted, crew, () => a.allocPid(wanted.ns));
}

/** Tasks are hung on one pid and taken off it; at the end this thread's hang on nothing. */
export function hang(a: PidAllocator, { pid, count }: { pid: PidRef; count: number }, crew: Crew): void {
  const tasks = Array.from({ length: 4 }, () => a.allocTask());
  const types = [PIDTYPE_PGID, PIDTYPE_SID] as const;
  for (let i = 0; i < count; i++) {
    const task = tasks[crew.random(tasks.length)];
    const type = types[crew.random(2)];
    if (a.taskPid(task, type) === undefined) {
      a.attachPid(task, type, pid);
      must(a.taskPid(task, type) === pid, 'a task does not hang where it was hung');
    } else if (crew.random(3) > 0) {
      a.detachPid(task, type);
      must(a.taskPid(task, type) === undefined, 'a task still hangs where it was taken off');
    } else {
      const next = tasks.find((other) => a.taskPid(other, type) === undefined);
      if (next === undefined) continue;
      a.transferPid(task, next, type);
      must(
        a.taskPid(next, type) === pid && a.taskPid(task, type) === undefined,
        'a place in the list was not handed on',
      );
    }
  }
  for (const task of tasks) {
    for (const type of types) if (a.taskPid(task, type) !== undefined) a.detachPid(task, type);
    a.freeTask(task);
  }
}

/** All hang the same tasks, each on a pid of its own: of two, one wins. How many this thread won. */
export function claim(a: PidAllocator, { tasks, ns }: { tasks: readonly TaskRef[]; ns: NsRef }, crew: Crew): number {
  const pid = a.allocPid(ns);
  const own = a.allocTask();
  a.attachPid(own, PIDTYPE_PID, pid);
  let won = 0;
  for (const [i, task] of tasks.entries()) {
    if (i % 64 === 0) crew.meet();
    const attached = unlessStale(() => {
      a.attachPid(task, PIDTYPE_PGID, pid);
      return true;
    });
    if (attached === undefined) continue;
    won++;
    tally(crew, i);
  }
  crew.meet();
  for (const task of tasks) if (a.taskPid(task, PIDTYPE_PGID) === pid) a.detachPid(task, PIDTYPE_PGID);
  a.detachPid(own, PIDTYPE_PID);
  a.freeTask(own);
  return won;
}

/**
 * All take the same task off its pid, which ends that pid, and hang it on one that they have just made; who comes second frees
 * its own again. How often this thread came first.
 */
export function rehang(a: PidAllocator, { ns, task, count }: { ns: NsRef; task: TaskRef; count: number }): number {
  let first = 0;
  for (let i = 0; i < count; i++) {
    unlessStale(() => a.detachPid(task, PIDTYPE_PGID));
    const pid = a.allocPid(ns);
    const hung = unlessStale(() => {
      a.attachPid(task, PIDTYPE_PGID, pid);
      return true;
    });
    if (hung === undefined) a.freePid(pid);
    else first++;
  }
  return first;
}

/** Each takes its own task off the same pids: whoever is last ends the pid. */
export function leaveTogether(
  a: PidAllocator,
  { tasks }: { tasks: readonly (readonly TaskRef[])[] },
  crew: Crew,
): void {
  for (const [i, ofAll] of tasks.entries()) {
    if (i % 16 === 0) crew.meet();
    a.detachPid(ofAll[crew.me], PIDTYPE_PGID);
    a.freeTask(ofAll[crew.me]);
  }
}

/** In each namespace all hang a first task at once: exactly one becomes the reaper. Whether it was this thread's, by namespace. */
export function reap(a: PidAllocator, { namespaces }: { namespaces: readonly NsRef[] }, crew: Crew): boolean[] {
  const processes = namespaces.map((ns) => ({ ns, pid: a.allocPid(ns), task: a.allocTask() }));
  for (const [i, { pid, task }] of processes.entries()) {
    if (i % 64 === 0) crew.meet();
    a.attachPid(task, PIDTYPE_PID, pid);
  }
  crew.meet();
  const isReaper = processes.map(({ ns, task }) => {
    const reaper = a.childReaper(ns);
    must(reaper !== undefined, 'a namespace with tasks has no reaper');
    return reaper === task;
  });
  crew.meet();
  for (const { task } of processes) {
    a.detachPid(task, PIDTYPE_PID);
    a.freeTask(task);
  }
  crew.meet();
  for (const { ns } of processes) must(a.childReaper(ns) === undefined, 'a namespace without tasks has a reaper');
  return isReaper;
}

/** Looks tasks up by number while processes come and go: what is found, and still hangs, hangs on that number. */
export function findTasks(a: PidAllocator, args: LookUps, crew: Crew): number {
  const { ns } = args;
  const check = (task: TaskRef, nr: number): void => {
    const says = unlessStale(() => a.taskPidNrNs(task, ns));
    must(says === undefined || says === 0 || says === nr, `looked for the task of ${nr} and found that of ${says}`);
  };
  return lookUp(args, crew, (nr) => a.findTaskByPidNs(nr, ns), check);
}

/** Processes come and go until told to stop: a pid and a task on it, which has no other in its life. */
export function forkAndExit(
  a: PidAllocator,
  { ns, count, live }: { ns: NsRef; count: number; live: number },
  crew: Crew,
): void {
  const mine: TaskRef[] = [];
  const exit = (at: number): void => {
    const [task] = mine.splice(at, 1);
    a.detachPid(task, PIDTYPE_PID);
    a.freeTask(task);
  };
  for (let i = 0; i < count && goesOn(crew); i++) {
    if (mine.length === live) exit(crew.random(live));
    const pid = unless(['EAGAIN'], () => a.allocPid(ns));
    if (pid === undefined) continue;
    const task = a.allocTask();
    a.attachPid(task, PIDTYPE_PID, pid);
    mine.push(task);
  }
  while (mine.length > 0) exit(0);
}

/** Namespaces are made with a pid in each; the pids are freed by whoever finds them in the box, so that any thread may end any namespace. */
export function nestAndPass(a: PidAllocator, { parent, count }: { parent: NsRef; count: number }, crew: Crew): void {
  for (let i = 0; i < count; i++) {
    const ns = unless(['ENOSPC', 'ENOMEM'], () => a.copyPidNs(CLONE_NEWPID, parent));
    if (ns === undefined) continue;
    const pid = a.allocPid(ns);
    must(a.pidNrNs(pid, ns) === 1, `the first number of a namespace is ${a.pidNrNs(pid, ns)}`);
    a.putPidNs(ns);
    const other = crew.swap(crew.random(4), pid);
    if (other !== 0) a.freePid(other as PidRef);
  }
  crew.meet();
  for (let place = 0; place < BOX_PLACES; place++) {
    const left = crew.swap(place, 0);
    if (left !== 0) a.freePid(left as PidRef);
  }
}

/** References on namespaces, and pids in them, come and go while those who made them let go of them. */
export function keepNs(a: PidAllocator, { parent, count }: { parent: NsRef; count: number }, crew: Crew): void {
  for (let i = 0; i < count; i++) {
    if (crew.random(3) === 0) {
      const ns = unless(['ENOSPC', 'ENOMEM'], () => a.copyPidNs(CLONE_NEWPID, parent));
      const old = crew.swap(crew.random(3), ns ?? 0);
      if (old !== 0) a.putPidNs(old as NsRef);
    } else {
      const place = crew.random(3);
      const ns = crew.swap(place, 0) as NsRef;
      if (ns === 0) continue;
      // It is this thread's reference now; a second one goes back into the box, where others find it.
      a.getPidNs(ns);
      const old = crew.swap(place, ns);
      if (old !== 0) a.putPidNs(old as NsRef);
      const pid = a.allocPid(ns);
      a.putPidNs(ns);
      must(a.pidNs(pid) === ns, 'a pid keeps its namespace alive');
      a.freePid(pid);
    }
  }
  crew.meet();
  for (let place = 0; place < BOX_PLACES; place++) {
    const left = crew.swap(place, 0);
    if (left !== 0) a.putPidNs(left as NsRef);
  }
}

/**
 * Pids are made in namespaces that this thread does not hold, while thread 0, which does, lets go of them one by one: made
 * there, or refused as stale. How many were made.
 */
export function allocUnheld(a: PidAllocator, { namespaces }: { namespaces: readonly NsRef[] }, crew: Crew): number {
  let made = 0;
  for (const [i, ns] of namespaces.entries()) {
    if (i % 32 === 0) crew.meet();
    if (crew.me === 0) {
      a.putPidNs(ns);
      continue;
    }
    const pid = unlessGone(() => a.allocPid(ns));
    if (pid === undefined) continue;
    made++;
    must(a.findPid(a.pidNr(pid)) === pid, 'a pid was made where it cannot be found');
    a.freePid(pid);
  }
  return made;
}

function unlessGone<T>(call: () => T): T | undefined {
  return unless(['ENOMEM'], () => unlessStale(call));
}

/** Allocates until the namespace takes no more; the numbers that this thread was given. */
export function allocUntilClosed(a: PidAllocator, { ns }: { ns: NsRef }, crew: Crew): Numbered[] {
  const pids: Numbered[] = [];
  while (goesOn(crew)) {
    // Whoever is to close it may be kept from that until all numbers are taken.
    const asked = unless(['EAGAIN'], () => ({ pid: unless(['ENOMEM'], () => a.allocPid(ns)) }));
    if (asked === undefined) continue;
    const { pid } = asked;
    if (pid === undefined) break;
    tally(crew, MADE);
    pids.push([unlessStale(() => a.pidNrNs(pid, ns)) ?? 0, pid]);
  }
  tally(crew, DONE);
  return pids;
}

/** Closes the namespace after so many pids; the numbers that were taken when that was done. */
export function close(a: PidAllocator, { ns, after }: { ns: NsRef; after: number }, crew: Crew): number[] {
  awaitMade(crew, after);
  a.disablePidAllocation(ns);
  const taken: number[] = [];
  for (let nr = a.nextPidmap(ns, 0); nr !== undefined; nr = a.nextPidmap(ns, nr)) taken.push(nr);
  return taken;
}

/**
 * Kills all but init after so many pids, again until nothing is left; how many. Whoever is interrupted while he allocates may keep it
 * from that for as long as he likes, but when all the others are done a few times are enough.
 */
export function zap(a: PidAllocator, { ns, after }: { ns: NsRef; after: number }, crew: Crew): number {
  awaitMade(crew, after);
  let killed = 0;
  for (let alone = 0; alone < 10; ) {
    if (isLastAtIt(crew)) alone++;
    const done = a.zapPidNsProcesses(ns, (pid) => {
      a.freePid(pid);
      killed++;
    });
    if (done) return killed;
  }
  throw new Error('the namespace does not become empty');
}

/**
 * The cursor as it goes by, from `from` over the end and on from the floor, until all others are done: it never goes back. They
 * must not give out so many numbers that it comes to `from` again. Returns how far it went.
 */
export function watchCursor(
  a: PidAllocator,
  { ns, from, floor }: { ns: NsRef; from: number; floor: number },
  crew: Crew,
): number {
  const top = a.pidMax(ns);
  let way = 0;
  for (let isLast = false; !isLast; ) {
    isLast = isLastAtIt(crew);
    const now = a.lastPid(ns);
    const next = now >= from ? now - from : top - from + now - floor;
    must(next >= way, `the cursor was ${way} numbers on, and is ${next}: at ${now}`);
    way = next;
  }
  return way;
}

/** Attaches as one worker more, uses what it has there, and detaches. */
export function comeAndGo(a: PidAllocator, { ns, count }: { ns: NsRef; count: number }, crew: Crew): void {
  for (let i = 0; i < count; i++) {
    const b = crew.attach(a.share());
    must(b.workerSlot !== a.workerSlot, 'two workers of one slot');
    mark(crew, b.workerSlot);
    const pids = [b.allocPid(ns), b.allocPid(ns)];
    a.freePid(pids[0]);
    unmark(crew, b.workerSlot);
    b.detach();
    must(a.pidNrNs(pids[1], ns) > 0, 'a pid went with the worker that made it');
    a.freePid(pids[1]);
  }
}

/** Fills the block with tasks and frees them again. How many there were. */
export function exhaust(a: PidAllocator, _: unknown): number {
  const tasks: TaskRef[] = [];
  for (;;) {
    const task = unless(['ENOMEM'], () => a.allocTask());
    if (task === undefined) break;
    tasks.push(task);
  }
  for (const task of tasks) a.freeTask(task);
  return tasks.length;
}

/** A bit of everything, with no end of its own: somebody is going to be terminated in the middle of it. */
export function everything(a: PidAllocator, { ns }: { ns: NsRef }, crew: Crew): number {
  let rounds = 0;
  const pids: PidRef[] = [];
  for (; goesOn(crew); rounds++) {
    const pid = unless(['EAGAIN', 'ENOMEM'], () => a.allocPid(ns));
    if (pid !== undefined) {
      const task = unless(['ENOMEM'], () => a.allocTask());
      if (task !== undefined) {
        a.attachPid(task, PIDTYPE_PGID, pid);
        a.attachPid(task, PIDTYPE_SID, pid);
        a.detachPid(task, PIDTYPE_PGID);
        a.getPid(pid);
        a.detachPid(task, PIDTYPE_SID);
        a.putPid(pid);
        a.freeTask(task);
      } else pids.push(pid);
    }
    const inner = unless(['ENOSPC', 'ENOMEM'], () => a.copyPidNs(CLONE_NEWPID, ns));
    if (inner !== undefined) {
      const first = unless(['EAGAIN', 'ENOMEM'], () => a.allocPid(inner));
      a.putPidNs(inner);
      if (first !== undefined) a.freePid(first);
    }
    if (pids.length > 20) a.freePid(pids.splice(crew.random(20), 1)[0]);
    a.findGePid(crew.random(300), ns);
    crew.comeRound();
  }
  for (const pid of pids) a.freePid(pid);
  return rounds;
}
