/** Waiting for children. Source: `kernel_wait4()`, `kernel_waitid()` and `do_wait()`, kernel/exit.c. */
import type { Vnr } from '@pidlab/contract';
import { callerOf, fail, INT_MIN, integer, ownerOf, pgrpAt, processAt, vnrOf } from './checks.ts';
import { nextZombie } from './children.ts';
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  CLD_CONTINUED,
  CLD_EXITED,
  CLD_KILLED,
  CLD_STOPPED,
  P_ALL,
  P_PGID,
  P_PID,
  P_PIDFD,
  SIGCHLD,
  SIGCONT,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WOULD_BLOCK,
  WSTOPPED,
  WUNTRACED,
} from './constants.ts';
import { openPid } from './pidfd.ts';
import { release } from './release.ts';
import { childrenOf, isLeader, type Pgrp, type Table, type Task, type ThreadGroup, threadsOf } from './task.ts';
import type { Pidfd, Process, Waited, WaitResult } from './types.ts';

const WAIT4_OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
const WAITID_OPTIONS = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
const CONTINUED_STATUS = 0xffff;
const STOPPED_STATUS = 0x7f;

export function wait4<P>(t: Table<P>, process: Process<P>, pid: number, options: number): WaitResult<P> {
  const caller = callerOf(t, process, 'wait4');
  integer(pid, 'pid', 'wait4');
  checkOptions(options, WAIT4_OPTIONS, 'wait4');
  if (pid === INT_MIN) fail('ESRCH', 'wait4', 'the group -(-2^31) cannot exist');
  const all = options | WEXITED;
  if (pid === -1) return answer(askAll(t, caller, ANY, all), all, 'wait4');
  if (pid > 0) return answer(askOne(t, caller, processAt(t, pid, caller.home.ref), all), all, 'wait4');
  const pgrp = pid === 0 ? caller.group.pgrp : pgrpAt(t, -pid, caller.home.ref);
  return answer(askAll(t, caller, pgrp, all), all, 'wait4');
}

export function waitid<P>(
  t: Table<P>,
  process: Process<P>,
  idtype: number,
  id: number | Pidfd,
  options: number,
): WaitResult<P> {
  const caller = callerOf(t, process, 'waitid');
  integer(idtype, 'idtype', 'waitid');
  checkOptions(options, WAITID_OPTIONS, 'waitid');
  if ((options & (WEXITED | WSTOPPED | WCONTINUED)) === 0)
    fail('EINVAL', 'waitid', 'options has none of WEXITED, WSTOPPED, WCONTINUED');
  return answer(ask(t, caller, idtype, id, options), options, 'waitid');
}

function ask<P>(t: Table<P>, caller: Task<P>, idtype: number, id: number | Pidfd, options: number): Found<P> {
  if (idtype === P_ALL) return askAll(t, caller, ANY, options);
  if (idtype === P_PIDFD) {
    const { pid } = openPid(t, id as Pidfd, 'waitid');
    const owner = ownerOf(t, pid);
    return askOne(t, caller, owner !== undefined && isLeader(owner) ? owner.group : undefined, options);
  }
  if (idtype !== P_PID && idtype !== P_PGID) fail('EINVAL', 'waitid', `idtype is ${idtype}; it has to be in [0, 3]`);
  const nr = id as number;
  integer(nr, 'id', 'waitid');
  const least = idtype === P_PID ? 1 : 0;
  if (nr < least) fail('EINVAL', 'waitid', `id is ${nr}; it has to be at least ${least}`);
  if (idtype === P_PID) return askOne(t, caller, processAt(t, nr, caller.home.ref), options);
  return askAll(t, caller, nr === 0 ? caller.group.pgrp : pgrpAt(t, nr, caller.home.ref), options);
}

function checkOptions(options: number, known: number, op: string): void {
  integer(options, 'options', op);
  if (options < INT_MIN || options > 0xffff_ffff || (options & ~known) !== 0)
    fail('EINVAL', op, `options is ${options}, which has bits that ${op} does not know`);
}

function answer<P>(found: Found<P>, options: number, op: string): WaitResult<P> {
  if (found === undefined) fail('ECHILD', op, 'the caller has no such child');
  if (found === WOULD_BLOCK && (options & WNOHANG) !== 0) return undefined;
  return found;
}

/** What there is to see of that child; WOULD_BLOCK for a child that shows nothing yet; undefined for no child. */
type Found<P> = Waited<P> | typeof WOULD_BLOCK | undefined;

/** Children of whatever group. */
const ANY = 'any';

function askOne<P>(t: Table<P>, caller: Task<P>, one: ThreadGroup<P> | undefined, options: number): Found<P> {
  if (one === undefined || one.realParent === undefined) return undefined;
  const isMine = (options & __WNOTHREAD) !== 0 ? one.realParent === caller : one.realParent.group === caller.group;
  return isMine && suits(one, ANY, options) ? look(t, caller, one, options) : undefined;
}

/** The same for the oldest of all that suit: of the caller's children first, then of the other threads'. */
function askAll<P>(t: Table<P>, caller: Task<P>, pgrp: Pgrp<P> | typeof ANY | undefined, options: number): Found<P> {
  if (pgrp === undefined) return undefined;
  if (caller.group.others === undefined || (options & __WNOTHREAD) !== 0)
    return askChildren(t, caller, caller, pgrp, options);
  return askThreads(t, caller, pgrp, options);
}

function askThreads<P>(t: Table<P>, caller: Task<P>, pgrp: Pgrp<P> | typeof ANY, options: number): Found<P> {
  const threads = threadsOf(caller.group);
  const first = threads.indexOf(caller);
  let all: Found<P>;
  for (let i = 0; i < threads.length; i++) {
    const parent = threads[(first + i) % threads.length];
    all = askChildren(t, caller, parent, pgrp, options) ?? all;
    if (typeof all === 'object') return all;
  }
  return all;
}

function askChildren<P>(
  t: Table<P>,
  caller: Task<P>,
  parent: Task<P>,
  pgrp: Pgrp<P> | typeof ANY,
  options: number,
): Found<P> {
  if ((options & (WSTOPPED | WCONTINUED)) !== 0) return askEach(t, caller, parent, pgrp, options);
  let child = nextZombie(parent, undefined);
  while (child !== undefined) {
    if (suits(child, pgrp, options)) return look(t, caller, child, options);
    child = nextZombie(parent, child);
  }
  return hasOne(parent, pgrp, options) ? WOULD_BLOCK : undefined;
}

/** Whether any child suits. */
function hasOne<P>(parent: Task<P>, pgrp: Pgrp<P> | typeof ANY, options: number): boolean {
  for (const child of childrenOf(parent)) if (suits(child, pgrp, options)) return true;
  return false;
}

/** Looks at one child after the other. */
function askEach<P>(
  t: Table<P>,
  caller: Task<P>,
  parent: Task<P>,
  pgrp: Pgrp<P> | typeof ANY,
  options: number,
): Found<P> {
  let any = false;
  for (const child of childrenOf(parent)) {
    if (!suits(child, pgrp, options)) continue;
    const found = look(t, caller, child, options);
    if (found !== undefined && found !== WOULD_BLOCK) return found;
    any ||= found === WOULD_BLOCK;
  }
  return any ? WOULD_BLOCK : undefined;
}

/** Source: `eligible_child()`. */
function suits<P>(child: ThreadGroup<P>, pgrp: Pgrp<P> | typeof ANY, options: number): boolean {
  if (pgrp !== ANY && child.pgrp !== pgrp) return false;
  if ((options & __WALL) !== 0) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & __WCLONE) !== 0);
}

/** What wait finds in this child, consumed unless WNOWAIT. Source: `wait_consider_task()`. */
function look<P>(t: Table<P>, caller: Task<P>, child: ThreadGroup<P>, options: number): Found<P> {
  const keep = (options & WNOWAIT) !== 0;
  if (child.waitable) {
    // Nothing will happen to it any more but being reaped.
    if ((options & WEXITED) === 0) return undefined;
    const waited = reportEnd(t, caller, child);
    if (!keep) release(t, child.groupLeader);
    return waited;
  }
  const { groupLeader: leader } = child;
  if (child.stopped && child.stopReport !== 0 && (options & WSTOPPED) !== 0) {
    const value = child.stopReport;
    if (!keep) child.stopReport = 0;
    return new WaitReport(vnrOf(t, leader.pid, caller), leader, CLD_STOPPED, value, (value << 8) | STOPPED_STATUS);
  }
  if (child.continueReport && (options & WCONTINUED) !== 0) {
    if (!keep) child.continueReport = false;
    return new WaitReport(vnrOf(t, leader.pid, caller), leader, CLD_CONTINUED, SIGCONT, CONTINUED_STATUS);
  }
  return WOULD_BLOCK;
}

function reportEnd<P>(t: Table<P>, caller: Task<P>, group: ThreadGroup<P>): Waited<P> {
  const { groupLeader: leader, status = 0 } = group;
  const signal = status & 0x7f;
  const code = signal === 0 ? CLD_EXITED : CLD_KILLED;
  return new WaitReport(vnrOf(t, leader.pid, caller), leader, code, signal === 0 ? status >> 8 : signal, status);
}

/** Where the process is: JSON and structured clones pass over symbols, and so have the numbers and not the whole table. */
const PROCESS = Symbol('process');

class WaitReport<P> implements Waited<P> {
  declare readonly pid: Vnr;
  declare readonly code: number;
  declare readonly value: number;
  declare readonly status: number;
  declare readonly [PROCESS]: Process<P>;

  constructor(pid: Vnr, process: Process<P>, code: number, value: number, status: number) {
    this.pid = pid;
    this.code = code;
    this.value = value;
    this.status = status;
    this[PROCESS] = process;
  }

  get process(): Process<P> {
    return this[PROCESS];
  }
}
