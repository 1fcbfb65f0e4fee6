import { PID_MAX_LIMIT, type PidAllocatorOptions, RESERVED_PIDS } from '@pidlab/contract';
import type { Processes, Waited } from '../workload.ts';

// A process table as most JavaScript programs would write it: a class for each thing, a `Map` from number to owner in each
// namespace, a `Set` wherever there are many. It keeps what the scenario `fork-exit-wait` asks of a table, and the same
// promises: numbers go up in a cycle and are one at each level, a number stays taken while it is a group's or session's, a
// zombie stays until its parent waits, orphans go to the init of their namespace, and that takes everybody with it.

const SIGKILL = 9;

/** A number in a namespace and in each above it, and whose it is: a process's, a group's, a session's. */
class Pid {
  readonly ns: Namespace;
  /** The number at each level, root first. */
  readonly numbers: number[];
  process: Process | undefined = undefined;
  group: Group | undefined = undefined;
  session: Session | undefined = undefined;

  constructor(ns: Namespace) {
    this.ns = ns;
    this.numbers = new Array(ns.level + 1);
    try {
      for (let at: Namespace | undefined = ns; at; at = at.parent) this.numbers[at.level] = at.take(this);
    } catch (error) {
      this.freeIfUnused();
      throw error;
    }
  }

  /** Gives the numbers back once nobody uses them. */
  freeIfUnused(): void {
    if (this.process || this.group || this.session) return;
    for (let at: Namespace | undefined = this.ns; at; at = at.parent) at.pids.delete(this.numbers[at.level]);
  }
}

class Namespace {
  readonly parent: Namespace | undefined;
  readonly level: number;
  readonly pids: Map<number, Pid> = new Map();
  init: Process | undefined = undefined;
  readonly #pidMax: number;
  #last = 0;

  constructor(parent: Namespace | undefined, pidMax: number) {
    this.parent = parent;
    this.level = parent ? parent.level + 1 : 0;
    this.#pidMax = pidMax;
  }

  /** The next number that is free, after the one that was given last. */
  take(owner: Pid): number {
    let nr = this.#last;
    let tried = 0;
    do {
      if (++nr >= this.#pidMax) nr = RESERVED_PIDS;
      if (++tried > this.#pidMax) throw new Error('EAGAIN: every number is taken');
    } while (this.pids.has(nr));
    this.#last = nr;
    this.pids.set(nr, owner);
    return nr;
  }
}

class Session {
  readonly pid: Pid;
  processes = 0;

  constructor(pid: Pid) {
    this.pid = pid;
    pid.session = this;
  }
}

class Group {
  readonly pid: Pid;
  readonly session: Session;
  readonly members: Set<Process> = new Set();

  constructor(pid: Pid, session: Session) {
    this.pid = pid;
    this.session = session;
    pid.group = this;
  }
}

class Process {
  readonly pid: Pid;
  readonly children: Set<Process> = new Set();
  /** Those of its children that have ended, the first to end first. */
  readonly zombies: Process[] = [];
  parent: Process | undefined;
  group: Group;
  state: 'running' | 'zombie' | 'dead' = 'running';
  status = 0;

  constructor(pid: Pid, parent: Process | undefined, group: Group) {
    this.pid = pid;
    this.parent = parent;
    this.group = group;
    pid.process = this;
    parent?.children.add(this);
    join(this, group);
  }
}

function join(process: Process, group: Group): void {
  process.group = group;
  group.members.add(process);
  group.session.processes++;
}

function leave(process: Process): void {
  const { group } = process;
  const { session } = group;
  group.members.delete(process);
  if (group.members.size === 0) {
    group.pid.group = undefined;
    group.pid.freeIfUnused();
  }
  if (--session.processes === 0) {
    session.pid.session = undefined;
    session.pid.freeIfUnused();
  }
}

/** The process ends. Its children go to the init of its namespace; if it is that, everybody in there ends with it. */
function end(process: Process, status: number): void {
  if (process.state !== 'running') return;
  const { pid, children, parent } = process;
  process.state = 'zombie';
  process.status = status;
  if (pid.ns.init === process) {
    for (const other of [...pid.ns.pids.values()]) if (other.process) end(other.process, SIGKILL);
    for (const child of [...children]) reap(child);
  } else if (children.size > 0) giveAway(process, pid.ns.init as Process);
  parent?.zombies.push(process);
}

function giveAway(from: Process, to: Process): void {
  for (const child of from.children) {
    child.parent = to;
    to.children.add(child);
  }
  to.zombies.push(...from.zombies);
  from.children.clear();
  from.zombies.length = 0;
}

/** Its parent has waited for it: it is gone, and so is its number, unless a group or session has it. */
function reap(process: Process): void {
  const { pid, parent } = process;
  process.state = 'dead';
  pid.process = undefined;
  leave(process);
  pid.freeIfUnused();
  if (!parent) return;
  parent.children.delete(process);
  if (parent.zombies[0] === process) parent.zombies.shift();
  else parent.zombies.splice(parent.zombies.indexOf(process), 1);
}

function running(process: Process): Process {
  if (process.state !== 'running') throw new Error(`the caller is ${process.state}`);
  return process;
}

/** A process table over classes and Maps. */
export class MapProcesses implements Processes {
  readonly init: Process;

  constructor(options: PidAllocatorOptions) {
    const pid = new Pid(new Namespace(undefined, options.pidMax ?? PID_MAX_LIMIT));
    this.init = new Process(pid, undefined, new Group(pid, new Session(pid)));
    pid.ns.init = this.init;
  }

  fork(caller: Process): Process {
    running(caller);
    return new Process(new Pid(caller.pid.ns), caller, caller.group);
  }

  clone(caller: Process, options: { readonly newPid?: boolean }): Process {
    running(caller);
    if (!options.newPid) return this.fork(caller);
    const ns = new Namespace(caller.pid.ns, PID_MAX_LIMIT);
    ns.init = new Process(new Pid(ns), caller, caller.group);
    return ns.init;
  }

  setsid(caller: Process): number {
    const { pid } = running(caller);
    if (pid.group) throw new Error('EPERM: it leads a process group');
    leave(caller);
    join(caller, new Group(pid, new Session(pid)));
    return this.getpid(caller);
  }

  setpgid(caller: Process, nr: number, groupNr: number): void {
    const { ns } = running(caller).pid;
    const target = nr === 0 ? caller : ns.pids.get(nr)?.process;
    if (!target || (target !== caller && target.parent !== caller)) throw new Error(`ESRCH: ${nr} is no child`);
    const { session } = target.group;
    if (session.pid === target.pid || session !== caller.group.session) throw new Error('EPERM: another session');
    const pid = groupNr === 0 ? target.pid : ns.pids.get(groupNr);
    const group = pid === target.pid ? (pid.group ?? new Group(pid, session)) : pid?.group;
    if (group?.session !== session) throw new Error(`EPERM: the session has no group ${groupNr}`);
    if (group === target.group) return;
    leave(target);
    join(target, group);
  }

  exit(caller: Process, code: number): void {
    running(caller);
    if (!Number.isInteger(code)) throw new Error('EINVAL: the code is no integer');
    end(caller, (code & 0xff) << 8);
  }

  /** The child that has ended first, of all (-1) or of one number; undefined where it would have to wait. */
  wait4(caller: Process, nr: number): Waited | undefined {
    running(caller);
    if (!Number.isInteger(nr)) throw new Error('EINVAL: the number is no integer');
    const one = nr === -1 ? undefined : caller.pid.ns.pids.get(nr)?.process;
    if (nr === -1 ? caller.children.size === 0 : one?.parent !== caller) throw new Error('ECHILD: no such child');
    const child = one ?? caller.zombies[0];
    if (child?.state !== 'zombie') return undefined;
    const waited = { pid: child.pid.numbers[caller.pid.ns.level], process: child, status: child.status };
    reap(child);
    return waited;
  }

  getpid(caller: Process): number {
    return caller.pid.numbers[caller.pid.ns.level];
  }
}
