/** Calls of several threads on one object, and when each of them was under way. */

/** One call, and what came of it. */
export interface Event<Call, Result> {
  /** Which thread made it. */
  readonly worker: number;
  readonly call: Call;
  readonly result: Result;
  /** A tick of the one clock that all threads share, taken just before the call … */
  readonly from: number;
  /** … and one taken just after it. A call with a smaller `to` than another's `from` was over before that one began. */
  readonly to: number;
}

/** The events of each thread, in its order. */
export type Lanes<Call, Result> = readonly (readonly Event<Call, Result>[])[];
