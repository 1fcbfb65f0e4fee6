/** The calls of which histories are made, and their results. */

/** In which of a history's namespaces: an index, the root being 0 and its child 1. */
export type Place = number;

export interface AllocPid {
  readonly op: 'allocPid';
  readonly ns: Place;
  readonly setTid?: readonly number[];
}

export interface FindPid {
  readonly op: 'findPidNs' | 'findGetPid';
  readonly nr: number;
  readonly ns: Place;
}

/** Calls with a pid's handle. */
export type ByHandle =
  | { readonly op: 'freePid' | 'getPid' | 'putPid' | 'pidCount'; readonly pid: number }
  | { readonly op: 'pidNrNs'; readonly pid: number; readonly ns: Place };

/** Calls on a namespace's numbers. */
export type OnNumbers =
  | { readonly op: 'findGePid'; readonly nr: number; readonly ns: Place }
  | { readonly op: 'nextPidmap'; readonly ns: Place; readonly last: number }
  | { readonly op: 'setLastPid'; readonly ns: Place; readonly nr: number };

/** A call on the allocator, with its arguments. */
export type Call = AllocPid | FindPid | ByHandle | OnNumbers;

/** What it returned: a handle or a number, or nothing; or what it threw. */
export interface Result {
  readonly value?: number;
  /** The code of a PidError, or `PidBug`. */
  readonly error?: string;
  /** The numbers of a pid that was allocated, innermost first, as far as they come from maps. */
  readonly nrs?: readonly number[];
}

/** A pid that was there before the first call. */
export interface Initial {
  readonly pid: number;
  readonly ns: Place;
  readonly nrs: readonly number[];
  readonly count: number;
}

/** A namespace of a history: the numbers that it can give, and the maps that its pids have numbers of, innermost first. */
export interface Space {
  readonly floor: number;
  /** Whether it is of a design that follows mainline's rules, where a cursor below the floor wraps to 1. */
  readonly isMainline?: boolean;
  readonly end: number;
  readonly maps: readonly Place[];
  /** Whether all pids that it sees have a number of its map. */
  readonly isSmall: boolean;
}
