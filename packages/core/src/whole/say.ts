/** How what does not hold is said. */
import { HEADER } from '../layout.ts';
import type { State } from '../types.ts';

/** Takes a sentence about something that does not hold. */
export type Say = (violation: string) => void;

/** What a sentence begins with that is about something a gone worker had in hand. It is no violation. */
export const LEAKED = 'leaked: ';

/** Where a worker that was declared gone may be the reason, the sentence says so. */
export function leaked(s: State, violation: string): string {
  return s.words[HEADER.at.gone] > 0 ? LEAKED + violation : violation;
}
