/**
 * The numbers that all designs agree on, spelled as the kernel spells them.
 * Source: `include/linux/threads.h` and `kernel/pid.c` of Linux 2.6.15 to 2.6.24.
 */

/** Bytes of one page: the unit in which memory is handed out. */
export const PAGE_SIZE = 4096;

/** Numbers that one page of a pidmap keeps track of: one bit each. */
export const BITS_PER_PAGE = 32_768;

/** What `pidMax` of the root namespace is when nobody says otherwise. */
export const PID_MAX_DEFAULT = 32_768;

/** No number is ever this large or larger: 2^22. */
export const PID_MAX_LIMIT = 4_194_304;

/** Bits of a number below {@link PID_MAX_LIMIT}; the pidspace design shifts the space id by this much. */
export const PID_MAX_LIMIT_SHIFT = 22;

/** Pages of one namespace's pidmap when every number is in use. */
export const PIDMAP_ENTRIES = 128;

/** Where allocation goes on after it wrapped: numbers below are given out once, on the way up. */
export const RESERVED_PIDS = 300;

/** The same for a namespace of the pidspace design other than the root. */
export const RESERVED_PIDS_NON_DFLT = 1;

/** Spaces of the pidspace design, the root's own (space 0) included. */
export const MAX_NR_PIDSPACES = 512;

/** The deepest level at which a namespace can be; the root is level 0. */
export const MAX_PID_NS_LEVEL = 32;

/** `copyPidNs` flag: make a new namespace. The value is that of `clone(2)`. */
export const CLONE_NEWPID = 0x2000_0000;

/** `copyPidNs` flag: the caller is making a thread, which cannot be in another namespace. The value is that of `clone(2)`. */
export const CLONE_THREAD = 0x0001_0000;

/** The roles in which a task hangs on a pid, as indices; their order is mainline's `enum pid_type`. */
export const PIDTYPE_PID = 0;
/** The pid is the id of the task's thread group: what users call the process id. */
export const PIDTYPE_TGID = 1;
/** The pid is the task's process group. */
export const PIDTYPE_PGID = 2;
/** The pid is the task's session. */
export const PIDTYPE_SID = 3;
/** How many roles there are. */
export const PIDTYPE_MAX = 4;
