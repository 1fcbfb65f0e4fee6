/**
 * How far apart the cores of two threads are: how long one takes to hand a word over to the other. One asks and the other
 * answers, in a word that has a cache line of its own.
 */
import { CONTROL } from './crew.ts';

const WORD = { none: 0, asked: 1, answered: 2, over: 3 } as const;

/** Questions in a lap, each of them two hand-overs; and laps, of which the quickest counts: in the first ones, code is still slow. */
const QUESTIONS = 25;
const LAPS = 100;

/**
 * Milliseconds after which the asking thread gives up: with both threads on one core, a hand-over takes as long as Linux leaves them
 * there.
 */
const MOST_MS = 50;

/** Spins between two looks at the clock. */
const SPINS = 4_096;

/** Asks until all laps are done, and gives the nanoseconds of a hand-over in the quickest; NaN if they were not done in time. */
export function ask(control: Int32Array): number {
  const end = performance.now() + MOST_MS;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < LAPS && !Number.isNaN(least); i++) least = Math.min(least, lap(control, end));
  Atomics.store(control, CONTROL.handOver, WORD.over);
  return least;
}

/** Answers until there are no more questions. */
export function answer(control: Int32Array): void {
  while (answersLap(control));
}

// Both begin a lap by a call: a function that is at work already would stay in slow code to its end.

/** What a hand-over took in a lap; NaN if it was not done in time. */
function lap(control: Int32Array, end: number): number {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < QUESTIONS; i++) {
    Atomics.store(control, CONTROL.handOver, WORD.asked);
    for (let spins = 1; Atomics.load(control, CONTROL.handOver) === WORD.asked; spins++)
      if (spins % SPINS === 0 && performance.now() > end) return Number.NaN;
  }
  return Number(process.hrtime.bigint() - begin) / (2 * QUESTIONS);
}

/** Whether there was a whole lap to answer. */
function answersLap(control: Int32Array): boolean {
  for (let left = QUESTIONS; left > 0; ) {
    const word = Atomics.load(control, CONTROL.handOver);
    if (word === WORD.over) return false;
    if (word !== WORD.asked) continue;
    // Not a store: it must not undo that it is over.
    Atomics.compareExchange(control, CONTROL.handOver, WORD.asked, WORD.answered);
    left--;
  }
  return true;
}
