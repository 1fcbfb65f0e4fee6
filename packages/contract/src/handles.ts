/**
 * What the API gives out to name the things inside an allocator.
 *
 * A handle is an integer below 2^53: where the record is (24 bits, in lines of 64 bytes) and which of the record's lives
 * is meant (29 bits). A record's life number goes up each time it is freed and never comes back, so a stale handle is
 * refused with certainty, not with probability. Handles compare with `===`, work as `Map` keys, and survive structured
 * clone. An array of many belongs in a `Float64Array`; a plain array boxes each of them.
 */

declare const kind: unique symbol;
declare const view: unique symbol;

/** A pid: the object, not a number. Carries one or more numbers, is counted, lives until its last reference is put. */
export type PidRef = number & { readonly [kind]: 'pid' };

/** A pid namespace. */
export type NsRef = number & { readonly [kind]: 'ns' };

/** A task: what a process table hangs on pids, one pid for each {@link PidType}. */
export type TaskRef = number & { readonly [kind]: 'task' };

/** The role in which a task hangs on a pid: one of `PIDTYPE_PID`, `PIDTYPE_TGID`, `PIDTYPE_PGID`, `PIDTYPE_SID`. */
export type PidType = 0 | 1 | 2 | 3;

/**
 * A number as some namespace sees it; 0 says that it does not see the pid at all.
 * The type remembers whose view it is, so that the compiler refuses to compare numbers of different views.
 * Wherever a number is asked for, a plain `number` will do.
 */
export type Nr<View extends 'ns' | 'root' | 'viewer' = 'ns'> = number & { readonly [view]: View };

/** A number as the root namespace sees it. */
export type RootNr = Nr<'root'>;

/** A number as the namespace of the asking task sees it ("virtual"). */
export type Vnr = Nr<'viewer'>;
