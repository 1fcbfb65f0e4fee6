import { bearPid, CLOSED, giveUp, NS, newPid, type State } from '@pidlab/core';
import { UPID, upidAt } from './layout.ts';
import { beginChange, endChange, publishNumber, reserveNumber } from './map/idr.ts';

const { parent: PARENT, level: LEVEL, serial: SERIAL, disabled: DISABLED } = NS.at;
const { nr: NR, ns: UPID_NS } = UPID.at;

/**
 * Makes a pid with a number at every level from that of `ns` up to the root, or leaves only cursors moved.
 *
 * EAGAIN when a map on the way is full, ENOMEM when memory is or when `ns` takes no new pids, EEXIST when a chosen number
 * is taken, EINVAL when it cannot be had. Locking: `mapLock`, once for all levels. Source: `alloc_pid()`.
 */
export function allocPid(s: State, nsAt: number, setTid: readonly number[]): number {
  const w = s.words;
  const level = w[nsAt + LEVEL];
  const pidAt = newPid(s, nsAt, level, level + 1);
  beginChange(s, 'allocPid');
  try {
    let at = nsAt;
    for (let i = level; i >= 0; i--) {
      const nr = reserveNumber(s, at, setTid, level - i);
      if (nr < 0) throw giveUp(s, pidAt, level - i, at, nr, setTid);
      const upid = upidAt(pidAt, i);
      w[upid + NR] = nr;
      w[upid + UPID_NS] = w[at + SERIAL];
      at = w[at + PARENT];
    }
    if (w[nsAt + DISABLED] !== 0) throw giveUp(s, pidAt, level + 1, nsAt, CLOSED, setTid);
    at = nsAt;
    for (let i = level; i >= 0; i--) {
      publishNumber(s, at, w[upidAt(pidAt, i) + NR], pidAt);
      at = w[at + PARENT];
    }
    bearPid(s, pidAt);
    return pidAt;
  } finally {
    endChange(s);
  }
}
