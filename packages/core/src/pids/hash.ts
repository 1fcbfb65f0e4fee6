/**
 * Hash tables of pids, as chains through the pids' own records.
 *
 * ```
 *   slot ──► next ──► next ──► ~slot          a link is the word offset of a `next` field;
 *   0: never used     (key just before it)     a chain ends in the complement of its slot's offset
 * ```
 *
 * Chains are singly linked. At a load of at most one, a walk from the slot to the link before costs fewer cache lines than
 * keeping a pointer back in every record, which would have to be written in the neighbours on each insertion and removal;
 * and every change is a single store, so a chain is whole at every instant. The end marker tells a reader which chain it
 * finished in.
 *
 * In a shared block a slot is also a lock: of its chain against removals, and of what changes in the pids whose first
 * number is in it. While it is locked it has the owner's slot in it, and the owner's record has the head.
 *
 * ```
 *   slot: LOCKED + 3        worker 3: parked ──► next ──► next ──► ~slot
 * ```
 *
 * Insertion takes no lock: it exchanges the head for the new link. Readers take none: one that went astray, because a
 * record that it stood on was freed and used again, ends in the marker of another slot and starts anew.
 */
import { WORKER } from '../layout.ts';
import { workerAt } from '../memory/block.ts';
import { Patience } from '../memory/locks.ts';
import type { HashTable, State } from '../types.ts';
import { compareExchange, load, publish } from '../words/access.ts';
import { SHARED } from '../words/mode.ts';

const { lockedSlot: LOCKED_SLOT, parked: PARKED } = WORKER.at;
/** A full-entropy golden ratio: mainline's GOLDEN_RATIO_32, whose low bits make up for a multiply that drops the high ones. */
const GOLDEN_RATIO_32 = 0x61c8_8647;
/** Slots in a cache line, which neighbouring numbers share. */
const LINE_SHIFT = 4;
const LINE_MASK = 15;
/** A locked slot: this plus the owner's worker slot. End markers, the complements of offsets, are far above. */
const LOCKED = -0x8000_0000;
const LOCKED_END = -0x4000_0000;

/**
 * The slot of number `nr` of the namespace with that serial. The hash chooses a line of slots for sixteen neighbours, which
 * then lie side by side in it: numbers are given out in order, so whoever comes next finds the line in the processor's
 * cache. Source: `pid_hashfn()`.
 */
export function slotOf(table: HashTable, nr: number, serial: number): number {
  return table.base + ((Math.imul((nr >>> LINE_SHIFT) + serial, GOLDEN_RATIO_32) >>> table.shift) ^ (nr & LINE_MASK));
}

/** The slot of a number that is unique without its namespace. */
export function slotOfNr(table: HashTable, nr: number): number {
  return table.base + ((Math.imul(nr >>> LINE_SHIFT, GOLDEN_RATIO_32) >>> table.shift) ^ (nr & LINE_MASK));
}

/** The first link of the chain of `slot`, or its end. */
export function hashHead(s: State, slot: number): number {
  const head = s.words[slot];
  return SHARED && head < LOCKED_END ? parkedHead(s, head) : head;
}

/** The same while the slot is locked: the worker that has it locked has the head. */
function parkedHead(s: State, locked: number): number {
  return s.words[workerAt(s, locked - LOCKED) + PARKED];
}

/** Whether a walk from `slot` that ended in `end` has seen the chain. If not, the walk has to start anew. */
export function wentAstray(s: State, slot: number, end: number): boolean {
  return SHARED && end !== ~slot && load(s.words, slot) !== 0;
}

/** Puts `link` at the front of the chain of `slot`. Locking: none. Source: `hlist_add_head_rcu()`. */
export function hashAdd(s: State, slot: number, link: number): void {
  const w = s.words;
  if (SHARED) {
    exchangeHead(s, slot, link);
  } else {
    const head = w[slot];
    w[link] = head === 0 ? ~slot : head;
    w[slot] = link;
  }
}

function exchangeHead(s: State, slot: number, link: number): void {
  const w = s.words;
  let head = w[slot];
  for (;;) {
    if (head < LOCKED_END) head = unlockedHead(s, slot, 'allocPid');
    w[link] = head === 0 ? ~slot : head;
    const found = compareExchange(w, slot, head, link);
    if (found === head) return;
    head = found;
  }
}

/**
 * Takes `link` out of the chain of `slot`, where it must be. Its own `next` stays, for readers that stand on it.
 * Locking: the slot's, which this worker has afterwards in place of the one that it had before.
 * Source: `hlist_del_rcu()`.
 */
export function hashDel(s: State, slot: number, link: number): void {
  const w = s.words;
  if (!SHARED) {
    unlinkBehind(w, slot, link);
    return;
  }
  const head = w[s.worker + LOCKED_SLOT] === slot ? w[s.worker + PARKED] : moveLock(s, slot);
  if (head === link) w[s.worker + PARKED] = w[link];
  else unlinkBehind(w, head, link);
}

function unlinkBehind(w: Int32Array, first: number, link: number): void {
  let at = first;
  while (w[at] !== link) at = w[at];
  w[at] = w[link];
}

/** Takes the lock of `slot`, unless this worker has it already, and returns the head of the chain. */
export function lockSlot(s: State, slot: number, op: string): number {
  const w = s.words;
  if (w[s.worker + LOCKED_SLOT] === slot) return w[s.worker + PARKED];
  let head = w[slot];
  for (;;) {
    if (head < LOCKED_END) head = unlockedHead(s, slot, op);
    const found = tryLock(s, slot, head);
    if (found === head) return head;
    head = found;
  }
}

/** Locks `slot` in place of the one that this worker has locked, if any, and returns the head of the chain. */
function moveLock(s: State, slot: number): number {
  const w = s.words;
  const held = w[s.worker + LOCKED_SLOT];
  if (held !== 0) unlockSlot(s, held, w[s.worker + PARKED]);
  return lockSlot(s, slot, 'freePid');
}

/** What was in `slot`: `head`, if it is locked now. */
function tryLock(s: State, slot: number, head: number): number {
  const w = s.words;
  const me = s.worker;
  // Before it is locked, so that readers find the head, and whoever declares this worker gone finds the slot.
  w[me + PARKED] = head;
  w[me + LOCKED_SLOT] = slot;
  const found = compareExchange(w, slot, head, LOCKED + s.owner - 1);
  if (found !== head) w[me + LOCKED_SLOT] = 0;
  return found;
}

/** Lets go of the lock of `slot`, whose chain starts with `head` from here on. */
export function unlockSlot(s: State, slot: number, head: number): void {
  publish(s.words, slot, head);
  s.words[s.worker + LOCKED_SLOT] = 0;
}

/** Whether the worker in that slot has `slot` locked. */
export function isLockedBy(s: State, slot: number, worker: number): boolean {
  return load(s.words, slot) === LOCKED + worker;
}

/** What is in `slot` as soon as it is not locked. */
function unlockedHead(s: State, slot: number, op: string): number {
  const patience = new Patience(s, op);
  for (;;) {
    const head = load(s.words, slot);
    if (head >= LOCKED_END) return head;
    patience.wait(head - LOCKED);
  }
}
