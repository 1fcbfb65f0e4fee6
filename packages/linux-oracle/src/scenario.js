/*
 * Draws a scenario, step by step, and has a kernel perform it. The same seed and steps give the same scenario wherever the
 * kernel gives the same answers: what is drawn next depends on them, since only those who are there can act.
 */
import { errnoName, openKernel } from './recorder.js';

/** @import { Answer, Seen } from './recorder.js' */
/** @import { Change, Op, Recording, Step } from './recording.js' */

const NEWPID = 0x2000_0000;
const PARENT = 0x8000;
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
const WALL = 0x4000_0000;
const SIGKILL = 9;
const SIGUSR1 = 10;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIGCONT = 18;
const SIGSTOP = 19;
const SIGTSTP = 20;
const WUNTRACED = 2;
const WCONTINUED = 8;
const P_PIDFD = 3;
/** @type {Record<Seen['state'], 'alive' | 'stopped' | 'zombie' | 'ending'>} */
const STATES = { S: 'alive', T: 'stopped', Z: 'zombie', E: 'ending' };
/** Where numbers go on after a wrap. */
const FLOOR = 300;

/**
 * A mixture of steps. `depth` is the deepest level, `tasks` how many there are about to be, `weights` how often each kind of
 * step is drawn; those that are not named have the weight in {@link USUAL}.
 *
 * @typedef {object} Profile
 * @property {number} depth
 * @property {number} tasks
 * @property {boolean} [contained]
 * @property {boolean} [tight] limits leave room for a handful of numbers, so that maps are full and cursors wrap
 * @property {number} [chosen] how many of the forks ask for numbers
 * @property {boolean} [stops] processes are stopped and let go on, and waited for when they are
 * @property {Partial<Record<Op, number>>} [weights]
 */

/** @type {Record<Op, number>} */
const USUAL = {
  fork: 30,
  thread: 6,
  unshare: 2,
  setns: 3,
  exec: 3,
  exit: 6,
  exitgroup: 8,
  wait: 18,
  waitid: 4,
  setsid: 3,
  setpgid: 5,
  getpgid: 1,
  getsid: 1,
  ids: 2,
  lastpid: 4,
  pidmax: 2,
  list: 2,
  kill: 6,
  tgkill: 1,
  sigchld: 1,
  subreaper: 1,
  sigaction: 0,
  pidfd: 0,
  nsget: 0,
};

/** The most that can be asked for. The recorder has room for 3,072 tasks in a scenario, and gives one a minute. */
export const OPTIONS_LIMITS = { steps: 5_000, count: 10_000 };

/** @type {Record<string, Profile>} */
export const PROFILES = {
  'root-mixed': { depth: 0, tasks: 24 },
  'root-groups': { depth: 0, tasks: 30, weights: { setsid: 9, setpgid: 20, kill: 10, exec: 5, getpgid: 4, getsid: 4 } },
  'root-full': { depth: 0, tasks: 14, tight: true, weights: { fork: 50, thread: 10, lastpid: 8, pidmax: 8 } },
  'one-mixed': { depth: 1, tasks: 30, contained: true },
  'one-full': { depth: 1, tasks: 24, contained: true, tight: true, weights: { fork: 50, lastpid: 10, pidmax: 10 } },
  'one-joined': { depth: 1, tasks: 26, weights: { setns: 14, unshare: 8, fork: 36, list: 5 } },
  'deep-mixed': { depth: 5, tasks: 40 },
  'deep-full': { depth: 4, tasks: 36, tight: true, weights: { fork: 50, lastpid: 12, pidmax: 12, list: 4 } },
  'deep-zap': { depth: 6, tasks: 45, weights: { fork: 50, exitgroup: 4, exit: 10, kill: 12, setns: 9, unshare: 5 } },
  'deep-groups': { depth: 4, tasks: 40, weights: { setsid: 8, setpgid: 18, kill: 12, getpgid: 4, getsid: 4 } },
  'deep-threads': {
    depth: 3,
    tasks: 40,
    weights: { setns: 0, unshare: 0, thread: 24, exec: 12, tgkill: 5, exit: 12, ids: 6 },
  },
  'deep-chosen': { depth: 4, tasks: 34, chosen: 0.6, weights: { fork: 45, lastpid: 8 } },
  'root-stops': {
    depth: 0,
    tasks: 20,
    stops: true,
    weights: { kill: 24, wait: 30, waitid: 14, sigaction: 6, thread: 4, setsid: 9, setpgid: 16 },
  },
  'deep-stops': {
    depth: 3,
    tasks: 30,
    stops: true,
    weights: { kill: 24, wait: 30, waitid: 14, sigaction: 6, thread: 4, setns: 0, setsid: 9, setpgid: 16 },
  },
  'deep-pidfds': { depth: 4, tasks: 36, weights: { pidfd: 24, nsget: 24, waitid: 16, tgkill: 4 } },
};

/** Up to this seed there were so many profiles when they were recorded. */
const RECORDED = { seed: 96, profiles: 12 };

/** @param {number} seed @returns {string} which profile a seed stands for, where none is asked for */
function profileOf(seed) {
  const names = Object.keys(PROFILES);
  return names[seed % (seed <= RECORDED.seed ? RECORDED.profiles : names.length)];
}

/**
 * Numbers that look random and follow from a seed: mulberry32.
 *
 * @param {number} seed
 */
function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    chance: (/** @type {number} */ part) => next() < part,
    /** An integer from `low` to `high`, both included. */
    between: (/** @type {number} */ low, /** @type {number} */ high) => low + Math.floor(next() * (high - low + 1)),
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

/** @typedef {{ level: number, parent: Ns | undefined, init: Task | undefined }} Ns */
/**
 * What is known of a task: what /proc said, which namespace it is in, in which its children will be, and whether it (as a
 * leader, for its process) ignores SIGCHLD.
 *
 * @typedef {{ id: number, leader: number, ns: Ns, childNs: Ns, ignores: boolean, seen: Seen }} Task
 */
/** @typedef {{ op: Op, task: Task, args: number[], child?: Ns }} Plan */

/**
 * Performs a scenario and returns its recording.
 *
 * @param {string} program the recorder, as built
 * @param {{ seed: number, steps: number, kernel: string, profile?: string }} options
 * @returns {Promise<Recording>}
 */
export async function recordScenario(program, { seed, steps: wanted, kernel, profile: name = profileOf(seed) }) {
  const profile = PROFILES[name];
  const machine = await openKernel(program);
  try {
    const stage = openStage(profile, seed, machine.first);
    const [pidMax, lastPid] = [await machine.command('pidmax', 0, []), await machine.command('lastpid', 0, [])];
    /** @type {Step[]} */
    const steps = [];
    let depth = 0;
    for (let refused = 0; steps.length < wanted; ) {
      const plan = stage.plan();
      if (plan === undefined) continue;
      const answer = await machine.command(plan.op, plan.task.id, wireArgs(plan, stage.nextId));
      // A namespace that is gone, or a file of it, cannot be opened; the call was not made, and nothing has happened.
      if (answer.ret !== undefined && answer.ret <= -1000) {
        if (++refused > 200) throw new Error('nothing can be opened any more');
        continue;
      }
      steps.push(stage.settle(plan, answer));
      depth = Math.max(depth, ...answer.changed.map((seen) => seen.pids.length - 1));
    }
    return {
      header: {
        name: `${name}-${seed}`,
        profile: name,
        seed,
        kernel,
        depth,
        pidMax: pidMax.ret ?? 0,
        lastPid: lastPid.ret ?? 0,
        contained: profile.contained ?? false,
        steps: steps.length,
      },
      steps,
    };
  } finally {
    await machine.close();
  }

  /** What the worker is told: the slots of new tasks and of leaders, and numbers of the outermost namespace for tasks. */
  function wireArgs(/** @type {Plan} */ { op, task, args }, /** @type {number} */ nextId) {
    if (op === 'fork' || op === 'thread') return [nextId, ...args];
    if (op === 'exec') return [task.leader];
    return args;
  }
}

/** Who is there, and what could happen next. */
function openStage(/** @type {Profile} */ profile, /** @type {number} */ seed, /** @type {Answer} */ first) {
  const random = randomFrom(seed);
  /** @type {Ns} */
  const root = { level: 0, parent: undefined, init: undefined };
  /** Everybody who has a number, by id. @type {Map<number, Task>} */
  const tasks = new Map();
  /** The same by number in the outermost namespace. @type {Map<number, Task>} */
  const byNr = new Map();
  let nextId = 0;
  /** Namespaces that somebody wants to see forks in: their limits have just been moved. @type {Ns | undefined} */
  let narrowed;

  const add = (/** @type {Seen} */ seen, /** @type {Ns} */ ns, /** @type {Task | undefined} */ maker) => {
    const task = { id: nextId++, leader: 0, ns, childNs: ns, ignores: maker !== undefined && ignores(maker), seen };
    task.leader = seen.tgid === seen.nr ? task.id : (byNr.get(seen.tgid)?.id ?? 0);
    tasks.set(task.id, task);
    byNr.set(seen.nr, task);
    ns.init ??= task;
    return task;
  };
  const ignores = (/** @type {Task} */ task) => tasks.get(task.leader)?.ignores ?? false;
  add(first.changed[0], root, undefined);

  const alive = () => [...tasks.values()].filter((task) => task.seen.state === 'S');
  const sees = (/** @type {Ns} */ ns, /** @type {Ns | undefined} */ other) => {
    while (other !== undefined && other !== ns) other = other.parent;
    return other === ns;
  };
  /** Where `task` is known by a number to somebody in `ns`. */
  const numberIn = (/** @type {Task} */ task, /** @type {Ns} */ ns) =>
    sees(ns, task.ns) ? task.seen.pids[ns.level] : 0;
  const deathless = (/** @type {Task} */ task) => task.leader === 0;

  /** A number that somebody in the namespace of `task` might mean: mostly one that somebody has. */
  const somebody = (/** @type {Task} */ task, /** @type {number} */ wild = 0.12) => {
    if (random.chance(wild)) return random.pick([0, -1, -7, 1, 2, 5, 299, 300, 301, 4_000_000, random.between(1, 400)]);
    return numberIn(random.pick(inSight(task)), task.ns);
  };
  const inSight = (/** @type {Task} */ task) => [...tasks.values()].filter((other) => numberIn(other, task.ns) > 0);
  const childrenOf = (/** @type {Task} */ task) =>
    inSight(task).filter((other) => other.leader === other.id && other.seen.ppid === task.seen.tgid);
  const groupOf = (/** @type {Task} */ task, /** @type {Task} */ member) =>
    sees(task.ns, member.ns) ? member.seen.pgids[task.ns.level] : 0;

  /** @type {Record<Op, (task: Task) => number[] | undefined>} */
  const draw = {
    fork(task) {
      const crowded = alive().length > profile.tasks;
      if (crowded && random.chance(0.7)) return undefined;
      let flags = 0;
      let signal = random.chance(0.08) ? random.pick([0, SIGUSR1, 65]) : SIGCHLD;
      if (random.chance(profile.depth > 1 ? 0.3 : 0.14) || (profile.contained && task.id === 0)) flags |= NEWPID;
      if ((flags & NEWPID) !== 0 && task.ns.level >= profile.depth) flags &= ~NEWPID;
      if (profile.contained && task.id === 0 && tasks.size > 4 && random.chance(0.8)) return undefined;
      if (random.chance(0.06)) {
        flags |= PARENT;
        if (random.chance(0.85)) signal = 0;
      }
      return [flags, signal, ...chosen(task, flags)];
    },
    // Which thread of a killed process ends last is the scheduler's affair. It shows where an init is kept from ending by
    // somebody whose parent is outside.
    thread: (task) =>
      joined && task.ns !== root && task.ns.init?.id === task.leader ? undefined : [random.chance(0.04) ? NEWPID : 0],
    unshare: (task) => (task.ns.level < profile.depth ? [] : undefined),
    setns(task) {
      const target = random.pick([...tasks.values()].filter((other) => sees(task.ns, other.ns) || random.chance(0.1)));
      return target && !(profile.contained && task.id === 0) ? [target.seen.nr] : undefined;
    },
    // Number 1 of all must stay the task that the recorder can end.
    exec: (task) => (task.leader === 0 && task.id !== 0 ? undefined : []),
    exit: (task) =>
      task.id === 0 || (task.ns.init === task && random.chance(0.6)) ? undefined : [random.between(0, 255)],
    exitgroup(task) {
      const init = tasks.get(task.leader);
      return deathless(task) || (task.ns.init === init && random.chance(0.7)) ? undefined : [random.between(0, 255)];
    },
    wait(task) {
      if (random.chance(0.65)) return [-1, WNOHANG | WALL | stopsToo()];
      const child = childrenOf(task);
      const options = random.pick([WNOHANG, WNOHANG | WALL, WNOHANG | WALL, WNOHANG | (2 ** 31), WNOHANG | 0x40]);
      if (random.chance(0.25)) return [random.pick([0, -(2 ** 31)]), options];
      if (child.length === 0 || random.chance(0.15)) return [somebody(task), options];
      const one = random.pick(child);
      return [random.chance(0.6) ? numberIn(one, task.ns) : -groupOf(task, one) || -1, options];
    },
    waitid(task) {
      const child = childrenOf(task);
      const options = WEXITED | WNOHANG | random.pick([WALL, WALL, WNOWAIT | WALL, WNOWAIT, 0]) | stopsToo();
      if (child.length === 0 || random.chance(0.2)) return [random.between(0, 2), somebody(task), options];
      const one = random.pick(child);
      const [kind, id] = random.pick([
        [0, 0],
        [1, numberIn(one, task.ns)],
        [2, groupOf(task, one)],
        ...(weights.pidfd > 0 ? [[P_PIDFD, numberIn(one, task.ns)]] : []),
      ]);
      return [kind, id, options];
    },
    setsid: () => [],
    setpgid(task) {
      // Whether a group is orphaned depends on whether the parents are the machine's init, which number 1 is not here.
      if (profile.stops && task.seen.sids[0] === 1) return undefined;
      const child = random.chance(0.6) ? random.pick([task, ...childrenOf(task)]) : undefined;
      const pid = child === undefined ? somebody(task) : child === task ? 0 : numberIn(child, task.ns);
      const member = random.pick(inSight(task));
      // Linux 6.18 never ends an init that is in the group of a dead process of its own namespace: it holds that number
      // itself, and waits for it to be given back.
      const moved =
        pid === 0 ? tasks.get(task.leader) : inSight(task).find((other) => numberIn(other, task.ns) === pid);
      if (moved !== undefined && moved.ns.init === tasks.get(moved.leader)) return [pid, 0];
      return [pid, random.pick([0, groupOf(task, member), groupOf(task, task), pid, somebody(task)])];
    },
    getpgid: (task) => [somebody(task)],
    getsid: (task) => [somebody(task)],
    ids: () => [],
    lastpid(task) {
      if (profile.contained && task.ns === root) return undefined;
      narrowed = task.ns;
      if (random.chance(0.1)) return random.chance(0.5) ? [] : [-1];
      const high = Math.max(...inSight(task).map((other) => numberIn(other, task.ns)));
      if (profile.tight) return [random.between(FLOOR, FLOOR + 20)];
      return [
        random.pick([0, 1, 298, 299, 300, 301, high, high + 7, random.between(1, 32_000), random.between(1, 320)]),
      ];
    },
    pidmax(task) {
      if (profile.contained && task.ns === root) return undefined;
      narrowed = task.ns;
      if (random.chance(0.1)) return [random.pick([0, -1, 300, 4_194_305])];
      if (profile.tight) return [random.between(FLOOR + 2, FLOOR + 14)];
      return random.pick([[], [32_768], [4_194_304], [301], [random.between(301, 400)], [random.between(301, 32_768)]]);
    },
    list: () => [],
    kill(task) {
      if (profile.stops && random.chance(0.7)) {
        const target = random.pick(inSight(task).filter(({ id }) => id !== 0));
        const signal = random.pick([SIGSTOP, SIGSTOP, SIGTSTP, SIGCONT, SIGCONT, SIGCONT, SIGTERM, SIGUSR1]);
        return target && [numberIn(target, task.ns), signal];
      }
      const signal = random.pick([0, 0, SIGKILL, SIGKILL, SIGTERM, SIGUSR1, SIGCHLD, 65, -1]);
      const target = random.pick(inSight(task));
      const one = somebody(task);
      if (random.chance(0.6) && (one > 0 || signal === 0)) return [one, signal];
      // In which order many die at once is the scheduler's affair. It shows where children reap themselves.
      if (signal > 0 && signal < 65 && [...tasks.values()].some(({ ignores }) => ignores)) return undefined;
      // Everybody in sight only where not all are, or the stage would soon be empty.
      if (random.chance(0.3)) return task.ns === root && signal !== 0 ? undefined : [-1, signal];
      const group = groupOf(task, target);
      return group > 1 || signal === 0 ? [-group, signal] : undefined;
    },
    tgkill(task) {
      const target = random.pick(inSight(task));
      const leader = tasks.get(target.leader) ?? target;
      const tgid = random.chance(0.2) ? somebody(task) : numberIn(leader, task.ns);
      return [tgid, numberIn(target, task.ns), random.pick([0, 0, SIGKILL, SIGUSR1, 65])];
    },
    sigchld: () => [random.chance(0.3) ? 1 : 0],
    sigaction: () => [random.pick([SIGTERM, SIGUSR1, SIGTSTP, SIGCONT, SIGSTOP, 65, 0]), random.between(0, 2)],
    pidfd(task) {
      const thread = random.chance(0.4) ? 1 : 0;
      const signal = random.pick([0, 0, 0, SIGKILL, SIGTERM, SIGUSR1, 65]);
      return [somebody(task), thread, signal];
    },
    nsget(task) {
      const what = random.between(0, 4);
      const target = random.pick([...tasks.values()].filter((other) => sees(task.ns, other.ns) || random.chance(0.2)));
      if (target === undefined) return undefined;
      const known = [...tasks.values()].map((other) => numberIn(other, what < 3 ? target.ns : task.ns));
      return [what, target.seen.nr, random.chance(0.15) ? random.between(1, 400) : random.pick(known)];
    },
    subreaper: () => [random.between(0, 1)],
  };

  /** Whether stops and going on are waited for too. */
  function stopsToo() {
    return profile.stops ? random.pick([0, WUNTRACED, WUNTRACED, WUNTRACED | WCONTINUED, WCONTINUED]) : 0;
  }

  /** Numbers for clone3's set_tid, sometimes: free ones, taken ones, and wrong ones. */
  function chosen(/** @type {Task} */ task, /** @type {number} */ flags) {
    const often = profile.chosen ?? 0.06;
    if (!random.chance(often)) return [];
    const fresh = (flags & NEWPID) !== 0 || task.childNs.init === undefined;
    const level = (flags & NEWPID) !== 0 ? task.ns.level + 1 : task.childNs.level;
    // Where the outermost namespace is nobody's business, it is not asked for numbers either.
    const most = Math.min(profile.contained ? level : level + 1, 5);
    // Too long a list is two longer: the namespace that plays the root has one above it, where nothing may be chosen.
    const length = random.chance(0.06) && level < 3 && !profile.contained ? level + 3 : random.between(0, most);
    return Array.from({ length }, (_, at) => {
      if (at === 0 && fresh && random.chance(0.85)) return 1;
      if (random.chance(0.06)) return random.pick([0, -1, 4_194_304, 1]);
      if (random.chance(0.1)) return random.pick([...tasks.values()]).seen.pids.at(-1) ?? 1;
      return random.chance(0.5) ? random.between(2, 330) : random.between(2, 20_000);
    });
  }

  const weights = { ...USUAL, ...profile.weights };
  const joined = !profile.contained && weights.setns + weights.unshare > 0;
  const bag = Object.entries(weights).flatMap(([op, weight]) => Array(weight).fill(/** @type {Op} */ (op)));
  const INSIDE_ONLY = new Set([
    'thread',
    'exec',
    'setpgid',
    'subreaper',
    'sigchld',
    'unshare',
    'list',
    'ids',
    'getpgid',
    'getsid',
    'sigaction',
    'pidfd',
    'nsget',
  ]);

  return {
    get nextId() {
      return nextId;
    },

    /** What to do next; undefined when what was drawn makes no sense just now. @returns {Plan | undefined} */
    plan() {
      const living = alive();
      let op = random.pick(bag);
      if (living.length < profile.tasks / 3 && random.chance(0.5)) op = 'fork';
      let actors = living;
      if (op === 'fork' && narrowed !== undefined && random.chance(0.5)) {
        actors = living.filter((task) => task.ns === narrowed);
      } else if ((op === 'wait' || op === 'waitid') && random.chance(0.75)) {
        const wanted = new Set(
          [...tasks.values()].filter(({ seen }) => seen.state === 'Z').map(({ seen }) => seen.ppid),
        );
        actors = living.filter(({ seen }) => wanted.has(seen.tgid));
      } else if (profile.depth > 1 && random.chance(0.5)) {
        const level = random.between(1, profile.depth);
        actors = living.filter((task) => task.ns.level >= level);
      }
      if (actors.length === 0) actors = living;
      const task = random.pick(actors);
      if (profile.contained && task.id === 0 && (INSIDE_ONLY.has(op) || op === 'tgkill' || op === 'kill'))
        return undefined;
      if (nextId > 2_900 && (op === 'fork' || op === 'thread')) return undefined;
      const args = draw[/** @type {Op} */ (op)](task);
      return args === undefined ? undefined : { op, task, args };
    },

    /** Takes in what happened. @param {Plan} plan @param {Answer} answer @returns {Step} */
    settle({ op, task, args }, answer) {
      const { ret } = answer;
      // A cursor that has never moved reads as -1.
      const failed = ret !== undefined && ret < (op === 'lastpid' ? -1 : 0);
      if (op === 'unshare' && !failed) task.childNs = { level: task.ns.level + 1, parent: task.ns, init: undefined };
      if (op === 'exec' && !failed) /** @type {Task} */ (tasks.get(task.leader)).childNs = task.childNs;
      if (op === 'sigchld' && !failed) /** @type {Task} */ (tasks.get(task.leader)).ignores = args[0] === 1;
      const target = op === 'setns' ? byNr.get(args[0]) : op === 'nsget' ? byNr.get(args[1]) : undefined;
      if (op === 'setns' && target !== undefined && !failed) task.childNs = target.ns;
      /** @type {Change[]} */
      const changes = [];
      for (const nr of answer.gone) {
        const gone = byNr.get(nr);
        if (gone === undefined) throw new Error(`${nr} is gone and was never there`);
        changes.push({ kind: 'gone', task: gone.id });
        byNr.delete(nr);
        tasks.delete(gone.id);
      }
      for (const seen of answer.changed) changes.push(...changesOf(seen, op, task, args));
      return {
        op,
        actor: task.id,
        args: target === undefined ? args : op === 'nsget' ? [args[0], target.id, args[2]] : [target.id],
        ret: failed ? errnoName(ret) : ret,
        more: failed ? [] : moreOf(op, answer),
        list: answer.list,
        changes,
      };
    },
  };

  /** @returns {Change[]} */
  function changesOf(
    /** @type {Seen} */ seen,
    /** @type {Op} */ op,
    /** @type {Task} */ maker,
    /** @type {number[]} */ args,
  ) {
    const { nr, state, ppid, pids, pgids, sids } = seen;
    const before = byNr.get(nr);
    if (before === undefined) {
      if (op !== 'fork' && op !== 'thread') throw new Error(`${nr} has come out of a ${op}`);
      let ns = maker.childNs;
      if (op === 'fork' && (args[0] & NEWPID) !== 0) ns = { level: ns.level + 1, parent: ns, init: undefined };
      const { id, leader } = add(seen, ns, maker);
      return [{ kind: 'born', task: id, leader, ppid, pids, pgids, sids }];
    }
    const { seen: old, id } = before;
    if (String(old.pids) !== String(pids)) throw new Error(`${nr} has become somebody else during a ${op}`);
    /** @type {Change[]} */
    const changes = [];
    if (old.state !== state) {
      changes.push({ kind: STATES[state], task: id });
    }
    if (old.ppid !== ppid) changes.push({ kind: 'ppid', task: id, ppid });
    if (String(old.pgids) !== String(pgids)) changes.push({ kind: 'pgids', task: id, numbers: pgids });
    if (String(old.sids) !== String(sids)) changes.push({ kind: 'sids', task: id, numbers: sids });
    before.seen = seen;
    return changes;
  }
}

/** What a call says beside its return value. */
function moreOf(/** @type {Op} */ op, /** @type {Answer} */ { ret, more }) {
  if (op === 'ids') return more;
  if (op === 'pidfd') return ret === 0 ? more : [];
  if (ret === undefined || ret === 0) return [];
  if (op === 'wait') return [more[0]];
  return op === 'waitid' ? more : [];
}
