/** Codes that a {@link PidError} can carry, with the negative value that a kernel would return. */
export const ERRNO = {
  /** The caller may not do this. */
  EPERM: -1,
  /** What is there is not of the kind that was asked for. */
  ENOENT: -2,
  /** No such process: thrown by process tables, not by allocators. */
  ESRCH: -3,
  /** The reference has been closed. */
  EBADF: -9,
  /** No such child. */
  ECHILD: -10,
  /** Every number that may be given out is taken, or every worker slot. Something has to be given back first. */
  EAGAIN: -11,
  /** The block of memory is full, or the namespace takes no new pids. */
  ENOMEM: -12,
  /** It is too late for this. */
  EACCES: -13,
  /** The space exists already; or a lock is held by a worker that seems to be gone. */
  EBUSY: -16,
  /** The chosen number is taken. */
  EEXIST: -17,
  /** An argument of the right type has a value outside its range. */
  EINVAL: -22,
  /** Too many references are open: thrown by process tables. */
  EMFILE: -24,
  /** The design cannot nest deeper, or has no namespace left. */
  ENOSPC: -28,
} as const;

/** One of the codes in {@link ERRNO}. */
export type ErrnoCode = keyof typeof ERRNO;

/**
 * An expected failure: something that a correct program can meet and should handle.
 * When it is thrown nothing has changed that a call could show, except that cursors (`lastPid`) may have moved where `allocPid`
 * says so; what is free may lie otherwise than before, or be retired. And EBUSY stops a call where it stands: what that had in
 * hand is lost, and `checkInvariants` says so as of a worker that is gone.
 */
export class PidError extends Error {
  override readonly name = 'PidError';
  /** What went wrong, as a symbol: `'EAGAIN'`. */
  readonly code: ErrnoCode;
  /** The same as a negative number, for hosts that hand it on to a guest. */
  readonly errno: number;
  /** The function of the contract that was called: `'allocPid'`. */
  readonly op: string;

  constructor(code: ErrnoCode, op: string, message: string) {
    super(`${op}: ${code}: ${message}`);
    this.code = code;
    this.errno = ERRNO[code];
    this.op = op;
  }
}

/**
 * A bug in the calling program, like the kernel's BUG_ON: a stale or foreign handle, a double free, an argument of the
 * wrong type, an unknown option. Always checked, in every build; nothing has changed when it is thrown.
 */
export class PidBug extends Error {
  override readonly name = 'PidBug';
  /** The function of the contract that was called. */
  readonly op: string;

  constructor(op: string, message: string) {
    super(`${op}: ${message}`);
    this.op = op;
  }
}
