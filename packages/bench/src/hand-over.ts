/**
 * How far apart the cores of two threads are: how long one takes to hand a word over to the other. One asks and the other
 * answers, in a word that has a cache line of its own.
 */
import { CONTROL } from './crew.ts';

const WORD = { none: 0, asked: 1, answered: 2, over: 3 } as const;

/** Questions in a lap, each of them two hand-overs; and laps, of which the quickest counts. Some 0.1 to 0.5 ms in all. */
const QUESTIONS = 25;
const LAPS = 40;

/** Milliseconds after which the asking thread gives up: with both threads on one core, a hand-over takes as long as Linux leaves them there. */
const MOST_MS = 20;

/** Spins between two looks at the clock. */
const SPINS = 4_096;

/** Asks until all laps are done, and gives the nanoseconds of a hand-over in the quickest; infinite if none was done in time. */
export function ask(control: Int32Array): number {
  const end = performance.now() + MOST_MS;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < LAPS && performance.now() < end; i++) least = Math.min(least, lap(control, end));
  Atomics.store(control, CONTROL.handOver, WORD.over);
  return least;
}

/** Answers until there are no more questions. */
export function answer(control: Int32Array): void {
  for (let word: number = WORD.none; word !== WORD.over; word = Atomics.load(control, CONTROL.handOver))
    // Not a store: it must not undo that it is over.
    if (word === WORD.asked) Atomics.compareExchange(control, CONTROL.handOver, WORD.asked, WORD.answered);
}

function lap(control: Int32Array, end: number): number {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < QUESTIONS; i++) {
    Atomics.store(control, CONTROL.handOver, WORD.asked);
    for (let spins = 1; Atomics.load(control, CONTROL.handOver) === WORD.asked; spins++)
      if (spins % SPINS === 0 && performance.now() > end) return Number.POSITIVE_INFINITY;
  }
  return Number(process.hrtime.bigint() - begin) / (2 * QUESTIONS);
}
