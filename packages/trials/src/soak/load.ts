/** Work that can go on for days: so many objects are kept at once that what they take is settled after the first minutes. */
import type { Choices } from '@pidlab/conformance/random';
import type { PidAllocator } from '@pidlab/contract';

export interface Load {
  readonly name: string;
  /** Does one operation. Throws what no correct allocator or table throws. */
  step(random: Choices): void;
  /** Bytes of its block that are in use. */
  usedBytes(): number;
  /** What does not hold. */
  violations(): readonly string[];
  /** How often a cursor came round. */
  readonly wraps: number;
}

/** Notes when the cursor of the root comes round, by the numbers that were given. */
export class Rounds {
  #last = 0;
  count = 0;

  note(nr: number): void {
    if (nr < this.#last) this.count++;
    this.#last = nr;
  }
}

/** What of an allocator does not hold: nobody is gone, so nothing may be leaked either. */
export function brokenIn(a: PidAllocator): string[] {
  const { violations, leaked } = a.checkInvariants();
  return [...violations, ...leaked];
}
