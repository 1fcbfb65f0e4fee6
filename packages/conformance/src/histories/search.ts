/**
 * Looks for an order of calls that explains what they returned: the search of Wing and Gong (1993), which remembers the places
 * that it has been to, as Lowe's does (2017).
 *
 * A call does what it does in one step or in several, each at one moment between its beginning and its end; between the steps
 * of one call there may be steps of others. A call of one step is the ordinary case of linearizability; one of several is what
 * a specification says of an operation that promises less.
 */
import type { Event, Lanes } from './history.ts';

/** What a call can do next, and where it is then. */
export interface Step<State> {
  /** The very same object when the step changed nothing. */
  readonly state: State;
  /** How far the call has come then: DONE when it is over, else any integer but 0, which is where a call starts. */
  readonly at: number;
}

/** The call is complete. */
export const DONE = -1;

/** What a sequential object would do. Pure: a state is never changed. */
export interface Specification<State, Call, Result> {
  readonly initial: State;
  /**
   * Every step that the call can take next in that state if it is to return that result. None means that it has to wait for
   * others. A step that changes nothing and does not end the call must not rule out any step that was possible before it, now
   * or later.
   */
  steps(state: State, event: Event<Call, Result>, at: number): readonly Step<State>[];
  /** Whether a call with that result changes nothing that others see, whichever steps it takes. */
  isLook(event: Event<Call, Result>): boolean;
  /** A text that two states share exactly when they are the same. */
  key(state: State): string;
}

/** Whether an order was found. If not: how many calls the best attempt explained, and which could have come next there. */
export interface Verdict<Call, Result> {
  readonly explained: boolean;
  readonly most: number;
  readonly left: readonly Event<Call, Result>[];
}

/** A place in the search: the next event of each thread, how far that one has come, and the state. */
interface Place<State> {
  readonly next: readonly number[];
  readonly at: readonly number[];
  readonly state: State;
}

/** Looks for an order. Takes time that is exponential in the number of threads, but not in that of their calls. */
export function explain<State, Call, Result>(
  spec: Specification<State, Call, Result>,
  lanes: Lanes<Call, Result>,
): Verdict<Call, Result> {
  const total = lanes.reduce((sum, lane) => sum + lane.length, 0);
  const seen = new Set<string>();
  let most = -1;
  let left: Event<Call, Result>[] = [];

  const search = (from: Place<State>): boolean => {
    const place = lookAround(spec, lanes, from);
    const done = place.next.reduce((sum, next) => sum + next, 0);
    if (done > most) {
      most = done;
      left = lanes.flatMap((lane, i) => lane.slice(place.next[i], place.next[i] + 1));
    }
    if (done === total) return true;
    const key = `${place.next} ${place.at} ${spec.key(place.state)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return current(lanes, place).some((lane) =>
      stepsOf(spec, lanes, place, lane).some((step) => search(placeAfter(place, lane, step))),
    );
  };

  const start = { next: lanes.map(() => 0), at: lanes.map(() => 0), state: spec.initial };
  return { explained: search(start), most, left };
}

/** The threads whose next call may be under way: no call that is still to be explained was over before it began. */
function current<State, Call, Result>(lanes: Lanes<Call, Result>, { next }: Place<State>): number[] {
  let end = Number.POSITIVE_INFINITY;
  for (const [i, lane] of lanes.entries()) if (next[i] < lane.length) end = Math.min(end, lane[next[i]].to);
  return lanes.flatMap((lane, i) => (next[i] < lane.length && lane[next[i]].from < end ? [i] : []));
}

function stepsOf<State, Call, Result>(
  spec: Specification<State, Call, Result>,
  lanes: Lanes<Call, Result>,
  { next, at, state }: Place<State>,
  lane: number,
): readonly Step<State>[] {
  return spec.steps(state, lanes[lane][next[lane]], at[lane]);
}

function placeAfter<State>({ next, at }: Place<State>, lane: number, step: Step<State>): Place<State> {
  const isDone = step.at === DONE;
  return {
    next: isDone ? put(next, lane, next[lane] + 1) : next,
    at: put(at, lane, isDone ? 0 : step.at),
    state: step.state,
  };
}

/** A copy of the list with one item replaced. */
export function put<T>(list: readonly T[], at: number, value: T): T[] {
  const copy = list.slice();
  copy[at] = value;
  return copy;
}

/** Takes at once every step that changes nothing and rules nothing out: no order is lost by taking it first. */
function lookAround<State, Call, Result>(
  spec: Specification<State, Call, Result>,
  lanes: Lanes<Call, Result>,
  from: Place<State>,
): Place<State> {
  for (const lane of current(lanes, from)) {
    const mayEnd = spec.isLook(lanes[lane][from.next[lane]]);
    const steps = stepsOf(spec, lanes, from, lane);
    const look = steps.find((step) => step.state === from.state && (step.at !== DONE || mayEnd));
    if (look !== undefined) return lookAround(spec, lanes, placeAfter(from, lane, look));
  }
  return from;
}
