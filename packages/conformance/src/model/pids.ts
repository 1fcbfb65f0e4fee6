/** The life of a pid (semantics: struct pid). */
import { type NsRef, PID_MAX_LIMIT_SHIFT, PidBug, PidError, type PidRef } from '@pidlab/contract';
import { checkNumber, LARGEST_NR, nsOf, pidOf, show } from './checks.ts';
import { giveObject, pidCache, takeObject } from './memory.ts';
import { dropIfUnused } from './namespaces.ts';
import { drawn, giveRoom, needRoom, nextFree, voidWindows } from './pidmap.ts';
import { type NsRecord, newRef, type PidRecord, type State, type TakenNumber } from './state.ts';

/** How many numbers a pid of that level carries. */
function numbersAt(s: State, level: number): number {
  return Math.min(level + 1, s.traits.maxNumbers);
}

export function allocPid(s: State, ns: NsRef, setTid: readonly number[] = []): PidRef {
  const op = 'allocPid';
  const own = nsOf(s, ns, op);
  const givers = ancestry(s, own).slice(0, numbersAt(s, own.level));
  checkList(givers, setTid, op);
  const byLevel = s.traits.rules === 'mainline';
  if (!byLevel) {
    for (const [i, nr] of setTid.entries()) checkChosen(givers[i]!, nr, i, op);
    if (own.disabled) throw closed(op);
  }

  // What may fail comes first; of this only the cursors and the pages stay when it does.
  const cache = pidCache(s.memory, givers.length).name;
  takeObject(s.memory, cache, op);
  const numbers: TakenNumber[] = [];
  try {
    for (const [i, giver] of givers.entries()) {
      const chosen = setTid[i];
      // Mainline does not forget the reaper that a closed namespace has had.
      if (chosen !== undefined && byLevel) checkChosen(giver, chosen, i, op, giver.disabled);
      if (chosen !== undefined && giver.taken.has(chosen)) {
        throw new PidError('EEXIST', op, `setTid[${i}] is ${chosen}, which is taken`);
      }
      const nr = chosen ?? nextFree(s, giver, op);
      needRoom(s, giver, nr, op);
      if (chosen === undefined) drawn(s, giver, nr);
      numbers.push({ ns: giver.ref, nr });
    }
    if (own.disabled) throw closed(op);
  } catch (error) {
    giveObject(s.memory, cache);
    for (const [i, { nr }] of numbers.entries()) giveRoom(s, givers[i]!, nr);
    if (own.taken.size === 0 && !own.disabled) {
      own.lastPid = 0;
      voidWindows(own);
    }
    throw error;
  }

  const nr = numbers[0]!.nr;
  const rootNr = s.traits.rootNumbers === 'encoded' ? encode(own.space, nr) : numbers.at(-1)!.nr;
  const pid: PidRecord = {
    ref: newRef(s) as PidRef,
    ns,
    numbers,
    rootNr,
    cache,
    count: 1,
    alive: true,
    tasks: [[], [], [], []],
  };
  s.pids.set(pid.ref, pid);
  for (const [i, giver] of givers.entries()) giver.taken.set(numbers[i]!.nr, pid.ref);
  return pid.ref;
}

/** The namespace, its parent, and so on up to the root. */
function ancestry(s: State, ns: NsRecord): NsRecord[] {
  const parent = ns.parent === undefined ? [] : ancestry(s, s.namespaces.get(ns.parent)!);
  return [ns, ...parent];
}

function closed(op: string): PidError {
  return new PidError('ENOMEM', op, 'the namespace takes no new pids (disablePidAllocation)');
}

function checkList(givers: NsRecord[], setTid: readonly number[], op: string): void {
  if (!Array.isArray(setTid)) throw new PidBug(op, `setTid is ${show(setTid)}, not an array of numbers`);
  for (const nr of setTid) {
    if (!Number.isInteger(nr)) throw new PidBug(op, `setTid has ${show(nr)}, which is not an integer at all`);
  }
  if (setTid.length > givers.length) {
    throw new PidError('EINVAL', op, `setTid has ${setTid.length} numbers, and a pid here carries ${givers.length}`);
  }
}

function checkChosen(giver: NsRecord, nr: number, i: number, op: string, hadReaper = false): void {
  checkNumber(nr, `setTid[${i}]`, 1, giver.pidMax - 1, op);
  if (nr !== 1 && giver.reaper === undefined && !hadReaper) {
    throw new PidError('EINVAL', op, `setTid[${i}] is ${nr}, but the first of a namespace must be 1`);
  }
}

export function freePid(s: State, pid: PidRef): void {
  const record = pidOf(s, pid, 'freePid');
  if (!record.alive) throw new PidBug('freePid', `pid ${pid} has been freed already`);
  if (record.tasks.some((list) => list.length > 0)) throw new PidBug('freePid', `tasks hang on pid ${pid}`);
  endPid(s, record);
}

/** Nobody finds it any more, its numbers are free, and the allocation's own reference is dropped. */
export function endPid(s: State, pid: PidRecord): void {
  pid.alive = false;
  for (const { ns, nr } of pid.numbers) {
    const giver = s.namespaces.get(ns)!;
    giver.taken.delete(nr);
    giveRoom(s, giver, nr);
  }
  for (const { ns } of pid.numbers) {
    const giver = s.namespaces.get(ns);
    if (giver !== undefined) dropIfUnused(s, giver);
  }
  drop(s, pid);
}

export function getPid(s: State, pid: PidRef): PidRef {
  const record = pidOf(s, pid, 'getPid');
  if (record.count === LARGEST_NR) throw new PidBug('getPid', `pid ${pid} has ${LARGEST_NR} references already`);
  record.count++;
  return pid;
}

export function putPid(s: State, pid: PidRef): void {
  const record = pidOf(s, pid, 'putPid');
  if (record.alive && record.count === 1) {
    throw new PidBug('putPid', `the only reference to pid ${pid} is the allocation's own, which freePid drops`);
  }
  drop(s, record);
}

export function pidCount(s: State, pid: PidRef): number {
  return pidOf(s, pid, 'pidCount').count;
}

function drop(s: State, pid: PidRecord): void {
  pid.count--;
  if (pid.count > 0) return;
  s.pids.delete(pid.ref);
  giveObject(s.memory, pid.cache);
}

/** The number that names the space in its high bits. */
export function encode(space: number, vpid: number): number {
  return space * 2 ** PID_MAX_LIMIT_SHIFT + vpid;
}
