/** Signals, wait flags and codes, with the values that Linux gives them on most machines. */

/** Hang-up; what a stopped orphaned group gets. */
export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
/** Ends a process; it cannot be caught or ignored. */
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGSTKFLT = 16;
/** A child has ended, stopped or gone on. */
export const SIGCHLD = 17;
/** Lets a stopped process go on. */
export const SIGCONT = 18;
/** Stops a process; it cannot be caught or ignored. */
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGXCPU = 24;
export const SIGXFSZ = 25;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const SIGIO = 29;
export const SIGPWR = 30;
export const SIGSYS = 31;
/** The first of the real-time signals, which end a process by default and wait as often as they were sent. */
export const SIGRTMIN = 32;
/** The largest signal. */
export const SIGNAL_MAX = 64;

/** `wait4`, `waitid`: do not wait; nothing ready is `undefined`. */
export const WNOHANG = 1;
/** `wait4`: also children that have stopped. */
export const WUNTRACED = 2;
/** `waitid`: children that have stopped; the same bit. */
export const WSTOPPED = 2;
/** `waitid`: children that have ended. */
export const WEXITED = 4;
/** Also children that SIGCONT has let go on. */
export const WCONTINUED = 8;
/** `waitid`: leave the child as it is, so that it can be waited for again. */
export const WNOWAIT = 0x0100_0000;
/** Only children of the calling thread, not of the others of its process. */
export const __WNOTHREAD = 0x2000_0000;
/** Children of any exit signal. */
export const __WALL = 0x4000_0000;
/** Only children whose exit signal is not SIGCHLD. The value is that of the top bit, as an unsigned number. */
export const __WCLONE = 0x8000_0000;

/** `waitid`: any child. */
export const P_ALL = 0;
/** `waitid`: the child of that number. */
export const P_PID = 1;
/** `waitid`: children of that process group; 0 is the caller's. */
export const P_PGID = 2;
/** `waitid`: the child that a pidfd refers to. */
export const P_PIDFD = 3;

/** `si_code`: sent by `kill`. */
export const SI_USER = 0;
/** `si_code`: sent by the kernel, or from outside the root. */
export const SI_KERNEL = 0x80;
/** `si_code`: sent by `sigqueue`. */
export const SI_QUEUE = -1;
/** `si_code`: sent by `tgkill`. */
export const SI_TKILL = -6;

/** The child has exited; the value is its exit code. */
export const CLD_EXITED = 1;
/** A signal has killed the child; the value is the signal. */
export const CLD_KILLED = 2;
/** A signal has stopped the child; the value is the signal. */
export const CLD_STOPPED = 5;
/** SIGCONT has let the child go on. */
export const CLD_CONTINUED = 6;

/** What `wait4` and `waitid` return where a kernel would put the caller to sleep. Try again after `childChanged`. */
export const WOULD_BLOCK = 'would block';
