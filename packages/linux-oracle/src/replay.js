/*
 * Performs a recorded scenario on a process table, and compares after every step what the kernel said: what the call
 * returned, and of every task its numbers at every level, its thread group, group, session, parent and state.
 */
import { PidError } from '@pidlab/contract';
import { printStep } from './recording.js';

/** @import { CreatePidAllocator, NsRef, Traits } from '@pidlab/contract' */
/** @import { CloneOptions, Process, ProcessTable, ProcessTableOptions, WaitResult } from '@pidlab/process-table' */
/** @import { Recording, Step } from './recording.js' */

/**
 * What a replay drives: a strategy, and the process table over it.
 *
 * @typedef {object} Subject
 * @property {CreatePidAllocator} createPidAllocator
 * @property {Traits} traits
 * @property {(options: ProcessTableOptions<undefined>) => ProcessTable<undefined>} createProcessTable
 */

/** @typedef {Process<undefined>} Task */
/** @typedef {{ leader: number, state: string, ppid: number, pids: number[], pgids: number[], sids: number[] }} Known */

/** The table did not do what the kernel did. */
export class OracleMismatch extends Error {
  /** @override */
  name = 'OracleMismatch';

  /**
   * @param {Recording} recording
   * @param {number} index of the step
   * @param {string} strategy
   * @param {string} what
   * @param {unknown} expected
   * @param {unknown} got
   */
  constructor({ header, steps }, index, strategy, what, expected, got) {
    const step = index < steps.length ? `step ${index + 1}, "${printStep(steps[index])}"` : 'the end';
    super(
      `${header.name}, ${step}, on ${strategy}: ${what}: the kernel says ${show(expected)}, the table ${show(got)}`,
    );
    this.scenario = header.name;
    this.step = index + 1;
    this.expected = expected;
    this.got = got;
  }
}

const NEWPID = 0x2000_0000;
const PARENT = 0x8000;
const SIGCHLD = 17;
const P_ALL = 0;
const P_PID = 1;
const P_PGID = 2;
const P_PIDFD = 3;
/** What Linux' pid_max is at least. */
const PID_MAX_LEAST = 301;
const DISPOSITIONS = /** @type {const} */ (['default', 'ignore', 'handle']);
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
/** Where the kernel goes on after a wrap, in every namespace. */
const FLOOR = 300;
const STATES = new Map([
  ['R (running)', 'alive'],
  ['T (stopped)', 'stopped'],
  ['S (sleeping)', 'ending'],
  ['Z (zombie)', 'zombie'],
]);

const show = (/** @type {unknown} */ value) => (Array.isArray(value) ? `(${value.join(' ')})` : String(value));

/**
 * Whether they are the same number or text, or lists of the same ones: most of the thousands of comparisons end here.
 *
 * @param {unknown} one
 * @param {unknown} other
 */
function isAlike(one, other) {
  if (one === other) return true;
  if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/**
 * How much of a recording a strategy can follow: `full`, every number at every level; `own`, the numbers that a process
 * has in its own namespace, where the design gives those of the outermost one in another way; undefined where the
 * scenario goes deeper than the design.
 *
 * @param {Recording['header']} header
 * @param {Traits} traits
 * @returns {'full' | 'own' | undefined}
 */
export function replayMode({ depth, contained }, traits) {
  if (depth > traits.maxLevel) return undefined;
  if (depth === 0 || traits.rootNumbers === 'small') return 'full';
  return contained ? 'own' : undefined;
}

/**
 * Throws an {@link OracleMismatch} at the first difference. Returns how many steps and comparisons there were. Answers and
 * listings are compared at each step, everybody's numbers at one in `every`, and at the last.
 *
 * @param {Recording} recording
 * @param {Subject} subject
 * @param {number} [every]
 */
export function replayRecording(recording, { createPidAllocator, createProcessTable, traits }, every = 1) {
  const { header, steps } = recording;
  const mode = replayMode(header, traits);
  if (mode === undefined) throw new TypeError(`${traits.strategy} cannot follow ${header.name}`);
  const allocator = createPidAllocator({
    capacity: 4096,
    namespaces: 1024,
    pidMax: header.pidMax,
    floors: { root: FLOOR, child: FLOOR },
  });
  const table = createProcessTable({ allocator, initPayload: undefined, isolation: 'linux' });
  const root = allocator.initPidNs;

  /** By birth: the table's objects, and what the kernel says of them. @type {Map<number, Task>} */
  const tasks = new Map([[0, table.init]]);
  /** @type {Map<number, Known>} */
  const known = new Map([[0, { leader: 0, state: 'alive', ppid: 0, pids: [1], pgids: [1], sids: [1] }]]);
  /** The number that the outermost namespace gave, by birth; it is needed when the task is gone. @type {Map<number, number>} */
  const rootNrs = new Map([[0, 1]]);
  /** The init of each namespace that has had one. @type {Map<NsRef, number>} */
  const inits = new Map([[root, 0]]);
  /** How often the kernel did what the table does differently on purpose. */
  const differences = { deadNamespace: 0, belowFloor: 0, whichErrno: 0, whichChild: 0 };
  /** Two or more have died in one step: in which order is the scheduler's affair. */
  let massDeath = false;
  let births = 1;
  let compared = 0;
  let index = 0;

  /** @param {string} what @param {unknown} expected @param {unknown} got */
  const same = (what, expected, got) => {
    compared++;
    if (!isAlike(expected, got) && show(expected) !== show(got))
      throw new OracleMismatch(recording, index, traits.strategy, what, expected, got);
  };

  for (; index < steps.length; index++) {
    const step = steps[index];
    const actor = tasks.get(step.actor);
    if (actor === undefined) throw new OracleMismatch(recording, index, traits.strategy, 'the actor', 'there', 'gone');
    const birth = step.op === 'fork' || step.op === 'thread';
    const answer = birth ? performBirth(step, actor) : perform(step, actor);
    // A task that does not live to see its call return has no answer.
    if (step.ret !== undefined) same('the answer', [expected(step, actor, answer.child), ...step.more], answer.said);
    if (step.list !== undefined)
      same(
        'the listing',
        step.list.map((nr) => argument(nr, actor)),
        table.listProcesses(actor.pidNs),
      );
    takeIn(step, answer.child);
    if (index % every === 0 || index === steps.length - 1) compareAll();
  }
  same('broken invariants', [], table.checkInvariants());
  return { steps: steps.length, compared, differences };

  /** @param {Step} step @param {Task} actor @returns {{ said: unknown[], child?: Task }} */
  function perform(step, actor) {
    try {
      return call(step, actor);
    } catch (error) {
      if (error instanceof PidError) return { said: [error.code] };
      if (error instanceof OracleMismatch) throw error;
      const got = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const mismatch = new OracleMismatch(recording, index, traits.strategy, 'the answer', step.ret, `throws ${got}`);
      mismatch.cause = error;
      throw mismatch;
    }
  }

  /** @param {Step} step @param {Task} actor @returns {{ said: unknown[], child?: Task }} */
  function call(step, actor) {
    const { op, args } = step;
    switch (op) {
      case 'fork': {
        /** @type {CloneOptions<undefined>} */
        const options = { newPid: (args[0] & NEWPID) !== 0, parent: (args[0] & PARENT) !== 0, exitSignal: args[1] };
        const child = table.clone(actor, args.length > 2 ? { ...options, setTid: args.slice(2) } : options);
        return { said: [allocator.pidNrNs(child.pid, actor.pidNs)], child };
      }
      case 'thread': {
        const child = table.clone(actor, { thread: true, newPid: (args[0] & NEWPID) !== 0 });
        return { said: [allocator.pidNrNs(child.pid, actor.pidNs)], child };
      }
      case 'wait':
        return waited(table.wait4(actor, waitTarget(step, actor), args[1] >>> 0), ({ status }) => [status]);
      case 'waitid':
        return waitid(step, actor);
      case 'exec':
        table.exec(actor);
        return { said: [0] };
      case 'ids':
        return { said: [table.getpid(actor), table.gettid(actor), table.getppid(actor)] };
      case 'lastpid':
        // The kernel's file does not take a cursor above pid_max; the contract's cursor goes anywhere.
        if (args[0] > allocator.pidMax(actor.pidNs)) return { said: ['EINVAL'] };
        if (args.length > 0) allocator.setLastPid(actor.pidNs, args[0]);
        // Where only chosen numbers were given, the kernel's file says -1.
        return { said: [allocator.lastPid(actor.pidNs) || (step.ret === -1 ? -1 : 0)] };
      case 'pidmax':
        // The contract's pidMax may be smaller.
        if (args[0] > 0 && args[0] < PID_MAX_LEAST) return { said: ['EINVAL'] };
        if (args.length > 0) allocator.setPidMax(actor.pidNs, args[0]);
        return { said: [allocator.pidMax(actor.pidNs)] };
      case 'pidfd':
        return pidfd(step, actor);
      case 'nsget':
        return { said: [nsget(args, actor)] };
      case 'list':
        return { said: [table.listProcesses(actor.pidNs).length] };
      default:
        return { said: [simpleCall(op, args, actor) ?? 0] };
    }
  }

  /** Whether nobody can be born in a namespace any more. @param {NsRef} ns */
  function ended(ns) {
    const init = inits.get(ns);
    return init !== undefined && known.get(init)?.state !== 'alive';
  }

  /**
   * A fork or a new thread, with what the table does differently on purpose (README.md, "Where we differ"); on a strategy
   * that follows mainline to the letter, without.
   *
   * @param {Step} step @param {Task} actor
   */
  function performBirth(step, actor) {
    if (traits.rules === 'mainline') return perform(step, actor);
    const ns = actor.pidNsForChildren;
    const restore = wrapBelowFloor((step.args[0] & NEWPID) !== 0 ? actor.pidNs : ns);
    const answer = perform(step, actor);
    const [said] = answer.said;
    if (answer.child !== undefined || said === 'EINVAL') {
      if (said === 'EINVAL') restore();
      if (said === 'EINVAL' && step.ret === 'EEXIST' && step.args.length > 3) {
        // The table looks at the whole list before it takes a number, the kernel level by level.
        differences.whichErrno++;
        return { said: ['EEXIST'] };
      }
      if (said !== 'EINVAL' || !ended(ns) || step.ret === 'EINVAL') return answer;
    }
    if (!ended(ns) || (said !== 'ENOMEM' && said !== 'EINVAL')) {
      restore();
      return answer;
    }
    // The kernel takes numbers at every level and only then sees that nobody may be born there.
    differences.deadNamespace++;
    try {
      let [above, level] = [/** @type {NsRef | undefined} */ (ns), 2];
      for (; above !== undefined && ended(above); level++) {
        const nr = step.args[level];
        if (nr !== undefined && allocator.nextPidmap(above, nr - 1) === nr) {
          restore();
          return { said: ['EEXIST'] };
        }
        above = allocator.nsParent(above);
      }
      if (above !== undefined) allocator.freePid(allocator.allocPid(above, step.args.slice(level)));
      restore();
      return { said: [step.ret === 'EEXIST' && step.args.length > 2 ? 'EEXIST' : 'ENOMEM'] };
    } catch (error) {
      restore();
      if (error instanceof PidError) return { said: [error.code] };
      throw error;
    }
  }

  /**
   * The kernel goes on at 1, not at the floor, when its cursor has not come past the floor and nothing is free above. Puts
   * the cursors of such namespaces back to the start, and returns what puts back those that did not move from there.
   *
   * @param {NsRef} ns
   */
  function wrapBelowFloor(ns) {
    /** @type {[NsRef, number][]} */
    const moved = [];
    for (let at = /** @type {NsRef | undefined} */ (ns); at !== undefined; at = allocator.nsParent(at)) {
      const last = allocator.lastPid(at);
      if (last === 0 || last >= FLOOR) continue;
      let nr = last + 1;
      while (nr < allocator.pidMax(at) && allocator.nextPidmap(at, nr - 1) === nr) nr++;
      if (nr < allocator.pidMax(at)) continue;
      allocator.setLastPid(at, 0);
      moved.push([at, last]);
    }
    differences.belowFloor += moved.length;
    return () => {
      for (const [at, last] of moved) if (allocator.lastPid(at) === 0) allocator.setLastPid(at, last);
    };
  }

  /**
   * Whom to wait for: after a mass death the very child that the kernel found, where several are ready and none was asked
   * for by number.
   *
   * @param {Step} step @param {Task} actor
   */
  function waitTarget({ args, ret }, actor) {
    const asked = argument(args[0], actor);
    if (asked > 0 || typeof ret !== 'number' || ret === 0 || !massDeath) return asked;
    const [kind, id] = asked === -1 ? [P_ALL, 0] : [P_PGID, Math.max(-asked, 0)];
    const first = table.waitid(actor, kind, id, (args[1] | WEXITED | WNOWAIT) >>> 0);
    const wanted = argument(ret, actor);
    if (typeof first !== 'object' || first.pid === wanted) return asked;
    differences.whichChild++;
    return wanted;
  }

  /** Opens a pidfd, asks for its number, and sends a signal by it. @param {Step} step @param {Task} actor */
  function pidfd({ args }, actor) {
    const fd = table.openPidfd(actor, argument(args[0], actor), { thread: args[1] !== 0 });
    // The kernel says the number of the namespace whose /proc is mounted, which for all of them is the outermost one's.
    const nr = table.pidfdPid(/** @type {Task} */ (tasks.get(0)), fd);
    let sent = '0';
    try {
      table.pidfdSendSignal(actor, fd, args[2]);
    } catch (error) {
      if (!(error instanceof PidError)) throw error;
      sent = String(error.errno);
    }
    if (!fd.closed) table.closePidfd(fd);
    return { said: [0, nr, Number(sent)] };
  }

  /** NS_GET_PARENT, or one of the four translations. @param {number[]} args @param {Task} actor */
  function nsget([what, task, number], actor) {
    const ns = /** @type {Task} */ (tasks.get(task)).pidNs;
    if (what === 0) {
      table.nsParent(actor, ns);
      return 0;
    }
    const nr = argument(number, actor);
    const translate = [table.pidFromPidNs, table.tgidFromPidNs, table.pidInPidNs, table.tgidInPidNs][what - 1];
    return translate(actor, ns, nr);
  }

  /** @param {Step} step @param {Task} actor */
  function waitid({ args, ret }, actor) {
    if (args[0] === P_PIDFD) {
      const fd = table.openPidfd(actor, argument(args[1], actor));
      try {
        return waited(table.waitid(actor, P_PIDFD, fd, args[2] >>> 0), ({ code, value }) => [code, value]);
      } finally {
        table.closePidfd(fd);
      }
    }
    let [kind, id] = [args[0], argument(args[1], actor)];
    if (kind !== P_PID && typeof ret === 'number' && ret > 0 && massDeath) {
      const first = table.waitid(actor, kind, id, (args[2] | WNOWAIT) >>> 0);
      const wanted = argument(ret, actor);
      if (typeof first === 'object' && first.pid !== wanted) {
        differences.whichChild++;
        [kind, id] = [P_PID, wanted];
      }
    }
    return waited(table.waitid(actor, kind, id, args[2] >>> 0), ({ code, value }) => [code, value]);
  }

  /** The calls that answer with a number, or with nothing. @param {string} op @param {number[]} args @param {Task} actor */
  function simpleCall(op, args, actor) {
    switch (op) {
      case 'unshare':
        return table.unshare(actor);
      case 'setns':
        return table.setns(actor, /** @type {Task} */ (tasks.get(args[0])).pidNs);
      case 'exit':
        return table.exit(actor, args[0]);
      case 'exitgroup':
        return table.exitGroup(actor, args[0]);
      case 'setsid':
        return table.setsid(actor);
      case 'setpgid':
        return table.setpgid(actor, args[0], args[1]);
      case 'getpgid':
        return table.getpgid(actor, args[0]);
      case 'getsid':
        return table.getsid(actor, args[0]);
      case 'kill':
        return table.kill(actor, args[0], args[1]);
      case 'tgkill':
        return table.tgkill(actor, args[0], args[1], args[2]);
      case 'sigchld':
        return void table.sigaction(actor, SIGCHLD, args[0] === 1 ? 'ignore' : 'default');
      case 'sigaction':
        return void table.sigaction(actor, args[0], DISPOSITIONS[args[1]]);
      case 'subreaper':
        return table.setChildSubreaper(actor, args[0] === 1);
      default:
        throw new TypeError(`nobody knows how to ${op}`);
    }
  }

  /**
   * @param {WaitResult<undefined>} result
   * @param {(found: Exclude<WaitResult<undefined>, string | undefined>) => number[]} more
   */
  function waited(result, more) {
    if (result === undefined) return { said: [0] };
    return { said: typeof result === 'string' ? [result] : [result.pid, ...more(result)] };
  }

  /**
   * A number that the kernel knew somebody by, as the table knows the same task: another one only in the outermost
   * namespace of a design that gives those numbers in its own way.
   *
   * @param {number} nr
   * @param {Task} actor
   */
  function argument(nr, actor) {
    if (mode === 'full' || actor.pidNs !== root) return nr;
    for (const [id, { pids }] of known)
      if (pids[0] === Math.abs(nr)) return Math.sign(nr) * /** @type {number} */ (rootNrs.get(id));
    return nr;
  }

  /** What the call should return. @param {Step} step @param {Task} actor @param {Task | undefined} child */
  function expected({ op, ret }, actor, child) {
    if (op === 'fork' && child !== undefined && mode === 'own' && actor.pidNs === root) return rootNrOf(child);
    return (op === 'wait' || op === 'waitid') && typeof ret === 'number' ? argument(ret, actor) : ret;
  }

  /** @param {Task} task */
  function rootNrOf(task) {
    return allocator.pidNr(task.pid);
  }

  /** Brings what the kernel says up to date. @param {Step} step @param {Task | undefined} child */
  function takeIn(step, child) {
    // The thread that starts a program is the leader from now on.
    const actor = /** @type {Known} */ (known.get(step.actor));
    if (step.op === 'exec' && step.ret === 0 && actor.leader !== step.actor)
      tasks.set(actor.leader, /** @type {Task} */ (tasks.get(step.actor)));
    massDeath ||= step.changes.filter(({ kind }) => kind === 'gone' || kind === 'zombie').length > 1;
    for (const change of step.changes) {
      if (change.kind === 'gone') {
        tasks.delete(change.task);
        known.delete(change.task);
      } else if (change.kind === 'born') {
        const { task, leader, ppid, pids, pgids, sids } = change;
        same('births', task, births++);
        if (child === undefined) throw new OracleMismatch(recording, index, traits.strategy, 'a child', 'born', 'not');
        tasks.set(task, child);
        rootNrs.set(task, rootNrOf(child));
        if (pids.at(-1) === 1) inits.set(child.pidNs, task);
        known.set(task, { leader, state: 'alive', ppid, pids, pgids, sids });
      } else {
        const told = known.get(change.task);
        if (told === undefined) throw new TypeError(`${header.name}, step ${index + 1}: nobody is ${change.task}`);
        if (change.kind === 'ppid') told.ppid = change.ppid;
        else if (change.kind === 'pgids') told.pgids = change.numbers;
        else if (change.kind === 'sids') told.sids = change.numbers;
        else told.state = change.kind;
      }
    }
  }

  /** Everybody, seen from the outermost namespace. */
  function compareAll() {
    same('tasks', known.size, table.size);
    const processes = [...known].filter(([id, { leader }]) => id === leader);
    const seen = processes.map(([id, { pids }]) => (mode === 'full' ? pids[0] : Number(rootNrs.get(id))));
    same(
      'the processes',
      seen.sort((a, b) => a - b),
      table.listProcesses(root),
    );
    for (const [id, told] of known) compareOne(id, told);
  }

  /** @param {number} id @param {Known} told */
  function compareOne(id, told) {
    const task = /** @type {Task} */ (tasks.get(id));
    if (mode === 'own') return compareOwn(id, task, told);
    const who = `task ${id}`;
    if (table.findProcess(told.pids[0], root) !== task) same(who, `known as ${told.pids[0]}`, 'not found by that');
    const { State, PPid, Tgid, NSpid, NStgid, NSpgid, NSsid } = table.status(told.pids[0], root);
    const { pids: leader } = known.get(told.leader) ?? told;
    same(`the state of ${who}`, told.state, STATES.get(State));
    same(`NSpid of ${who}`, told.pids, NSpid);
    same(`NStgid of ${who}`, leader, NStgid);
    same(`Tgid of ${who}`, leader[0], Tgid);
    same(`NSpgid of ${who}`, told.pgids, NSpgid);
    same(`NSsid of ${who}`, told.sids, NSsid);
    same(`PPid of ${who}`, told.ppid, PPid);
  }

  /** The same as far as its own namespace shows it. @param {number} id @param {Task} task @param {Known} told */
  function compareOwn(id, task, told) {
    const who = `task ${id}`;
    const ns = task.pidNs;
    const own = told.pids.at(-1) ?? 0;
    if (table.findProcess(own, ns) !== task) same(who, `known as ${own} at home`, 'not found by that');
    const { State, NSpid, NStgid, NSpgid, NSsid } = table.status(own, ns);
    const { pids: leader } = known.get(told.leader) ?? told;
    same(`the state of ${who}`, told.state, STATES.get(State));
    same(`its own number of ${who}`, own, NSpid.at(-1));
    same(`its own thread group of ${who}`, leader.at(-1), NStgid.at(-1));
    same(`its own group of ${who}`, told.pgids.at(-1), NSpgid.at(-1));
    same(`its own session of ${who}`, told.sids.at(-1), NSsid.at(-1));
  }
}
