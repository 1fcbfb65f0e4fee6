/**
 * What the table promises.
 *
 * Every call names its caller first: the process, or the thread of it, that makes the system call. Numbers that go in and
 * come out are as the caller's own namespace sees them, and 0 is "not visible from there", as in the kernel.
 */
import type { Nr, NsRef, PidAllocator, PidRef, TaskRef, Vnr } from '@pidlab/contract';
import type { WOULD_BLOCK } from './constants.ts';

/**
 * Where a task is in its life.
 *
 * - `running`: it may make calls.
 * - `stopped`: a signal has stopped it; SIGCONT lets it go on.
 * - `exiting`: the last thread of a namespace's init, which cannot end before everybody in its namespace is gone. Only
 *   processes whose parents are outside can keep it there: they have to be waited for.
 * - `zombie`: it has ended; its number is taken until its parent has waited for it.
 * - `dead`: it has been reaped, and its numbers may be somebody else's.
 */
export type ProcessState = 'running' | 'stopped' | 'exiting' | 'zombie' | 'dead';

/** A task: a process, or one more thread of a process. It is the same object for as long as the task lives. */
export interface Process<P> {
  /** Yours; the table never looks at it. */
  payload: P;
  /** The task in the allocator; of no use once `state` is `dead`. */
  readonly task: TaskRef;
  /** The task's pid in the allocator, without a reference. After `exec` from a thread it is the former leader's. */
  readonly pid: PidRef;
  /** The namespace of its pid, without a reference. It never changes. */
  readonly pidNs: NsRef;
  /** The namespace that its next child will be in. */
  readonly pidNsForChildren: NsRef;
  readonly state: ProcessState;
  /** The thread that stands for the process; itself, where it is no further thread. */
  readonly leader: Process<P>;
  /** The process, or the thread of it, that is its parent; none for the root's init, and once it is dead. */
  readonly parent: Process<P> | undefined;
  /** Its children, oldest first, zombies included; a new array. */
  readonly children: readonly Process<P>[];
  /** The threads of its process that have not been released, the leader first; a new array. */
  readonly threads: readonly Process<P>[];
  /** What it ended with, as a wait status; none before it has ended. */
  readonly waitStatus: number | undefined;
}

/** How to make a table. */
export interface ProcessTableOptions<P> extends Hooks<P> {
  /** A fresh allocator of any strategy. The table owns the pids and tasks in it. */
  readonly allocator: PidAllocator;
  /** The payload of the root's init. */
  readonly initPayload: P;
}

/**
 * What the table tells you, and asks you.
 *
 * `deliver`, `exited` and `childChanged` are called at the end of a call, in the order in which things happened, when
 * everything is consistent: they may call the table, and what that causes is told after they return. What they throw
 * reaches the caller of the outermost call after all others have been told: the error itself if there was one, else an
 * AggregateError.
 */
export interface Hooks<P> {
  /**
   * A signal has reached a process and is not ignored. `process` is the thread that it was sent to, or for the whole
   * process its leader (another live thread, where the leader has ended). `info.action` says what became of it: with
   * `handle` it is for you to run the handler, anything else has been done. Not called with `handle` for a task that has
   * ended meanwhile.
   */
  readonly deliver?: (process: Process<P>, info: SignalInfo) => void;
  /** A task has ended, of its own will or not: stop running it. It is a zombie, or dead already. Called once for each task. */
  readonly exited?: (process: Process<P>) => void;
  /** A child of `parent` can be waited for: wake whoever got WOULD_BLOCK. Children that reap themselves count: ECHILD may be news. */
  readonly childChanged?: (parent: Process<P>, child: Process<P>) => void;
  /**
   * Whether `sender` may signal `target`, a process other than its own; default: always. Refused is EPERM, except SIGCONT
   * within one session. Called before anything changes; it must not call the table, and what it throws ends the call.
   */
  readonly mayKill?: (sender: Process<P>, target: Process<P>, signal: number) => boolean;
}

/** What comes with a signal: `siginfo_t`. */
export interface SignalInfo {
  readonly signal: number;
  /** SI_USER, SI_TKILL, SI_QUEUE, SI_KERNEL; for SIGCHLD one of CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_CONTINUED. */
  readonly code: number;
  /** The sender (for SIGCHLD the child) as the receiver's namespace sees it; 0 from outside. */
  readonly pid: number;
  /** Exit code or signal of the child, for SIGCHLD; what `sigqueue` sent along; else undefined. */
  readonly value: unknown;
  /** `handle`: a handler is to run. `terminate`, `stop`, `continue`: the default, which has been done. */
  readonly action: 'handle' | 'terminate' | 'stop' | 'continue';
}

/** What a process does with a signal. Only the host knows handlers; the table knows that there is one. */
export type Disposition = 'default' | 'ignore' | 'handle';

/** Flags of `sigaction` for SIGCHLD. */
export interface SigactionFlags {
  /** SA_NOCLDWAIT: children do not become zombies. */
  readonly noCldWait?: boolean;
  /** SA_NOCLDSTOP: no SIGCHLD when a child stops or goes on. */
  readonly noCldStop?: boolean;
}

/** What the new task shares with its maker, and what is chosen for it. */
export interface CloneOptions<P> {
  /** CLONE_NEWPID: it is the init of a new namespace. */
  readonly newPid?: boolean;
  /** CLONE_THREAD: it is one more thread of the caller's process. */
  readonly thread?: boolean;
  /** CLONE_PARENT: it is the caller's sibling, not its child. */
  readonly parent?: boolean;
  /** Chosen numbers, innermost first. */
  readonly setTid?: readonly number[];
  /** The signal that its end sends to its parent; default SIGCHLD, 0 for none. Not together with `thread` or `parent`. */
  readonly exitSignal?: number;
  /** Default: the caller's payload, the very same. */
  readonly payload?: P;
}

/** What a wait found. */
export interface Waited<P> {
  /** The child's number, as the caller sees it. */
  readonly pid: Vnr;
  /** The child. Unless WNOWAIT was given it is `dead` when it had ended. */
  readonly process: Process<P>;
  /** CLD_EXITED, CLD_KILLED, CLD_STOPPED or CLD_CONTINUED. */
  readonly code: number;
  /** The exit code, or the signal. */
  readonly value: number;
  /** The same as a wait status: `code << 8`, the signal, `signal << 8 | 0x7f`, or 0xffff. */
  readonly status: number;
}

/** `undefined`: nothing is ready, and WNOHANG was given. WOULD_BLOCK: nothing is ready, and it was not. */
export type WaitResult<P> = Waited<P> | undefined | typeof WOULD_BLOCK;

/** A reference to a process (or thread) that is never taken for a later owner of its number: a pidfd. */
export interface Pidfd {
  /** The pid that it holds a reference on until it is closed. */
  readonly pid: PidRef;
  /** It stands for one thread, not for a process. */
  readonly thread: boolean;
  /** Whether `closePidfd` has been called. */
  readonly closed: boolean;
}

/** What `/proc/<pid>/status` says, as a mount of `/proc` in some namespace shows it. Lists begin with that namespace. */
export interface ProcStatus {
  readonly State: 'R (running)' | 'T (stopped)' | 'D (exiting)' | 'Z (zombie)';
  readonly Tgid: Nr;
  readonly Pid: Nr;
  /** 0 where the parent is not visible. */
  readonly PPid: Nr;
  /** The number in that namespace, and in each below it down to the task's own. */
  readonly NSpid: readonly Nr[];
  readonly NStgid: readonly Nr[];
  /** The process group's numbers; 0 where a namespace does not see it. */
  readonly NSpgid: readonly Nr[];
  readonly NSsid: readonly Nr[];
  /** Threads that have not been released. */
  readonly Threads: number;
}

/**
 * Processes over a pid allocator.
 *
 * Expected failures are a `PidError` with the code of the man page, and then nothing has changed (cursors may have moved
 * where `allocPid` says so). A caller that has ended, a process of another table, or an argument of the wrong type is a
 * `PidBug`. A number is any integer: one that no process can have is not found. The functions do not use `this`.
 */
export interface ProcessTable<P> {
  readonly allocator: PidAllocator;
  /**
   * The root's init: number 1, leader of session and group 1, no parent; another object after `exec` from a thread of it.
   * It cannot be killed from inside. When it exits everything ends.
   */
  readonly init: Process<P>;

  // ── birth ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A child of the caller, in the namespace that its children go to. As `clone` with the defaults. */
  fork(caller: Process<P>, payload?: P): Process<P>;

  /**
   * A new task. It is in the caller's group and session and has its dispositions; nothing else changes, and when anything
   * fails nothing has.
   *
   * EINVAL: `parent` for a namespace's init; `thread` with `newPid`, or when the caller's children go to another
   * namespace; `newPid` when they do; `exitSignal` outside `[0, 64]`, or not 0 together with `thread` or `parent`;
   * `setTid` as in `allocPid`. ENOSPC: `newPid` where the strategy cannot nest deeper (`traits.maxLevel`) or has no
   * namespace left. ENOMEM: the children's namespace has lost its init, or there is no memory. EAGAIN: no number is free.
   * EEXIST: a chosen number is taken. Source: `copy_process()`, `clone(2)`.
   */
  clone(caller: Process<P>, options?: CloneOptions<P>): Process<P>;

  /**
   * unshare(CLONE_NEWPID): the caller's next child will be the init of a new namespace. EINVAL: its children go to another
   * namespace than its own already. ENOSPC, ENOMEM. Source: `copy_pid_ns()`, `unshare(2)`.
   */
  unshare(caller: Process<P>): void;

  /**
   * The caller's next children will be in `ns`: its own namespace or one below it, else EINVAL. A namespace whose init has
   * ended is accepted, and each fork into it is ENOMEM. Source: `pidns_install()`, `setns(2)`.
   */
  setns(caller: Process<P>, ns: NsRef): void;

  /**
   * The caller starts another program: all other threads of its process end, and it becomes the leader, by the leader's
   * number, place among its siblings, and office as a namespace's init. Handlers become `default`; what is ignored stays
   * so. Its exit signal is SIGCHLD. Source: `de_thread()`, `begin_new_exec()`.
   */
  exec(caller: Process<P>): void;

  // ── death ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The calling thread ends with `code & 0xff`; the process with it, if it was the last one. The last thread of a
   * namespace's init kills everybody there first. Children get a live thread of the process as parent, or the nearest
   * subreaper of the same namespace, or the namespace's init. Source: `do_exit()`.
   */
  exit(caller: Process<P>, code: number): void;

  /** All threads of the caller's process end with `code & 0xff`. Source: `do_group_exit()`. */
  exitGroup(caller: Process<P>, code: number): void;

  /**
   * Waits for a child: `pid` above 0 is that child, -1 any, 0 any of the caller's group, below -1 any of the group `-pid`.
   * `options`: WNOHANG, WUNTRACED, WCONTINUED, __WALL, __WCLONE, __WNOTHREAD. An ended child is reaped: its number is free
   * if it is nobody's group or session. Of several, the oldest child is found.
   *
   * ECHILD: no such child. EINVAL: unknown options. ESRCH: `pid` is -2^31. Source: `kernel_wait4()`, `wait4(2)`.
   */
  wait4(caller: Process<P>, pid: number, options?: number): WaitResult<P>;

  /**
   * The same with P_ALL, P_PID, P_PGID (0: the caller's group) or P_PIDFD (`id` is the pidfd). `options` must have one of
   * WEXITED, WSTOPPED, WCONTINUED, and may have WNOHANG, WNOWAIT, __WALL, __WCLONE, __WNOTHREAD. ECHILD. EINVAL: unknown
   * idtype or options, an id below 1 (P_PID) or 0 (P_PGID). EBADF: a closed pidfd. Source: `kernel_waitid()`, `waitid(2)`.
   */
  waitid(caller: Process<P>, idtype: number, id: number | Pidfd, options: number): WaitResult<P>;

  /**
   * prctl(PR_SET_CHILD_SUBREAPER): whether orphans among the descendants of the caller's process, in the same namespace,
   * become its children.
   */
  setChildSubreaper(caller: Process<P>, on: boolean): void;

  // ── signals ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Sends `signal` to: a process (`pid` above 0; a thread's number means its process), the caller's group (0), the group
   * `-pid` (below -1), or everybody that the caller sees but 1 and its own process (-1). Signal 0 sends nothing and checks.
   * It has effect at once: by default it may end or stop its target. Zombies take any signal.
   *
   * A namespace's init gets only signals that it has a handler for, and SIGKILL and SIGSTOP from outside its namespace.
   *
   * ESRCH: nobody there, or `pid` is -2^31. EINVAL: a signal outside `[0, 64]`, when there is somebody. EPERM: `mayKill`
   * refused all (never for -1). Source: `kill_something_info()`, `kill(2)`.
   */
  kill(caller: Process<P>, pid: number, signal: number): void;

  /** Sends `signal` to the thread `tid` of the process `tgid`. EINVAL: a number below 1, or the signal. ESRCH. EPERM. */
  tgkill(caller: Process<P>, tgid: number, tid: number, signal: number): void;

  /** Sends `signal` with a value to the process `pid`. ESRCH, EINVAL, EPERM as `kill`; `pid` below 1 is ESRCH. */
  sigqueue(caller: Process<P>, pid: number, signal: number, value: unknown): void;

  /**
   * Sends `signal` as somebody above the root would: si_pid is 0, no permission is asked, and inits are not protected
   * from SIGKILL and SIGSTOP, the root's neither. ESRCH: `target` is dead. EINVAL.
   */
  signalFromOutside(target: Process<P>, signal: number): void;

  /**
   * Says what the caller's process does with a signal from now on; `flags` count for SIGCHLD. Returns what it did before.
   * With SIGCHLD ignored or `noCldWait`, children that end later are reaped at once. EINVAL: outside `[1, 64]`, SIGKILL,
   * SIGSTOP. Source: `do_sigaction()`.
   */
  sigaction(caller: Process<P>, signal: number, disposition: Disposition, flags?: SigactionFlags): Disposition;

  // ── who is who ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The number of the caller's process. */
  getpid(caller: Process<P>): Vnr;
  /** The number of its parent's process; 0 when that is outside. */
  getppid(caller: Process<P>): Vnr;
  /** The number of the calling thread. */
  gettid(caller: Process<P>): Vnr;
  /** The group of a process, zombies included; 0 is the caller. 0 when the group is outside. ESRCH. */
  getpgid(caller: Process<P>, pid: number): Vnr;
  /**
   * Moves a process (0: the caller's) into a group of the same session (0: one of its own).
   *
   * EINVAL: `pgid` below 0, or `pid` is a further thread. ESRCH: neither the caller's process nor its child. EACCES: the
   * child has done `exec`. EPERM: the child is in another session, the process leads a session, or the session has no
   * such group. Source: `setpgid(2)`.
   */
  setpgid(caller: Process<P>, pid: number, pgid: number): void;
  /** The session of a process; 0 is the caller. 0 when the session is outside. ESRCH. */
  getsid(caller: Process<P>, pid: number): Vnr;
  /**
   * Makes the caller's process leader of a new session and a new group, and returns their number. EPERM: it leads a
   * session, or a group has its number. Source: `ksys_setsid()`.
   */
  setsid(caller: Process<P>): Vnr;
  /**
   * Whether nobody of the group has a parent in another group of the same session, so that nobody could let it go on if it
   * stopped. Reached through any member. Source: `will_become_orphaned_pgrp()`.
   */
  isOrphanedGroup(member: Process<P>): boolean;

  // ── pidfds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A reference to the process `pid`, or with `thread` to any thread. EINVAL: `pid` below 1. ESRCH: nobody there.
   * ENOENT: a further thread, without `thread`. Source: `pidfd_open(2)`.
   */
  openPidfd(caller: Process<P>, pid: number, options?: { readonly thread?: boolean }): Pidfd;
  /**
   * Sends a signal to whom the pidfd was opened for, never to a later owner of the number. ESRCH: it has been reaped.
   * EINVAL: it is in no namespace that the caller sees, or the signal. EPERM. EBADF: closed.
   */
  pidfdSendSignal(caller: Process<P>, fd: Pidfd, signal: number): void;
  /** The number as the caller sees it; 0 where it does not, -1 once it has been reaped. EBADF. Source: `Pid:` of a pidfd's fdinfo. */
  pidfdPid(caller: Process<P>, fd: Pidfd): number;
  /** Gives the reference back. EBADF: closed already. */
  closePidfd(fd: Pidfd): void;

  // ── namespaces ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The namespace above `ns`, without a reference. EPERM: it is not the caller's own or one below that. Source: NS_GET_PARENT. */
  nsParent(caller: Process<P>, ns: NsRef): NsRef;
  /** The caller's number for the task that `ns` knows as `nr`. ESRCH: nobody, or not visible. Source: NS_GET_PID_FROM_PIDNS. */
  pidFromPidNs(caller: Process<P>, ns: NsRef, nr: number): Vnr;
  /** The caller's number for the process of that task. Source: NS_GET_TGID_FROM_PIDNS. */
  tgidFromPidNs(caller: Process<P>, ns: NsRef, nr: number): Vnr;
  /** The number in `ns` of the task that the caller knows as `nr`. ESRCH. Source: NS_GET_PID_IN_PIDNS. */
  pidInPidNs(caller: Process<P>, ns: NsRef, nr: number): Nr;
  /** The number in `ns` of the process of that task. Source: NS_GET_TGID_IN_PIDNS. */
  tgidInPidNs(caller: Process<P>, ns: NsRef, nr: number): Nr;

  // ── /proc ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The task (process or thread) that `ns` knows as `nr`, zombies included. */
  findProcess(nr: number, ns: NsRef): Process<P> | undefined;
  /** The process behind a task handle of the allocator. */
  processOf(task: TaskRef): Process<P> | undefined;
  /** The numbers of all processes that `ns` sees, ascending: what `ls /proc` shows there. */
  listProcesses(ns: NsRef): Nr[];
  /** The numbers of the threads of a process, the leader first, then by age: `ls /proc/<pid>/task`. ESRCH. */
  listThreads(nr: number, ns: NsRef): Nr[];
  /** `/proc/<pid>/status` of a process or thread, in a mount of that namespace. ESRCH. */
  status(nr: number, ns: NsRef): ProcStatus;

  // ── the whole ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Live tasks and zombies. */
  readonly size: number;
  /** Walks everything, the allocator included, and says what does not hold; empty when all is well. */
  checkInvariants(): string[];
}
