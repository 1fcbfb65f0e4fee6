/**
 * "Maps": a design of one's own without `@pidlab/core`, over nothing but Maps and objects.
 *
 * It is what one would write first. A namespace maps its taken numbers to pids, a pid lists what it took, innermost first,
 * and a handle is the key of a record. There is no block of memory, and nobody has to pretend that there is: the trait
 * `memory: 'objects'` says so, and then `slabInfo` and `stats` have no slabs, pages and hash tables to tell of.
 *
 * ```
 *   namespaces   ns   → { parent, level, taken: nr → pid, lastPid, pidMax, reaper, … }
 *   pids         pid  → { home, numbers: [{ ns, nr }, …], tasks: [[…], […], […], […]], count, isAlive }
 *   tasks        task → { pids: [pid or undefined for each type] }
 * ```
 *
 * Every function is declared once in `FUNCTIONS`, with what its arguments have to be; `checked` makes of it what users call.
 */
import {
  CLONE_NEWPID,
  CLONE_THREAD,
  MAX_PID_NS_LEVEL,
  PID_MAX_DEFAULT,
  PID_MAX_LIMIT,
  PIDTYPE_MAX,
  PIDTYPE_PGID,
  PIDTYPE_PID,
  PIDTYPE_SID,
  PIDTYPE_TGID,
  PidBug,
  PidError,
  RESERVED_PIDS,
} from '@pidlab/contract';

/** @import { CreatePidAllocator, ErrnoCode, PidAllocator, Traits } from '@pidlab/contract' */

/**
 * Records name each other by handle, so that the whole state is JSON.
 *
 * @typedef {{ ref: number, level: number, parent: number, floor: number, pidMax: number, lastPid: number, isClosed: boolean,
 *   reaper: number | undefined, users: number, children: number, taken: Map<number, number> }} Ns
 * @typedef {{ ref: number, home: number, numbers: { ns: number, nr: number }[], tasks: number[][], count: number,
 *   isAlive: boolean }} Pid
 * @typedef {{ ref: number, pids: (number | null)[] }} Task
 * @typedef {{ root: number, nextRef: number, childFloor: number, namespaces: Map<number, Ns>, pids: Map<number, Pid>,
 *   tasks: Map<number, Task> }} State
 */

/** @type {Traits} */
export const traits = Object.freeze({
  strategy: 'maps',
  maxLevel: MAX_PID_NS_LEVEL,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: MAX_PID_NS_LEVEL + 1,
  rootNumbers: 'small',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS }),
  shared: false,
  memory: 'objects',
});

const NR_LIMIT = 2 ** 31 - 1;
const CREATE = 'createPidAllocator';

// ── what arguments have to be ─────────────────────────────────────────────────────────────────────────────────────────

/** @typedef {(s: State, value: any, op: string) => any} Check */

/**
 * A value in a message, whatever it is; nothing of the caller's runs.
 *
 * @param {unknown} value
 */
function show(value) {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/**
 * The record that a handle means.
 *
 * @param {'namespaces' | 'pids' | 'tasks'} kind
 * @param {string} name
 * @returns {Check}
 */
const handle = (kind, name) => (s, value, op) => {
  const record = s[kind].get(value);
  if (record !== undefined) return record;
  throw new PidBug(op, `${name} is ${show(value)}; it has to be a live handle of this allocator, one of its ${kind}`);
};

/**
 * @param {string} name
 * @param {number} min
 * @param {number} max
 * @returns {Check}
 */
const integer = (name, min, max) => (_s, value, op) => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const text = `${name} is ${show(value)}; it has to be an integer in [${min}, ${max}]`;
  throw Number.isInteger(value) ? new PidError('EINVAL', op, text) : new PidBug(op, text);
};

/** @type {Check} */
function list(_s, value, op) {
  if (value === undefined) return [];
  if (!isArray(value)) throw new PidBug(op, `setTid is ${show(value)}; it has to be an array of numbers`);
  const numbers = value.slice(0, MAX_PID_NS_LEVEL + 2);
  for (let i = 0; i < numbers.length; i++) {
    if (Number.isInteger(numbers[i])) continue;
    throw new PidBug(op, `setTid[${i}] is ${show(numbers[i])}; it has to be an integer`);
  }
  return numbers;
}

/**
 * A revoked proxy cannot even be asked.
 *
 * @param {unknown} value
 * @returns {value is number[]}
 */
function isArray(value) {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** @type {Check} */
function callback(_s, value, op) {
  if (typeof value === 'function') return value;
  throw new PidBug(op, `kill is ${show(value)}; it has to be a function (pid, nr) => void`);
}

const [NS, PID, TASK] = [handle('namespaces', 'ns'), handle('pids', 'pid'), handle('tasks', 'task')];
const VIEWER = handle('tasks', 'viewer');
const NR = integer('nr', 0, NR_LIMIT);
/** Where a walk goes on: behind the largest number too. */
const FROM = integer('nr', 0, NR_LIMIT + 1);
const TYPE = integer('type', 0, PIDTYPE_MAX - 1);

// ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Where allocation goes on after the end: at the floor, or at 1 where no number from the floor on may be given.
 *
 * @param {Ns} ns
 */
function floorOf({ floor, pidMax }) {
  return floor < pidMax ? floor : 1;
}

/**
 * The next number that is free: from the cursor up, then from the floor up. Undefined when none is.
 *
 * @param {Ns} ns
 */
function nextFree(ns) {
  const { taken, lastPid, pidMax } = ns;
  const floor = floorOf(ns);
  const first = lastPid + 1 >= pidMax ? floor : lastPid + 1;
  for (let nr = first; nr < pidMax; nr++) if (!taken.has(nr)) return nr;
  for (let nr = floor; nr < first; nr++) if (!taken.has(nr)) return nr;
  return undefined;
}

/**
 * The smallest taken number at or above `nr`. Numbers in a row are found at once; the rest is looked through.
 *
 * @param {Ns} ns
 * @param {number} nr
 */
function takenFrom({ taken }, nr) {
  for (let i = 0; i < taken.size; i++) if (taken.has(nr + i)) return nr + i;
  let next = Number.POSITIVE_INFINITY;
  for (const key of taken.keys()) if (key >= nr && key < next) next = key;
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

/**
 * The namespace, its parent, and so on up to the root.
 *
 * @param {State} s
 * @param {Ns} ns
 * @returns {Ns[]}
 */
function upFrom(s, ns) {
  const path = [ns];
  for (let at = ns; at.level > 0; path.push(at)) at = nsAt(s, at.parent);
  return path;
}

/**
 * A number for a new pid at each level, innermost first; only cursors have moved when there is none.
 *
 * @param {State} s
 * @param {Ns} home
 * @param {number[]} chosen
 */
function takeNumbers(s, home, chosen) {
  const givers = upFrom(s, home);
  if (chosen.length > givers.length) {
    throw failure(
      'EINVAL',
      `setTid has ${chosen.length} numbers; a pid of level ${home.level} carries ${givers.length}`,
    );
  }
  for (const [i, nr] of chosen.entries()) {
    const last = givers[i].pidMax - 1;
    const max = givers[i].reaper === undefined ? Math.min(1, last) : last;
    if (nr < 1 || nr > max) throw failure('EINVAL', `setTid[${i}] is ${nr}; it has to be in [1, ${max}]`);
  }
  if (home.isClosed) throw failure('ENOMEM', 'the namespace takes no new pids; its end has begun');
  return givers.map((ns, i) => {
    const nr = i < chosen.length ? chosen[i] : nextFree(ns);
    if (nr === undefined || ns.taken.has(nr)) {
      if (home.taken.size === 0) home.lastPid = 0;
      throw nr === undefined
        ? failure(
            'EAGAIN',
            `no number of level ${ns.level} in [${floorOf(ns)}, ${ns.pidMax}) is free; free a pid first`,
          )
        : failure('EEXIST', `setTid[${i}] is ${nr}, which is taken; free it first, or choose another`);
    }
    if (i >= chosen.length) ns.lastPid = nr;
    return { ns: ns.ref, nr };
  });
}

/**
 * @param {ErrnoCode} code
 * @param {string} text
 */
const failure = (code, text) => new PidError(code, 'allocPid', text);

// ── lives ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @type {(s: State, ns: number) => Ns} */
const nsAt = (s, ns) => /** @type {Ns} */ (s.namespaces.get(ns));
/** @type {(s: State, pid: number) => Pid} */
const pidAt = (s, pid) => /** @type {Pid} */ (s.pids.get(pid));

/**
 * @param {State} s
 * @param {Ns | undefined} parent
 * @param {number} floor
 * @param {number} pidMax
 */
function addNs(s, parent, floor, pidMax) {
  const ref = s.nextRef++;
  const [users, children, lastPid] = [1, 0, 0];
  const place = { ref, level: parent === undefined ? 0 : parent.level + 1, parent: parent?.ref ?? 0 };
  const numbers = { floor, pidMax, lastPid, isClosed: false, reaper: undefined, taken: new Map() };
  s.namespaces.set(ref, { ...place, ...numbers, users, children });
  if (parent !== undefined) parent.children++;
  return ref;
}

/**
 * A namespace that no caller, child or number holds is gone; the same may then be true of its parent.
 *
 * @param {State} s
 * @param {Ns} ns
 */
function endIfUnheld(s, ns) {
  for (let at = ns; at.ref !== s.root && s.namespaces.has(at.ref); at = nsAt(s, at.parent)) {
    if (at.users + at.children + at.taken.size > 0) return;
    s.namespaces.delete(at.ref);
    nsAt(s, at.parent).children--;
  }
}

/**
 * Nobody finds the pid any more, and its numbers are free.
 *
 * @param {State} s
 * @param {Pid} pid
 */
function endPid(s, pid) {
  pid.isAlive = false;
  for (const { ns, nr } of pid.numbers) nsAt(s, ns).taken.delete(nr);
  for (const { ns } of pid.numbers) if (s.namespaces.has(ns)) endIfUnheld(s, nsAt(s, ns));
  dropPid(s, pid);
}

/**
 * @param {State} s
 * @param {Pid} pid
 */
function dropPid(s, pid) {
  if (--pid.count === 0) s.pids.delete(pid.ref);
}

/**
 * The pid that a task has by that type, which it has to have.
 *
 * @param {State} s
 * @param {Task} task
 * @param {number} type
 * @param {string} op
 */
function pidOf(s, task, type, op) {
  const pid = task.pids[type];
  if (pid === null) throw new PidBug(op, `the task has no pid of type ${type}; attachPid gives it one`);
  return pidAt(s, pid);
}

// ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * @param {Pid | undefined} pid
 * @param {number | undefined} ns
 */
function nrIn(pid, ns) {
  return pid?.numbers.find((number) => number.ns === ns)?.nr ?? 0;
}

/**
 * The namespace of the task's own pid; undefined when it has none, or that is gone.
 *
 * @param {State} s
 * @param {Task} task
 */
function activeNs(s, task) {
  const pid = task.pids[PIDTYPE_PID];
  return pid === null ? undefined : s.namespaces.get(pidAt(s, pid).home);
}

/**
 * @param {State} s
 * @param {number | undefined} pid
 * @param {number} type
 */
function firstTask(s, pid, type) {
  return pid === undefined ? undefined : pidAt(s, pid).tasks[type][0];
}

/**
 * @param {State} s
 * @param {number | undefined} pid
 */
function counted(s, pid) {
  if (pid !== undefined) pidAt(s, pid).count++;
  return pid;
}

/** @type {(type: number) => Function} */
const numberBy = (type) => (/** @type {State} */ s, /** @type {Task} */ task, /** @type {Ns} */ ns) =>
  task.pids[type] === null ? 0 : nrIn(pidAt(s, /** @type {number} */ (task.pids[type])), ns.ref);

// ── the contract ──────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * What the contract asks for: how each argument is checked, and what is done with what comes of it.
 *
 * @type {Record<string, [checks: Check[], body: (s: State, ...args: any[]) => unknown]>}
 */
const FUNCTIONS = {
  lastPid: [[NS], (_s, ns) => ns.lastPid],
  setLastPid: [
    [NS, integer('nr', 0, PID_MAX_LIMIT - 1)],
    (_s, ns, nr) => {
      ns.lastPid = nr;
    },
  ],
  pidMax: [[NS], (_s, ns) => ns.pidMax],
  setPidMax: [
    [NS, integer('pidMax', 1, PID_MAX_LIMIT)],
    (_s, ns, pidMax) => {
      ns.pidMax = pidMax;
    },
  ],
  nextPidmap: [[NS, integer('last', 0, NR_LIMIT)], (_s, ns, last) => takenFrom(ns, last + 1)],

  allocPid: [
    [NS, list],
    (s, home, chosen) => {
      const numbers = takeNumbers(s, home, chosen);
      const ref = s.nextRef++;
      s.pids.set(ref, { ref, home: home.ref, numbers, tasks: [[], [], [], []], count: 1, isAlive: true });
      for (const { ns, nr } of numbers) nsAt(s, ns).taken.set(nr, ref);
      return ref;
    },
  ],
  freePid: [
    [PID],
    (s, pid) => {
      if (!pid.isAlive) throw new PidBug('freePid', 'the pid has been freed already; only references still keep it');
      if (pid.tasks.flat().length > 0)
        throw new PidBug('freePid', 'tasks hang on the pid; the last detachPid frees it');
      endPid(s, pid);
    },
  ],
  getPid: [
    [PID],
    (_s, pid) => {
      if (pid.count === NR_LIMIT) throw new PidBug('getPid', `the pid has ${NR_LIMIT} references already`);
      pid.count++;
      return pid.ref;
    },
  ],
  putPid: [
    [PID],
    (s, pid) => {
      if (pid.isAlive && pid.count === 1) throw new PidBug('putPid', 'the last reference is dropped by freePid alone');
      dropPid(s, pid);
    },
  ],
  pidCount: [[PID], (_s, pid) => pid.count],

  findPidNs: [[NR, NS], (_s, nr, ns) => ns.taken.get(nr)],
  findPid: [[NR], (s, nr) => nsAt(s, s.root).taken.get(nr)],
  findVpid: [[NR, VIEWER], (s, nr, viewer) => activeNs(s, viewer)?.taken.get(nr)],
  findGetPid: [[NR, NS], (s, nr, ns) => counted(s, ns.taken.get(nr))],
  findGePid: [[FROM, NS], (_s, nr, ns) => ns.taken.get(takenFrom(ns, nr))],

  pidNrNs: [[PID, NS], (_s, pid, ns) => nrIn(pid, ns.ref)],
  pidNr: [[PID], (s, pid) => nrIn(pid, s.root)],
  pidVnr: [[PID, VIEWER], (s, pid, viewer) => nrIn(pid, activeNs(s, viewer)?.ref)],
  pidNs: [[PID], (s, pid) => s.namespaces.get(pid.home)?.ref],
  isContainerInit: [[PID], (_s, pid) => pid.numbers[0].nr === 1],

  allocTask: [
    [],
    (s) => {
      const ref = s.nextRef++;
      s.tasks.set(ref, { ref, pids: [null, null, null, null] });
      return ref;
    },
  ],
  freeTask: [
    [TASK],
    (s, task) => {
      const isFree = task.pids.every((/** @type {number | null} */ pid) => pid === null);
      if (!isFree) throw new PidBug('freeTask', 'the task still hangs on a pid; detach it first');
      s.tasks.delete(task.ref);
    },
  ],
  attachPid: [
    [TASK, TYPE, PID],
    (s, task, type, pid) => {
      if (task.pids[type] !== null)
        throw new PidBug('attachPid', `the task has a pid of type ${type}; detach it first`);
      if (!pid.isAlive) throw new PidBug('attachPid', 'the pid is dead; nothing hangs on it any more');
      task.pids[type] = pid.ref;
      pid.tasks[type].unshift(task.ref);
      const home = nsAt(s, pid.home);
      if (type === PIDTYPE_PID && home.reaper === undefined && !home.isClosed) home.reaper = task.ref;
    },
  ],
  detachPid: [
    [TASK, TYPE],
    (s, task, type) => {
      const pid = pidOf(s, task, type, 'detachPid');
      const home = nsAt(s, pid.home);
      task.pids[type] = null;
      pid.tasks[type].splice(pid.tasks[type].indexOf(task.ref), 1);
      if (type === PIDTYPE_PID && home.reaper === task.ref) home.reaper = undefined;
      if (pid.tasks.flat().length === 0) endPid(s, pid);
    },
  ],
  transferPid: [
    [handle('tasks', 'old'), handle('tasks', 'next'), TYPE],
    (s, old, next, type) => {
      const pid = pidOf(s, old, type, 'transferPid');
      if (next.pids[type] !== null) throw new PidBug('transferPid', `next has a pid of type ${type}; detach it first`);
      [old.pids[type], next.pids[type]] = [null, pid.ref];
      pid.tasks[type][pid.tasks[type].indexOf(old.ref)] = next.ref;
      const home = nsAt(s, pid.home);
      if (type === PIDTYPE_PID && home.reaper === old.ref) home.reaper = next.ref;
    },
  ],
  pidTask: [[PID, TYPE], (_s, pid, type) => pid.tasks[type][0]],
  nextPidTask: [
    [TASK, TYPE],
    (s, task, type) => {
      if (task.pids[type] === null) return undefined;
      const tasks = pidAt(s, task.pids[type]).tasks[type];
      return tasks[tasks.indexOf(task.ref) + 1];
    },
  ],
  taskPid: [[TASK, TYPE], (_s, task, type) => task.pids[type] ?? undefined],
  getTaskPid: [[TASK, TYPE], (s, task, type) => counted(s, task.pids[type] ?? undefined)],
  findTaskByPidTypeNs: [[TYPE, NR, NS], (s, type, nr, ns) => firstTask(s, ns.taken.get(nr), type)],
  findTaskByPid: [[NR], (s, nr) => firstTask(s, nsAt(s, s.root).taken.get(nr), PIDTYPE_PID)],
  findTaskByVpid: [[NR, VIEWER], (s, nr, viewer) => firstTask(s, activeNs(s, viewer)?.taken.get(nr), PIDTYPE_PID)],
  findTaskByPidNs: [[NR, NS], (s, nr, ns) => firstTask(s, ns.taken.get(nr), PIDTYPE_PID)],
  taskPidNrNs: [[TASK, NS], /** @type {any} */ (numberBy(PIDTYPE_PID))],
  taskTgidNrNs: [[TASK, NS], /** @type {any} */ (numberBy(PIDTYPE_TGID))],
  taskPgrpNrNs: [[TASK, NS], /** @type {any} */ (numberBy(PIDTYPE_PGID))],
  taskSessionNrNs: [[TASK, NS], /** @type {any} */ (numberBy(PIDTYPE_SID))],
  taskActivePidNs: [[TASK], (s, task) => activeNs(s, task)?.ref],

  copyPidNs: [
    [integer('flags', 0, 2 ** 32 - 1), handle('namespaces', 'old')],
    (s, flags, old) => {
      const op = 'copyPidNs';
      if ((flags & CLONE_NEWPID) === 0) return getNs(s, old, op);
      if ((flags & CLONE_THREAD) !== 0)
        throw new PidError('EINVAL', op, 'flags has CLONE_NEWPID and CLONE_THREAD; a thread stays in its namespace');
      if (old.level === traits.maxLevel)
        throw new PidError('ENOSPC', op, `level ${old.level} is the deepest; make it higher up`);
      return addNs(s, old, s.childFloor, PID_MAX_LIMIT);
    },
  ],
  getPidNs: [[NS], (s, ns) => getNs(s, ns, 'getPidNs')],
  putPidNs: [
    [NS],
    (s, ns) => {
      if (ns.ref === s.root) return;
      if (ns.users === 0)
        throw new PidBug('putPidNs', 'no caller has a reference to the namespace that it could give back');
      ns.users--;
      endIfUnheld(s, ns);
    },
  ],
  nsLevel: [[NS], (_s, ns) => ns.level],
  nsParent: [[NS], (_s, ns) => (ns.level === 0 ? undefined : ns.parent)],
  childReaper: [[NS], (_s, ns) => ns.reaper],
  disablePidAllocation: [
    [NS],
    (_s, ns) => {
      ns.isClosed = true;
    },
  ],
  zapPidNsProcesses: [
    [NS, callback],
    (s, ns, kill) => {
      ns.isClosed = true;
      for (let nr = takenFrom(ns, 2); nr !== undefined; nr = takenFrom(ns, nr + 1)) {
        kill(ns.taken.get(nr), nr);
        // It may have ended the last pid that held the namespace.
        if (!s.namespaces.has(ns.ref)) return true;
      }
      const isEmpty = takenFrom(ns, 2) === undefined;
      if (isEmpty) ns.reaper = undefined;
      return isEmpty;
    },
  ],

  slabInfo: [[], () => []],
  stats: [
    [],
    ({ pids, namespaces, tasks }) => ({
      ...{ pids: pids.size, namespaces: namespaces.size, tasks: tasks.size },
      ...{ reservedBytes: 0, usedBytes: 0, pages: { slab: 0, pidmap: 0, free: 0 }, hashTables: [] },
    }),
  ],
  checkInvariants: [[], (s) => complaints(s)],
  snapshot: [[], (s) => bytesOf(s)],
  share: [[], () => notShared('share')],
  detach: [[], () => notShared('detach')],
  declareGone: [[], () => notShared('declareGone')],
};

/**
 * @param {State} s
 * @param {Ns} ns
 * @param {string} op
 */
function getNs(s, ns, op) {
  if (ns.ref === s.root) return ns.ref;
  if (ns.users === 2 ** 30) throw new PidBug(op, `the namespace has ${ns.users} references already`);
  ns.users++;
  return ns.ref;
}

/** @param {string} op */
function notShared(op) {
  throw new PidBug(op, 'this design is for one thread: its traits say that it cannot be shared');
}

/**
 * Whether the records agree with each other.
 *
 * @param {State} s
 */
function complaints(s) {
  /** @type {string[]} */
  const violations = [];
  for (const ns of s.namespaces.values()) {
    if (ns.ref !== s.root && ns.users + ns.children + ns.taken.size === 0)
      violations.push(`nobody holds namespace ${ns.ref}`);
    for (const [nr, pid] of ns.taken)
      if (nrIn(s.pids.get(pid), ns.ref) !== nr)
        violations.push(`number ${nr} of ${ns.ref} leads to ${pid}, which has another`);
  }
  for (const pid of s.pids.values()) {
    if (pid.count < 1) violations.push(`pid ${pid.ref} has ${pid.count} references`);
    for (const [type, tasks] of pid.tasks.entries())
      for (const task of tasks)
        if (s.tasks.get(task)?.pids[type] !== pid.ref)
          violations.push(`task ${task} does not know that it hangs on ${pid.ref}`);
  }
  return { violations, leaked: [] };
}

// ── state as bytes ────────────────────────────────────────────────────────────────────────────────────────────────────

const SUM_DIGITS = 8;

/** @param {State} s */
function bytesOf(s) {
  const text = JSON.stringify(s, (_key, value) => (value instanceof Map ? { map: [...value] } : value));
  return new TextEncoder().encode(sumOf(text) + text);
}

/**
 * @param {unknown} bytes
 * @returns {State}
 */
function stateFrom(bytes) {
  if (!(bytes instanceof Uint8Array)) throw new PidBug(CREATE, `snapshot is ${show(bytes)}; it has to be a Uint8Array`);
  const text = new TextDecoder().decode(bytes);
  const json = text.slice(SUM_DIGITS);
  if (sumOf(json) !== text.slice(0, SUM_DIGITS)) throw new PidBug(CREATE, 'snapshot is damaged; take a new one');
  return JSON.parse(json, (_key, value) => (Array.isArray(value?.map) ? new Map(value.map) : value));
}

/**
 * FNV-1a, as hexadecimal digits.
 *
 * @param {string} text
 */
function sumOf(text) {
  let sum = 0x811c_9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x0100_0193);
  return (sum >>> 0).toString(16).padStart(SUM_DIGITS, '0');
}

// ── making one ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** @type {Record<string, (value: any) => boolean>} */
const OPTIONS = {
  capacity: inRange(1, PID_MAX_LIMIT),
  namespaces: inRange(0, 131_072),
  memory: inRange(2 ** 20, 2 ** 30),
  pidMax: inRange(1, PID_MAX_LIMIT),
  floors: () => true,
  hash: (value) => value === 'capacity' || value === 'kernel',
  generationBase: inRange(1, 2 ** 29 - 1),
  shared: (value) => value === false,
  workers: () => false,
  snapshot: () => true,
};
const FLOORS = { root: inRange(1, RESERVED_PIDS), child: inRange(1, RESERVED_PIDS) };

/**
 * @param {number} min
 * @param {number} max
 * @returns {(value: unknown) => boolean}
 */
function inRange(min, max) {
  return (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
}

/**
 * What an object says, without what it says is undefined. A PidBug for what is unknown or not allowed.
 *
 * @param {unknown} options
 * @param {Record<string, (value: any) => boolean>} allowed
 * @param {string} name
 * @returns {Record<string, any>}
 */
function read(options, allowed, name) {
  if (typeof options !== 'object' || options === null || isArray(options))
    throw new PidBug(CREATE, `${name} is ${show(options)}; it has to be an object`);
  /** @type {Record<string, unknown>} */
  const given = {};
  for (const key of Reflect.ownKeys(options)) {
    if (typeof key !== 'string' || !Object.hasOwn(allowed, key))
      throw new PidBug(
        CREATE,
        `${name} has ${show(key)}, which is unknown; known are ${Object.keys(allowed).join(', ')}`,
      );
    const value = Reflect.get(options, key);
    if (value === undefined) continue;
    if (!allowed[key](value)) throw new PidBug(CREATE, `${key} is ${show(value)}, which is out of its range`);
    given[key] = value;
  }
  return given;
}

/** What the next allocator counts its handles from, so that handles of one mean nothing to another. */
let nextBase = 1 + Math.floor(Math.random() * 2 ** 28);

/**
 * @param {Record<string, any>} given
 * @returns {State}
 */
function stateOf({ snapshot, pidMax = PID_MAX_DEFAULT, floors = {}, generationBase = nextBase++ }) {
  if (snapshot !== undefined) return stateFrom(snapshot);
  const { root, child } = { ...traits.floors, ...read(floors, FLOORS, 'floors') };
  /** @type {State} */
  const s = { root: 0, nextRef: generationBase * 2 ** 24, childFloor: child, ...emptyMaps() };
  s.root = addNs(s, undefined, root, pidMax);
  return s;
}

const emptyMaps = () => ({ namespaces: new Map(), pids: new Map(), tasks: new Map() });

/** @type {CreatePidAllocator} */
export function createPidAllocator(options = {}) {
  const given = read(options, OPTIONS, 'options');
  const beside = Object.keys(given).filter((name) => name !== 'snapshot' && name !== 'shared');
  if (given.snapshot !== undefined && beside.length > 0)
    throw new PidBug(CREATE, `snapshot stands beside ${beside.join(', ')}; it brings all settings with it`);
  const s = stateOf(given);
  const functions = Object.entries(FUNCTIONS).map(([op, [checks, body]]) => [op, checked(s, op, checks, body)]);
  return /** @type {PidAllocator} */ ({
    ...{ traits, initPidNs: s.root, workerSlot: 0 },
    ...Object.fromEntries(functions),
  });
}

/**
 * @param {State} s
 * @param {string} op
 * @param {Check[]} checks
 * @param {(s: State, ...args: any[]) => unknown} body
 */
function checked(s, op, checks, body) {
  return (/** @type {unknown[]} */ ...args) => body(s, ...checks.map((check, i) => check(s, args[i], op)));
}
