import { add, homeOf, NS, pidLevel, type State } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';
import { beginChange, endChange, freeNumber, letGoOf } from './map/idr.ts';

const { count: COUNT, parent: PARENT } = NS.at;
const NR = UPID.at.nr;

/** Nothing: the pid is dead, so nobody finds it, and its slots are emptied with its numbers. */
export function unhash(): void {}

/**
 * Gives back the innermost `count` numbers: all of a pid, or as far as `allocPid` came. Locking: `mapLock`, once for all
 * levels. Source: `free_pid()`.
 */
export function giveBack(s: State, pidAt: number, count: number): void {
  const w = s.words;
  const level = pidLevel(s, pidAt);
  const home = homeOf(s, pidAt);
  let isLast = false;
  beginChange(s, 'freePid');
  try {
    let at = home;
    for (let i = level; i > level - count; i--) {
      const isEmpty = freeNumber(s, at, w[upidAt(pidAt, i) + NR]);
      // Those above are held by the one below, so only the pid's own namespace may end.
      if (i === level) isLast = isEmpty;
      else if (isEmpty) add(w, at + COUNT, -1);
      at = w[at + PARENT];
    }
  } finally {
    endChange(s);
  }
  if (isLast) letGoOf(s, home, 'freePid');
}
