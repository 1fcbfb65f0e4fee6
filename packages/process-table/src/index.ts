/**
 * Processes over any pid allocator that keeps the pidlab contract.
 *
 * @packageDocumentation
 */
import { type PidAllocator, PidBug } from '@pidlab/contract';
import { ask, readOptions } from './checks.ts';
import { applyLimits, readLimits, setLimits, usage } from './limits.ts';
import { flat } from './flat.ts';
import * as birth from './clone.ts';
import * as program from './exec.ts';
import * as end from './exit.ts';
import * as groups from './groups.ts';
import { checkInvariants } from './invariants.ts';
import { isOrphanedGroup } from './jobs.ts';
import * as namespaces from './namespaces.ts';
import * as pidfds from './pidfd.ts';
import * as proc from './proc.ts';
import { settle } from './settle.ts';
import { restore, snapshot } from './snapshot.ts';
import * as signals from './signals.ts';
import { Namespace, SIGNALS, type Table } from './task.ts';
import { createIndex } from './task-index.ts';
import type { Hooks, Process, ProcessTable, ProcessTableOptions, RestoreOptions } from './types.ts';
import * as waiting from './wait.ts';

export * from './constants.ts';
export type {
  CloneOptions,
  Disposition,
  Hooks,
  Limit,
  Limits,
  Pidfd,
  PidfdOptions,
  Process,
  ProcessState,
  ProcessTable,
  ProcessTableOptions,
  ProcStatus,
  RestoreOptions,
  SigactionFlags,
  SignalInfo,
  TableSnapshot,
  Usage,
  UsageOf,
  Waited,
  WaitResult,
} from './types.ts';

/** A table with the root's init in it. PidBug when the allocator is in use already, and for options that are none; ENOMEM, and nothing is taken then. */
export function createProcessTable<P>(options: ProcessTableOptions<P>): ProcessTable<P> {
  return bind(createTable(options));
}

/**
 * A table as it was when `snapshot` was called, over an allocator made of the same snapshot. The objects of its processes are
 * new: find them by `init`, `findProcess` and `processOf`. Pidfds are closed. All of the snapshot is checked, in time proportional to it,
 * before anything relies on it. PidBug when it is damaged, or does not fit the allocator; then nothing has changed there.
 */
export function restoreProcessTable<P>(options: RestoreOptions<P>): ProcessTable<P> {
  return bind(restoreTable(options));
}

/**
 * The calls, and two getters. To V8 an object with getters is a dictionary, where each call of `table.fork` looks for the function
 * anew: always when a literal has them, and when they are added later unless no other object of the same prototype has had others.
 */
function bind<P>(t: Table<P>): ProcessTable<P> {
  const own = { enumerable: true, configurable: true };
  return Object.defineProperties(Object.setPrototypeOf(callsOf(t), {}), {
    init: { get: () => t.initGroup.groupLeader, ...own },
    size: { get: () => t.tasks.size, ...own },
  });
}

function callsOf<P>(t: Table<P>): Omit<ProcessTable<P>, 'init' | 'size'> {
  return {
    allocator: t.allocator,

    fork: flat((caller: Process<P>, payload?: P) => birth.fork(t, caller, payload)),
    clone: (caller, options) => birth.clone(t, caller, options),
    unshare: (caller) => namespaces.unshare(t, caller),
    setns: (caller, ns) => namespaces.setns(t, caller, ns),
    exec: (caller) => settle(t, program.exec(t, caller)),

    setLimits: (ns, limits) => setLimits(t, ns, limits),
    usage: (ns) => usage(t, ns),

    exit: flat((caller: Process<P>, code: number) => settle(t, end.exit(t, caller, code))),
    exitGroup: (caller, code) => settle(t, end.exitGroup(t, caller, code)),
    wait4: flat((caller: Process<P>, pid: number, options?: number) =>
      settle(t, waiting.wait4(t, caller, pid, options === undefined ? 0 : options)),
    ),
    waitid: (caller, idtype, id, options) => settle(t, waiting.waitid(t, caller, idtype, id, options)),
    setChildSubreaper: (caller, on) => groups.setChildSubreaper(t, caller, on),

    kill: (caller, pid, signal) => settle(t, signals.kill(t, caller, pid, signal)),
    tgkill: (caller, tgid, tid, signal) => settle(t, signals.tgkill(t, caller, tgid, tid, signal)),
    sigqueue: (caller, pid, signal, value) => settle(t, signals.sigqueue(t, caller, pid, signal, value)),
    signalFromOutside: (target, signal) => settle(t, signals.signalFromOutside(t, target, signal)),
    sigaction: (caller, signal, disposition, flags) => signals.sigaction(t, caller, signal, disposition, flags),

    getpid: (caller) => groups.getpid(t, caller),
    getppid: (caller) => groups.getppid(t, caller),
    gettid: (caller) => groups.gettid(t, caller),
    getpgid: (caller, pid) => groups.getpgid(t, caller, pid),
    setpgid: (caller, pid, pgid) => settle(t, groups.setpgid(t, caller, pid, pgid)),
    getsid: (caller, pid) => groups.getsid(t, caller, pid),
    setsid: (caller) => settle(t, groups.setsid(t, caller)),
    isOrphanedGroup: (member) => isOrphanedGroup(t, member),

    openPidfd: (caller, pid, options) => pidfds.openPidfd(t, caller, pid, options),
    pidfdSendSignal: (caller, fd, signal) => settle(t, pidfds.pidfdSendSignal(t, caller, fd, signal)),
    pidfdPid: (caller, fd) => pidfds.pidfdPid(t, caller, fd),
    closePidfd: (fd) => pidfds.closePidfd(t, fd),

    nsParent: (caller, ns) => namespaces.nsParent(t, caller, ns),
    pidFromPidNs: (caller, ns, nr) => namespaces.pidFromPidNs(t, caller, ns, nr),
    tgidFromPidNs: (caller, ns, nr) => namespaces.tgidFromPidNs(t, caller, ns, nr),
    pidInPidNs: (caller, ns, nr) => namespaces.pidInPidNs(t, caller, ns, nr),
    tgidInPidNs: (caller, ns, nr) => namespaces.tgidInPidNs(t, caller, ns, nr),

    findProcess: (nr, ns) => proc.findProcess(t, nr, ns),
    processOf: (task) => proc.processOf(t, task),
    listProcesses: (ns) => proc.listProcesses(t, ns),
    listThreads: (nr, ns) => proc.listThreads(t, nr, ns),
    status: (nr, ns) => proc.status(t, nr, ns),

    snapshot: (payloadOf = (payload) => payload) => snapshot(t, payloadOf),
    checkInvariants: () => checkInvariants(t),
  };
}

const HOOKS = ['deliver', 'exited', 'childChanged', 'mayKill', 'mayFork', 'maySetTid'] as const;
const OPTIONS = ['allocator', 'initPayload', 'isolation', 'limits', ...HOOKS] as const;
/** What the table calls of an allocator. */
const CALLED = [
  ...(['allocPid', 'freePid', 'getPid', 'putPid', 'findPidNs', 'findGePid', 'pidNrNs', 'pidNr', 'allocTask'] as const),
  ...(['freeTask', 'attachPid', 'detachPid', 'transferPid', 'pidTask', 'taskPid', 'findTaskByPidNs'] as const),
  ...([
    'copyPidNs',
    'getPidNs',
    'putPidNs',
    'nsLevel',
    'nsParent',
    'childReaper',
    'setLastPid',
    'disablePidAllocation',
  ] as const),
  ...(['pidCount', 'stats', 'snapshot', 'checkInvariants'] as const),
];

function createTable<P>(given: ProcessTableOptions<P>): Table<P> {
  const op = 'createProcessTable';
  const options = readOptions(given, OPTIONS, op);
  const { allocator, initPayload, isolation = 'guests', limits } = options;
  checkAllocator(allocator, op);
  if (isolation !== 'guests' && isolation !== 'linux')
    throw new PidBug(op, "isolation has to be 'guests' or 'linux'; leave it out for 'guests'");
  const t = emptyTable(allocator, readHooks(options, op), isolation === 'guests');
  t.root.meters[SIGNALS].max = PENDING_SIGNALS;
  const read = readLimits(limits, op);
  if (read !== undefined) applyLimits(t.root, read);
  t.initGroup = birth.createInit(t, initPayload);
  return t;
}

function restoreTable<P>(given: RestoreOptions<P>): Table<P> {
  const op = 'restoreProcessTable';
  const options = readOptions(given, ['allocator', 'snapshot', 'payloadOf', ...HOOKS], op);
  const { allocator, snapshot: whole, payloadOf = (saved: unknown) => saved as P } = options;
  checkAllocator(allocator, op);
  if (typeof payloadOf !== 'function') throw new PidBug(op, 'payloadOf has to be a function');
  const { table: saved } = readOptions(whole, ['allocator', 'table'], op);
  const isIsolated = (saved as { readonly isolated?: boolean } | undefined)?.isolated === true;
  const t = emptyTable(allocator, readHooks(options, op), isIsolated);
  const { finish } = restore(t, saved);
  ask(t, () => finish(payloadOf));
  return t;
}

function readHooks<P>(options: Hooks<P>, op: string): Hooks<P> {
  const { deliver, exited, childChanged, mayKill, mayFork, maySetTid } = options;
  const hooks = { deliver, exited, childChanged, mayKill, mayFork, maySetTid };
  for (const name of HOOKS)
    if (hooks[name] !== undefined && typeof hooks[name] !== 'function')
      throw new PidBug(op, `${name} has to be a function`);
  return hooks as Hooks<P>;
}

/** Without anybody: `initGroup` is yet to come. */
function emptyTable<P>(allocator: PidAllocator, hooks: Hooks<P>, isolated: boolean): Table<P> {
  const root = new Namespace<P>(allocator.initPidNs, undefined);
  root.holders = 1;
  const t: Omit<Table<P>, 'initGroup'> = {
    allocator,
    hooks,
    tasks: createIndex(),
    isolated,
    root,
    namespaces: new Map([[root.ref, root]]),
    emptied: [],
    waiting: new Set(),
    round: 0,
    posts: [],
    news: [],
    telling: false,
    asking: false,
  };
  return t as Table<P>;
}

/** What the root may have pending, if nobody says otherwise; a Linux with 4 GiB of memory allows about as many. */
const PENDING_SIGNALS = 16_384;

function checkAllocator(allocator: PidAllocator, op: string): void {
  const is = typeof allocator === 'object' && allocator !== null;
  const missing = is ? CALLED.find((name) => typeof allocator[name] !== 'function') : 'any function';
  if (missing !== undefined) throw new PidBug(op, `allocator has to be a pid allocator; it does not have ${missing}`);
}
