/** The two things that every floor hands on: an allocator's state, and the design that says what makes it itself. */
import type { PidType, Traits } from '@pidlab/contract';

/** A hash table: where its slots start and how many bits of a hash are not used. */
export interface HashTable {
  readonly base: number;
  readonly shift: number;
}

/**
 * One allocator, or one worker's view of a shared one. Free functions take it first: `allocPidmap(s, nsAt)`. All that
 * changes is in `words`, which is the whole block; nothing here does before it detaches.
 */
export interface State {
  words: Int32Array;
  readonly design: Design;
  /** The design's first hash table. */
  readonly pidHash: HashTable;
  /** Its second; the first again where it has only one. */
  readonly vnrHash: HashTable;
  /** Words of a pid that carries so many numbers, as the design says. */
  readonly pidWords: readonly number[];
  /** Word offset of the page table: for each page the cache that has it, 0 for others. */
  readonly pageTable: number;
  /** Word offset of the first worker's record. */
  readonly workersStart: number;
  /** Word offset of the first slab page. */
  readonly slabStart: number;
  /** Word offset of this worker's own record; 0 in a block for one thread, and after `detach`. */
  worker: number;
  /** What this worker writes into a lock that it takes: its slot + 1. */
  owner: number;
}

/**
 * What makes a design itself. Core calls these with word offsets that it has checked; they throw `PidError` for the
 * expected failures, and return 0 for "none". In a shared block `unhash` is called with the pid locked, and the functions
 * that make and end namespaces under `nsLock`.
 */
export interface Design {
  readonly traits: Traits;
  /** Hash tables, one or two, and how many slots each has for a pid of the capacity. */
  readonly tables: readonly { readonly name: string; readonly slotsPerPid: number }[];
  /** Words of a pid that carries that many numbers, before rounding to lines. */
  pidWords(numbers: number): number;
  /** Words of a task, before rounding to lines. */
  readonly taskWords: number;

  allocPid(s: State, nsAt: number, setTid: readonly number[]): number;
  /** Takes every number of a pid out of what leads to it: from here on nobody finds the pid by any of them. */
  unhash(s: State, pidAt: number): void;
  /** Gives back the innermost `count` numbers: all that a pid carries, or as many as `allocPid` had taken. */
  giveBack(s: State, pidAt: number, count: number): void;

  findPidNs(s: State, nr: number, nsAt: number): number;
  findPid(s: State, nr: number): number;
  findGePid(s: State, nr: number, nsAt: number): number;
  /** The hash slot of the pid's first number: its lock is the pid's. */
  pidSlot(s: State, pidAt: number): number;

  pidNrNs(s: State, pidAt: number, nsAt: number): number;
  pidNr(s: State, pidAt: number): number;
  /** The number in the namespace that the pid was allocated in. */
  pidOwnNr(s: State, pidAt: number): number;
  /** Serial of the namespace that the pid was allocated in. */
  pidSerial(s: State, pidAt: number): number;
  taskNrNs(s: State, taskAt: number, type: PidType, nsAt: number): number;
  /** What a task remembers of a pid that it was hung on, and how it forgets. */
  rememberNumbers(s: State, taskAt: number, type: PidType, pidAt: number): void;
  forgetNumbers(s: State, taskAt: number, type: PidType): void;

  /** Throws ENOSPC where the design cannot have one more namespace; `traits.maxLevel` has been checked. */
  admitNs(s: State): void;
  /** Gives a new namespace what the design adds to it, and takes that back when it is gone. */
  claimNs(s: State, nsAt: number): void;
  releaseNs(s: State, nsAt: number): void;

  /** Calls `visit` for each number that the record carries, innermost first. */
  eachNumber(s: State, pidAt: number, visit: NumberVisitor): void;
  /** What must hold in this design beyond what core walks; one sentence for each violation. */
  checkDesign(s: State, say: (violation: string) => void): void;
}

/** A number, the namespace whose map it is from, and its hash link with the slot that leads to it. */
export type NumberVisitor = (nr: number, nsAt: number, link: number, slot: number) => void;
