/*
 * Performs a recorded scenario on a process table, and compares after every step what the kernel said: what the call
 * returned, and of every task its numbers at every level, its thread group, group, session, parent and state.
 */
import { PidError } from '@pidlab/contract';
import { printStep } from './recording.js';

/** @import { CreatePidAllocator, Traits } from '@pidlab/contract' */
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
    super(`${header.name}, ${step}, on ${strategy}: ${what}: the kernel says ${show(expected)}, the table ${show(got)}`);
    this.scenario = header.name;
    this.step = index + 1;
    this.expected = expected;
    this.got = got;
  }
}

const NEWPID = 0x2000_0000;
const PARENT = 0x8000;
const SIGCHLD = 17;
/** Where the kernel goes on after a wrap, in every namespace. */
const FLOOR = 300;
const STATES = new Map([
  ['R (running)', 'alive'],
  ['D (exiting)', 'ending'],
  ['Z (zombie)', 'zombie'],
]);

const show = (/** @type {unknown} */ value) => (Array.isArray(value) ? `(${value.join(' ')})` : String(value));

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
 * Throws an {@link OracleMismatch} at the first difference. Returns how many steps and comparisons there were.
 *
 * @param {Recording} recording
 * @param {Subject} subject
 */
export function replayRecording(recording, { createPidAllocator, createProcessTable, traits }) {
  const { header, steps } = recording;
  const mode = replayMode(header, traits);
  if (mode === undefined) throw new TypeError(`${traits.strategy} cannot follow ${header.name}`);
  const allocator = createPidAllocator({
    capacity: 4096,
    namespaces: 1024,
    pidMax: header.pidMax,
    floors: { root: FLOOR, child: FLOOR },
  });
  const table = createProcessTable({ allocator, initPayload: undefined });
  const root = allocator.initPidNs;

  /** By birth: the table's objects, and what the kernel says of them. @type {Map<number, Task>} */
  const tasks = new Map([[0, table.init]]);
  /** @type {Map<number, Known>} */
  const known = new Map([[0, { leader: 0, state: 'alive', ppid: 0, pids: [1], pgids: [1], sids: [1] }]]);
  /** The number that the outermost namespace gave, by birth; it is needed when the task is gone. @type {Map<number, number>} */
  const rootNrs = new Map([[0, 1]]);
  let births = 1;
  let compared = 0;
  let index = 0;

  /** @param {string} what @param {unknown} expected @param {unknown} got */
  const same = (what, expected, got) => {
    compared++;
    if (show(expected) !== show(got)) throw new OracleMismatch(recording, index, traits.strategy, what, expected, got);
  };

  for (; index < steps.length; index++) {
    const step = steps[index];
    const actor = tasks.get(step.actor);
    if (actor === undefined) throw new OracleMismatch(recording, index, traits.strategy, 'the actor', 'there', 'gone');
    const answer = perform(step, actor);
    // A task that does not live to see its call return has no answer.
    if (step.ret !== undefined) same('the answer', [expected(step, actor, answer.child), ...step.more], answer.said);
    if (step.list !== undefined) same('the listing', step.list.map((nr) => argument(nr, actor)), table.listProcesses(actor.pidNs));
    takeIn(step, answer.child);
    compareAll();
  }
  same('broken invariants', [], table.checkInvariants());
  return { steps: steps.length, compared };

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
  function call({ op, args }, actor) {
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
        return waited(table.wait4(actor, argument(args[0], actor), args[1] >>> 0), ({ status }) => [status]);
      case 'waitid':
        return waited(table.waitid(actor, args[0], argument(args[1], actor), args[2] >>> 0), ({ code, value }) => [
          code,
          value,
        ]);
      case 'exec':
        table.exec(actor);
        return { said: [0] };
      case 'ids':
        return { said: [table.getpid(actor), table.gettid(actor), table.getppid(actor)] };
      case 'lastpid':
        // The kernel's file does not take a cursor above pid_max; the contract's cursor goes anywhere.
        if (args[0] > allocator.pidMax(actor.pidNs)) return { said: ['EINVAL'] };
        if (args.length > 0) allocator.setLastPid(actor.pidNs, args[0]);
        return { said: [allocator.lastPid(actor.pidNs)] };
      case 'pidmax':
        if (args.length > 0) allocator.setPidMax(actor.pidNs, args[0]);
        return { said: [allocator.pidMax(actor.pidNs)] };
      case 'list':
        return { said: [table.listProcesses(actor.pidNs).length] };
      default:
        return { said: [simpleCall(op, args, actor) ?? 0] };
    }
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
    same('the processes', seen.sort((a, b) => a - b), table.listProcesses(root));
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
