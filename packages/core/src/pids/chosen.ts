/** What `allocPid` may be asked for: the list of chosen numbers. Source: `clone3(2)`, `set_tid`. */
import { PidError } from '@pidlab/contract';
import { NS } from '../layout.ts';
import type { State } from '../types.ts';
import { badChoice } from './errors.ts';
import { numbersAt } from './namespaces.ts';

const { level: LEVEL, parent: PARENT, pidMax: PID_MAX, reaper: REAPER } = NS.at;

/** The largest number that can be chosen in a namespace: 1 as long as it has no reaper, and 0 where pidMax is 1. */
export function mostChosen(s: State, nsAt: number): number {
  const last = s.words[nsAt + PID_MAX] - 1;
  return s.words[nsAt + REAPER] === 0 ? Math.min(1, last) : last;
}

/** Refuses more chosen numbers than a pid of `ns` carries. EINVAL. */
export function checkSetTidLength(s: State, nsAt: number, setTid: readonly number[]): void {
  const w = s.words;
  const most = numbersAt(s, w[nsAt + LEVEL]);
  if (setTid.length > most) {
    const what = `setTid has ${setTid.length} numbers; a pid of level ${w[nsAt + LEVEL]} carries ${most}`;
    throw new PidError('EINVAL', 'allocPid', what);
  }
}

/** Refuses chosen numbers that no allocation in `ns` could have, at whatever level. EINVAL. */
export function checkSetTid(s: State, nsAt: number, setTid: readonly number[]): void {
  checkSetTidLength(s, nsAt, setTid);
  let at = nsAt;
  for (const [place, nr] of setTid.entries()) {
    if (nr < 1 || nr > s.design.map.mostChosen(s, at)) throw badChoice(s, at, nr, place);
    at = s.words[at + PARENT];
  }
}
