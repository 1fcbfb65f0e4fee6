/**
 * What the table promises.
 *
 * A system call names its caller first: the process, or the thread of it, that makes it. Numbers that go in and come out are
 * as the caller's own namespace sees them, and 0 is "not visible from there", as in the kernel. What has no caller is the
 * host's: `signalFromOutside`, `setLimits`, `usage`, and what `/proc` shows.
 */
import type { Nr, NsRef, PidAllocator, PidRef, TaskRef, Vnr } from '@pidlab/contract';
import type { WOULD_BLOCK } from './constants.ts';

/**
 * Where a task is in its life.
 *
 * - `running`: it may make calls.
 * - `stopped`: a signal has stopped it; SIGCONT lets it go on.
 * - `exiting`: the last thread of a namespace's init, which cannot end before everybody in its namespace is gone. Only
 *   zombies whose parents are outside can keep it there: they have to be waited for.
 * - `zombie`: it has ended; its number is taken until its parent has waited for it.
 * - `dead`: it has been reaped, and its numbers may be somebody else's.
 */
export type ProcessState = 'running' | 'stopped' | 'exiting' | 'zombie' | 'dead';

/**
 * A task: a process, or one more thread of a process. It is the same object for as long as the task lives, so compare it by
 * identity: a deep comparison goes through the whole table, on every way that there is.
 */
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
  /**
   * What a guest can do beyond its namespace. With `'guests'`, the default, the init of a namespace starts a session of its
   * own, nobody chooses numbers in a namespace that it does not see (unless `maySetTid` says so), who has a parent outside
   * makes no siblings, and `mayKill` is asked about every signal to another process. `'linux'` is as Linux is.
   */
  readonly isolation?: 'guests' | 'linux';
  /** Limits of the root, and so of everybody. Default: 16,384 pending signals, and nothing else. */
  readonly limits?: Limits;
}

/**
 * All that a table and its allocator know, as plain data: it can be cloned and posted, and stored by whoever stores structured
 * clones, if its payloads can. Open pidfds are not in it, nor is what you hold in the allocator beside the table.
 */
export interface TableSnapshot {
  /** For `createPidAllocator({ snapshot })`. */
  readonly allocator: Uint8Array;
  /** For `restoreProcessTable`; what is in it may change with each version. */
  readonly table: unknown;
}

/** How to make a table of a snapshot. Isolation and limits are the snapshot's. */
export interface RestoreOptions<P> extends Hooks<P> {
  /** Made of the snapshot's `allocator`, and not used since. */
  readonly allocator: PidAllocator;
  readonly snapshot: TableSnapshot;
  /** Makes a payload of what was saved of it; default: the same. It is called when the table is whole, and must not change it. */
  readonly payloadOf?: (saved: unknown, process: Process<P>) => P;
}

/** What can be limited for a namespace and all below it. */
export type Limit = 'pids' | 'namespaces' | 'pidfds' | 'pendingSignals';

/**
 * How many of each there may be: an integer from 0, or Infinity. What is left out stays as it is. A limit below what is there
 * takes nothing away.
 *
 * `pids`: tasks that the namespace sees, threads and zombies included; one more is EAGAIN. `namespaces`: namespaces below it;
 * ENOSPC. `pidfds`: open ones that its tasks have opened; EMFILE. `pendingSignals`: real-time signals that wait for its
 * stopped processes; EAGAIN from `sigqueue`, `tgkill` and a thread's pidfd.
 */
export type Limits = { readonly [name in Limit]?: number };

/** One line of the account of a namespace: the files of the pids cgroup. */
export interface UsageOf {
  readonly current: number;
  /** The most there ever was. */
  readonly peak: number;
  readonly max: number;
  /** Calls that this limit has refused. */
  readonly events: number;
}

/** The account of a namespace, of all below it too. */
export type Usage = { readonly [name in Limit]: UsageOf };

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
   * A signal has reached a process and is not ignored. `process` is the thread that it was sent to; for the whole process the
   * thread that `kill` named, or that made the child that ended, stopped or went on; else its leader; where that has ended
   * another live thread. `info.action` says what became of it: with
   * `handle` it is for you to run the handler, anything else has been done. Not called with `handle` for a task that has
   * ended meanwhile.
   */
  readonly deliver?: (process: Process<P>, info: SignalInfo) => void;
  /** A task has ended, of its own will or not: stop running it. It is a zombie, or dead already. Called once for each task. */
  readonly exited?: (process: Process<P>) => void;
  /** A child of `parent` can be waited for: wake whoever got WOULD_BLOCK. Children that reap themselves count: ECHILD may be news. */
  readonly childChanged?: (parent: Process<P>, child: Process<P>) => void;
  /**
   * Whether `sender` may signal `target`, a process other than its own; default: always. Refused is EPERM. With
   * `isolation: 'linux'` it is not asked about SIGCONT within one session.
   *
   * This hook and the two below are asked before anything changes. They may look at the table, but what would change it is a
   * PidBug. What they throw ends the call.
   */
  readonly mayKill?: (sender: Process<P>, target: Process<P>, signal: number) => boolean;
  /** Whether `caller` may make a process, a thread, or the init of a new namespace; default: always. Refused is EPERM. */
  readonly mayFork?: (caller: Process<P>, what: { readonly newPid: boolean; readonly thread: boolean }) => boolean;
  /**
   * Whether `caller` may choose numbers in namespaces that it does not see, innermost of those first; default: never. Refused
   * is EPERM. Not asked with `isolation: 'linux'`, where everybody may.
   */
  readonly maySetTid?: (caller: Process<P>, outer: readonly number[]) => boolean;
}

/** What comes with a signal: `siginfo_t`. */
export interface SignalInfo {
  readonly signal: number;
  /** SI_USER (also from outside the root), SI_TKILL (a thread's pidfd too), SI_QUEUE, SI_KERNEL; for SIGCHLD one of CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_CONTINUED. */
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
  /** Chosen numbers, innermost first, at most 32. Those of namespaces that the caller does not see: see `isolation`. */
  readonly setTid?: readonly number[];
  /** The signal that its end sends to its parent; default SIGCHLD, 0 for none. Not together with `thread` or `parent`. */
  readonly exitSignal?: number;
  /**
   * It starts a session and a process group of its own, as by `setsid`. Default: whether it is the init of a namespace, and
   * always false with `isolation: 'linux'`. Not together with `thread`.
   */
  readonly newSession?: boolean;
  /** Limits of the new namespace. Only beside `newPid`. */
  readonly limits?: Limits;
  /** Default: the caller's payload, the very same. */
  readonly payload?: P;
  /**
   * Makes the payload of the new task, which has its numbers and its place already. It may look at the table and must not
   * change it; where it throws there is no new task. Instead of `payload`.
   */
  readonly payloadOf?: (task: Process<P>) => P;
}

/** What a wait found. In JSON and in a structured clone it is the four numbers. */
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
  /** Whether it has been closed, or the namespace that it was opened in has ended. */
  readonly closed: boolean;
}

export interface PidfdOptions {
  /** PIDFD_THREAD: for any thread, and only for that. */
  readonly thread?: boolean;
}

/** What `/proc/<pid>/status` says, as a mount of `/proc` in some namespace shows it. Lists begin with that namespace. */
export interface ProcStatus {
  readonly State: 'R (running)' | 'T (stopped)' | 'S (sleeping)' | 'Z (zombie)';
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
 * Expected failures are a `PidError` with the code of the man page, and then nothing has changed that a call of the table
 * shows (cursors may have moved where `allocPid` says so, the `events` of a limit, and the `peak` of one, where something was there for a moment). A caller that has ended, a process of another table, or an argument of the wrong type is a
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
   * EINVAL: `parent` for a namespace's init, or for one whose parent is outside (see `isolation`); `thread` with `newPid`, or
   * when the caller's children go to another namespace; `newPid` when they do; `exitSignal` outside `[0, 64]`, or not 0
   * together with `thread` or `parent`; `newSession` with `thread`; `limits` without `newPid`; `setTid` as in `allocPid`, or of
   * more than 32 numbers. EPERM: `mayFork`, or numbers that are not the caller's to choose. ENOSPC: `newPid` where the strategy cannot
   * nest deeper (`traits.maxLevel`), has no namespace left, or a limit is reached. ENOMEM: the children's namespace has lost its
   * init, or there is no memory. EAGAIN: no number is free, or a limit is reached. EEXIST: a chosen number is taken.
   * PidBug: options that are unknown or cannot be read. Source: `copy_process()`, `clone(2)`.
   */
  clone(caller: Process<P>, options?: CloneOptions<P>): Process<P>;

  /**
   * unshare(CLONE_NEWPID): the caller's next child will be the init of a new namespace. EINVAL: its children go to another
   * namespace than its own already. ENOSPC (a limit too), ENOMEM. Source: `copy_pid_ns()`, `unshare(2)`.
   */
  unshare(caller: Process<P>): void;

  /**
   * The caller's next children will be in `ns`: its own namespace or one below it, else EINVAL. A namespace whose init has
   * ended is accepted, and each fork into it is ENOMEM; so is one that has no process yet, and the next child is its init. Source: `pidns_install()`, `setns(2)`.
   */
  setns(caller: Process<P>, ns: NsRef): void;

  /**
   * The caller starts another program: all other threads of its process end, and it becomes the leader, by the leader's
   * number, place among its siblings, and office as a namespace's init. Handlers become `default`; what is ignored stays
   * so. Its exit signal is SIGCHLD. Source: `de_thread()`, `begin_new_exec()`.
   */
  exec(caller: Process<P>): void;

  // ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Limits a namespace with all below it. ESRCH: no task is in it, and no child will be. EINVAL: a limit below 0. */
  setLimits(ns: NsRef, limits: Limits): void;
  /** How much a namespace has, with all below it, and how often it was refused more. ESRCH as above. */
  usage(ns: NsRef): Usage;

  // ── death ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * The calling thread ends with `code & 0xff`; the process with it, if it was the last one. The last thread of a
   * namespace's init kills everybody there first, and closes the pidfds that were opened there. Children get a live thread of the process as parent, or the nearest
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
   * It has effect at once: by default it may end or stop its target. Zombies take any signal. A stopped process keeps what
   * it is sent until SIGCONT: a standard signal once, a real-time one each time, as long as the limit of `pendingSignals` has
   * room, and then once without its sender. Stop signals are not kept.
   *
   * A namespace's init gets only signals that it has a handler for, and SIGKILL and SIGSTOP from outside its namespace.
   *
   * ESRCH: nobody there, or `pid` is -2^31. EINVAL: a signal outside `[0, 64]`, when there is somebody. EPERM: `mayKill`
   * refused all (never for -1). Source: `kill_something_info()`, `kill(2)`.
   */
  kill(caller: Process<P>, pid: number, signal: number): void;

  /**
   * Sends `signal` to the thread `tid` of the process `tgid`. EINVAL: a number below 1, or the signal. ESRCH. EPERM. EAGAIN: a
   * real-time signal that would have to wait, and the limit of pending signals is reached.
   */
  tgkill(caller: Process<P>, tgid: number, tid: number, signal: number): void;

  /** Sends `signal` with a value to the process `pid`. ESRCH, EINVAL, EPERM as `kill`, EAGAIN as `tgkill`; `pid` below 1 is ESRCH. */
  sigqueue(caller: Process<P>, pid: number, signal: number, value: unknown): void;

  /**
   * Sends `signal` as somebody above the root would: SI_USER, si_pid 0; no permission is asked, and inits are not protected
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
   * ENOENT: a further thread, without `thread`. EMFILE: a limit is reached. It is open until `closePidfd`, or until the
   * caller's namespace ends. Source: `pidfd_open(2)`.
   */
  openPidfd(caller: Process<P>, pid: number, options?: PidfdOptions): Pidfd;
  /**
   * Sends a signal to whom the pidfd was opened for, never to a later owner of the number. ESRCH: it has been reaped.
   * EINVAL: it is in no namespace that the caller sees, or the signal. EPERM. EAGAIN as `tgkill`, for a thread's. EBADF: closed.
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
  /**
   * All that there is, for `restoreProcessTable`: handles, numbers and processes go on there. `payloadOf` says what to save of a
   * payload; default: itself. It must not change the table. PidBug from within a hook, of which the news would be lost. Signals that nobody has handled yet
   * are not lost: they have been told, or wait for a stopped process.
   */
  snapshot(payloadOf?: (payload: P, process: Process<P>) => unknown): TableSnapshot;

  /** Walks everything, the allocator included, and says what does not hold; empty when all is well. */
  checkInvariants(): string[];
}
