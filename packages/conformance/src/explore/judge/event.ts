/** What the judge is told of a call. */
import type { Event } from '../../histories/history.ts';
import type { Op } from '../scenario.ts';

/** A call with the handles that it was made with; `observe` is the judge's own look at the end. */
export interface Call {
  readonly op: Op | 'observe';
  readonly args: readonly (number | readonly number[])[];
}

/** What `zapPidNsProcesses` handed out, and what freeing it came to: nothing, or what was thrown. */
export interface Killed {
  readonly pid: number;
  readonly nr: number;
  readonly error?: string;
}

/** What a call came to. */
export interface Result {
  readonly value?: number | boolean | string;
  /** The code of a PidError, or `PidBug`. */
  readonly error?: string;
  /** The numbers of a pid that was made: for each namespace that sees it. */
  readonly nrs?: ReadonlyMap<number, number>;
  readonly killed?: readonly Killed[];
}

export type Judged = Event<Call, Result>;
