/** The two things that every floor hands on: an allocator's state, and the design that says what makes it itself. */
import type { PidType, Traits } from '@pidlab/contract';

/** A hash table: where its slots start and how many bits of a hash are not used. */
export interface HashTable {
  readonly base: number;
  readonly shift: number;
}

/**
 * One allocator, or one worker's view of a shared one. Free functions take it first: `allocPidmap(s, nsAt)`. All that
 * changes is in `words`, which is the whole block; here nothing does before it detaches, except for which namespace was last.
 */
export interface State {
  words: Int32Array;
  readonly design: Design;
  /** The design's first hash table. */
  readonly pidHash: HashTable;
  /** Its second; the first again where it has only one. */
  readonly vnrHash: HashTable;
  /** The most numbers that a pid carries, as the traits say. */
  readonly maxNumbers: number;
  /** Words of a pid that carries so many numbers, as the design says. */
  readonly pidWords: readonly number[];
  /** Numbers of a namespace that a worker claims at once; 1 where it draws them one by one. */
  readonly window: number;
  /** Word offset of the first worker's record. */
  readonly workersStart: number;
  /** Word offset of the first slab page. */
  readonly slabStart: number;
  /** Word offset of this worker's own record; 0 in a block for one thread, and after `detach`. */
  worker: number;
  /** What this worker writes into a lock that it takes: its slot + 1. */
  owner: number;
  /** In a block for one thread, the namespace that was made or looked into last, and its word offset; NaN for none, and when it has ended. */
  lastNs: number;
  lastNsAt: number;
}

/**
 * What makes a design itself. Core calls these with word offsets that it has checked; they throw `PidError` for the
 * expected failures, and return 0 for "none". In a shared block `unhash` is called with the pid locked, and the functions
 * that make and end namespaces under `nsLock`.
 */
export interface Design {
  readonly traits: Traits;
  /** Where numbers come from: `pidmap`, or what the design brings. */
  readonly map: NumberMap;
  /** The way from a number to its pid: `hashed(…)`, or what the design brings. */
  readonly index: NumberIndex;
  /** Words of a pid that carries that many numbers, before rounding to lines. */
  pidWords(numbers: number): number;
  /** The word of a pid from which on it has its numbers, where that is not right behind the head. */
  readonly pidNumbers?: number;
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
  /** The word whose lock is the pid's: the hash slot of its first number, or a word of its own. */
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

/** A number, the namespace whose map it is from, and what leads to its pid: `link`, which the index has in or below `slot`. */
export type NumberVisitor = (nr: number, nsAt: number, link: number, slot: number) => void;

/**
 * Where the numbers of namespaces come from. A map says which numbers of a namespace are taken, and the numbers taken hold
 * the namespace by some of its references, or without any: `next` is asked before a namespace goes. How numbers are taken
 * and given back is between the map and the design.
 */
export interface NumberMap {
  /** Words of a namespace with what the map has in it, before rounding to lines. */
  readonly nsWords: number;
  /** The first of them that a new namespace expects to be zero, up to the end. */
  readonly nsBlank: number;
  /** Pages that a namespace takes at once beside its record, and words that the map takes for a pid, to size a block by. */
  readonly pagesPerNs: number;
  readonly wordsPerPid: number;
  /** The records that maps are made of, where they are from a slab cache; `blank` is the first word that a new one expects to be zero. */
  readonly cache: { readonly name: string; readonly objectWords: number; readonly blank: number } | undefined;

  /** Makes the map of a new namespace; false when the block has no room for it. Locking: under `nsLock`. */
  open(s: State, nsAt: number): boolean;
  /** Gives back what the map of a namespace has that is none any more. Locking: under `nsLock`. */
  close(s: State, nsAt: number): void;

  /** The largest number that can be chosen in a namespace. */
  mostChosen(s: State, nsAt: number): number;
  /** Refuses chosen numbers, before anything is taken, that no allocation in `ns` could have. EINVAL. */
  checkSetTid(s: State, nsAt: number, setTid: readonly number[]): void;
  /** The smallest taken number above `last`, 0 for none. Locking: none. */
  next(s: State, nsAt: number, last: number): number;
  /** Whether `nr` is taken. For checks. */
  isTaken(s: State, nsAt: number, nr: number): boolean;

  /**
   * Checks all maps, one sentence for each violation, and says of each namespace how its map holds it. `counted` says
   * whether the block counts as one for a single thread does.
   */
  check(s: State, counted: boolean, say: Say): Map<number, MapUse>;
  /** Counts in a copy of a shared block what only a block for one thread counts, and takes that back in one that is to be shared. */
  count(s: State, copy: Int32Array): void;
  uncount(s: State): void;
  /** Mends what a gone worker was changing, and lets go of its lock. */
  recover(s: State, workerSlot: number): void;
}

/** How many of a namespace's references are its map's, and how many of its numbers are taken. */
export interface MapUse {
  readonly held: number;
  readonly taken: number;
}

/** The way from a number to its pid. How links are put in and taken out is between the index and the design. */
export interface NumberIndex {
  /** Hash tables, at most two, and how many slots each has for a pid of the capacity. */
  readonly tables: readonly { readonly name: string; readonly slotsPerPid: number }[];
  /** Checks that the numbers of all live pids, and nothing else, are in it; one sentence for each violation. */
  check(s: State, say: Say): void;
  /** Takes a link out, if it is there, that a gone worker was putting in or taking out. */
  unlink(s: State, slot: number, link: number): void;
}

/**
 * Takes a sentence about something that does not hold. `loss` says that something is missing, which is no violation in a
 * block in which a worker was declared gone: it may have had that in hand. `'mend'` is one with which a block goes on as long
 * as it is the same block, but not one that is made of a snapshot, where nobody knows any more who was in the middle of it.
 */
export type Say = (sentence: string, loss?: boolean | 'mend') => void;
