/**
 * The records of the reference model: plain objects that name each other by handle, in a Map for each kind.
 *
 * A handle is a number that is counted up and never used twice, so a record that is no longer in its Map was freed, and
 * a handle that was never in it is a stranger. Everything here can be written to JSON as it stands.
 */
import type { Floors, NsRef, PidRef, PidType, TaskRef, Traits } from '@pidlab/contract';
import type { Memory } from './memory.ts';

/** A number taken from the map of one namespace. */
export interface TakenNumber {
  readonly ns: NsRef;
  readonly nr: number;
}

export interface PidRecord {
  readonly ref: PidRef;
  /** The namespace it was allocated in, which may be gone by now. */
  readonly ns: NsRef;
  /** The numbers that it took, innermost first; they still answer when the pid is dead. */
  readonly numbers: readonly TakenNumber[];
  /** What the root sees. */
  readonly rootNr: number;
  /** The name of the cache that it came from. */
  readonly cache: string;
  /** References; one of them is the allocation's own for as long as the pid is alive. */
  count: number;
  /** Not freed yet: its numbers are taken, and it is found by them. */
  alive: boolean;
  /** For each type the tasks that hang on it, the first one first. */
  readonly tasks: readonly TaskRef[][];
}

/** What a worker has claimed of the numbers of a namespace. */
export interface Window {
  /** The number to be tried next. */
  readonly next: number;
  /** One more than its last number. */
  readonly end: number;
}

export interface NsRecord {
  readonly ref: NsRef;
  readonly level: number;
  readonly parent: NsRef | undefined;
  /** The id that the root's numbers carry where they are encoded; the root's own is 0. */
  readonly space: number;
  readonly floor: number;
  pidMax: number;
  lastPid: number;
  /** For each worker its window, if it has one that holds. */
  readonly windows: Map<number, Window>;
  /** How often all of them became void. */
  voids: number;
  /** Takes no new pids. */
  disabled: boolean;
  reaper: TaskRef | undefined;
  /** References that callers hold. */
  callers: number;
  /** Namespaces whose parent this is. */
  children: number;
  /** The map: who has which number. */
  readonly taken: Map<number, PidRef>;
  /** Pages of a pidmap that take memory; they stay until the namespace dies. */
  readonly pages: Set<number>;
  /** Of a tree: for each height of nodes, how many numbers are taken below each of them. */
  readonly below: readonly Map<number, number>[];
}

export interface TaskRecord {
  readonly ref: TaskRef;
  /** The pids that it hangs on. */
  readonly pids: Map<PidType, PidRef>;
}

export interface State {
  readonly traits: Traits;
  readonly floors: Floors;
  readonly memory: Memory;
  readonly root: NsRef;
  readonly namespaces: Map<NsRef, NsRecord>;
  readonly pids: Map<PidRef, PidRecord>;
  readonly tasks: Map<TaskRef, TaskRecord>;
  /** Numbers that a worker claims at once, and which worker calls. */
  readonly window: number;
  worker: number;
  /** The handle that the next record gets. */
  nextRef: number;
}

/** A handle that nobody ever had. */
export function newRef(s: State): number {
  return s.nextRef++;
}
