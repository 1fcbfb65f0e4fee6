/** Where threads wait for each other, over a few words that they share. */

/** Words that a meeting place takes. */
export const MEETING_WORDS = 2;
/** Looks at the others before a thread goes to sleep: about a millisecond. */
const LOOKS = 200_000;

/** Waits until all `threads` are here. Sleeps if it takes long: there may be more threads than processors. */
export function meet(words: Int32Array, at: number, threads: number): void {
  const round = Atomics.load(words, at + 1);
  if (Atomics.add(words, at, 1) === threads - 1) {
    Atomics.store(words, at, 0);
    Atomics.add(words, at + 1, 1);
    Atomics.notify(words, at + 1);
    return;
  }
  for (let look = 0; look < LOOKS; look++) if (Atomics.load(words, at + 1) !== round) return;
  Atomics.wait(words, at + 1, round);
}
