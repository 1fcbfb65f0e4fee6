/** Where threads wait for each other, over a few words that they share. */

/** Words that a meeting place takes: who is here, the round, and who sleeps. */
export const MEETING_WORDS = 3;
const [HERE, ROUND, ASLEEP] = [0, 1, 2];
/** Looks at the others before a thread goes to sleep where it may take longer: about a tenth of a millisecond. */
export const BRIEFLY = 50_000;
/** The same where all are awake and the moment matters: some milliseconds, the time that another program may take. */
export const EAGERLY = 4_000_000;

/** Waits until all `threads` are here, and lets them go at the same moment as far as it can. Sleeps after so many looks. */
export function meet(words: Int32Array, at: number, threads: number, looks: number): void {
  const round = Atomics.load(words, at + ROUND);
  if (Atomics.add(words, at + HERE, 1) === threads - 1) {
    Atomics.store(words, at + HERE, 0);
    Atomics.add(words, at + ROUND, 1);
    if (Atomics.load(words, at + ASLEEP) > 0) Atomics.notify(words, at + ROUND);
    return;
  }
  for (let look = 0; look < looks; look++) if (Atomics.load(words, at + ROUND) !== round) return;
  Atomics.add(words, at + ASLEEP, 1);
  Atomics.wait(words, at + ROUND, round);
  Atomics.sub(words, at + ASLEEP, 1);
}
