/** struct pid, as far as all designs share it: the record without its numbers, and its references. */
import { PidBug, PidError } from '@pidlab/contract';
import { noNumber, noPid, tooManyReferences } from './errors.ts';
import { HOME_DEAD, HOME_LEVEL_SHIFT, NS, PID_HEAD } from './layout.ts';
import { numbersAt } from './namespaces.ts';
import { allocPidmap, nextPidmap, takePidmap } from './pidmap.ts';
import { KIND_NS, KIND_PID, KIND_SHIFT, LINE_MASK, LINE_SHIFT } from './records.ts';
import { cacheAlloc, cacheFree, pidCache } from './slab.ts';
import type { State } from './state.ts';

const { count: COUNT, home: HOME, tasks: TASKS } = PID_HEAD.at;
const {
  level: LEVEL,
  parent: PARENT,
  lastPid: LAST_PID,
  pidMax: PID_MAX,
  reaper: REAPER,
  disabled: DISABLED,
  serial: SERIAL,
} = NS.at;

/** The most references that a pid can have. */
const COUNT_LIMIT = 0x7fff_ffff;

/** A pid of `ns` that has one reference, no tasks, and no numbers yet. ENOMEM. */
export function newPid(s: State, nsAt: number, numbers: number): number {
  const w = s.words;
  const pidAt = w[nsAt + DISABLED] === 0 ? cacheAlloc(s, pidCache(numbers), KIND_PID) : 0;
  if (pidAt === 0) throw noPid(s, nsAt);
  // Its task lists are empty: a pid dies only when they are, and a new page is all zeros.
  w[pidAt + COUNT] = 1;
  w[pidAt + HOME] = (w[nsAt + LEVEL] << HOME_LEVEL_SHIFT) | (nsAt >>> LINE_SHIFT);
  return pidAt;
}

/** Level of the namespace that the pid was allocated in. */
export function pidLevel(s: State, pidAt: number): number {
  return (s.words[pidAt + HOME] & ~HOME_DEAD) >>> HOME_LEVEL_SHIFT;
}

/** The namespace that a live pid was allocated in. */
export function homeOf(s: State, pidAt: number): number {
  return (s.words[pidAt + HOME] & LINE_MASK) << LINE_SHIFT;
}

/** The same for a pid that may be dead: 0 when that namespace is gone, whoever has its memory now. */
export function homeIfAlive(s: State, pidAt: number): number {
  const nsAt = homeOf(s, pidAt);
  const alive = s.words[nsAt] >>> KIND_SHIFT === KIND_NS && s.words[nsAt + SERIAL] === s.design.pidSerial(s, pidAt);
  return alive ? nsAt : 0;
}

/** Whether the pid's numbers have been given back. */
export function isDead(s: State, pidAt: number): boolean {
  return (s.words[pidAt + HOME] & HOME_DEAD) !== 0;
}

/** Whether a task hangs on the pid, in any role. */
export function hasTasks(s: State, pidAt: number): boolean {
  const w = s.words;
  const first = pidAt + TASKS;
  return (w[first] | w[first + 1] | w[first + 2] | w[first + 3]) !== 0;
}

/** Takes a reference. */
export function getPid(s: State, pidAt: number, op: string): void {
  const w = s.words;
  if (w[pidAt + COUNT] === COUNT_LIMIT) throw tooManyReferences(op, 'pid', COUNT_LIMIT);
  s.access.add(w, pidAt + COUNT, 1);
}

/** Gives a reference back that `getPid` took. */
export function putPid(s: State, pidAt: number): void {
  if (s.words[pidAt + COUNT] === 1 && !isDead(s, pidAt)) {
    throw new PidBug(
      'putPid',
      'the only reference is the allocation’s own, which was not taken with getPid; freePid drops it',
    );
  }
  dropPid(s, pidAt, numbersAt(s, pidLevel(s, pidAt)));
}

/** The numbers are given back: from here on only references keep the record, and the allocation's own is dropped. */
export function buryPid(s: State, pidAt: number, numbers: number): void {
  s.words[pidAt + HOME] |= HOME_DEAD;
  dropPid(s, pidAt, numbers);
}

function dropPid(s: State, pidAt: number, numbers: number): void {
  if (s.access.add(s.words, pidAt + COUNT, -1) === 1) cacheFree(s, pidCache(numbers), pidAt);
}

/** Refuses chosen numbers that no allocation in `ns` could have. EINVAL. Source: `clone3(2)`, `set_tid`. */
export function checkSetTid(s: State, nsAt: number, setTid: readonly number[]): void {
  const w = s.words;
  const most = numbersAt(s, w[nsAt + LEVEL]);
  if (setTid.length > most) {
    throw invalid(`setTid has ${setTid.length} numbers; a pid of level ${w[nsAt + LEVEL]} carries ${most}`);
  }
  let at = nsAt;
  for (const [i, nr] of setTid.entries()) {
    const max = w[at + REAPER] === 0 ? 1 : w[at + PID_MAX] - 1;
    if (nr < 1 || nr > max) {
      const why = max === 1 ? ', since that namespace has no reaper yet' : '';
      throw invalid(`setTid[${i}] is ${nr}; at level ${w[at + LEVEL]} it has to be in [1, ${max}]${why}`);
    }
    at = w[at + PARENT];
  }
}

function invalid(message: string): PidError {
  return new PidError('EINVAL', 'allocPid', message);
}

/** A number from the map of `ns`: the chosen one at that place of the list, or the next. Negative: FULL, NO_MEMORY or TAKEN. */
export function takeNumber(s: State, nsAt: number, setTid: readonly number[], place: number): number {
  return place < setTid.length ? takePidmap(s, nsAt, setTid[place]) : allocPidmap(s, nsAt);
}

/**
 * The pid with the smallest number at or above `nr` in the map of `ns`; 0 for none. A number can be taken before its pid
 * can be found, so a number that nobody answers to is stepped over. Source: `find_ge_pid()`.
 */
export function findGeInMap(s: State, nr: number, nsAt: number): number {
  let at = nr;
  do {
    const pidAt = s.design.findPidNs(s, at, nsAt);
    if (pidAt !== 0) return pidAt;
    at = nextPidmap(s, nsAt, at);
  } while (at !== 0);
  return 0;
}

/**
 * Gives back the numbers that were taken before `ns` had none for the pid, and says why it had none. A namespace that has
 * no pid begins anew: its first one is number 1, however often making it failed. Source: mainline's `alloc_pid()`.
 */
export function giveUp(
  s: State,
  giveBack: (s: State, pidAt: number, count: number) => void,
  pidAt: number,
  taken: number,
  nsAt: number,
  failure: number,
  setTid: readonly number[],
): PidError {
  const home = homeOf(s, pidAt);
  giveBack(s, pidAt, taken);
  if (nextPidmap(s, home, 0) === 0) s.words[home + LAST_PID] = 0;
  return noNumber(s, nsAt, failure, setTid[taken]);
}
