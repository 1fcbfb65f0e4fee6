/** Looking for pids by their numbers, as far as all designs share it. Locking: none. */
import { PID_HEAD } from '../layout.ts';
import { KIND_PID, KIND_SHIFT, see, zeroAfter } from '../memory/handles.ts';
import type { State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { hashHead, wentAstray } from './hash.ts';
import { nextPidmap } from './pidmap.ts';
import { isDead } from './pids.ts';

const COUNT = PID_HEAD.at.count;

/**
 * The pid whose number `nr` of the namespace with that serial is hashed in the chain of `slot`; 0 for none. The three offsets
 * say where, from a link on, the design has the number, the serial, and the start of the pid. Where a number is unique
 * without its namespace, it is given for the serial too.
 *
 * In a shared block another worker may be freeing what is found, so it is looked at twice: docs/adr/0009. Leaves the pid's
 * first word in `seen`.
 */
export function findInChain(
  s: State,
  slot: number,
  nr: number,
  nrOfLink: number,
  serial: number,
  nsOfLink: number,
  pidOfLink: number,
): number {
  const w = s.words;
  for (;;) {
    let link = hashHead(s, slot);
    while (link > 0) {
      if (w[link + nrOfLink] === nr && w[link + nsOfLink] === serial) {
        const pidAt = link + pidOfLink;
        if (!SHARED) return pidAt;
        const id = see(s, pidAt);
        const again = link + zeroAfter(id);
        if (w[again + nrOfLink] !== nr || w[again + nsOfLink] !== serial) break;
        if (!isFindable(s, again + pidOfLink, id)) return 0;
        // It may have become another pid with the same keys since, and that one is what can be found.
        if (w[pidAt] === id) return pidAt;
        break;
      }
      link = w[link];
    }
    if (!SHARED || !wentAstray(s, slot, link)) return 0;
  }
}

/**
 * Whether the record that a number led to, with that first word, is a pid that can be found: complete, and not freed. Its offset
 * has `zeroAfter(id)` in it, so that what is read there is read after the first word.
 */
export function isFindable(s: State, at: number, id: number): boolean {
  return id >>> KIND_SHIFT === KIND_PID && s.words[at + COUNT] !== 0 && !isDead(s, at);
}

/**
 * The pid with the smallest number at or above `nr` in the map of `ns`; 0 for none. A number can be taken before its pid
 * can be found, so a number that nobody answers to is stepped over. Source: `find_ge_pid()`.
 */
export function findGeInMap(s: State, nr: number, nsAt: number): number {
  let at = nr;
  do {
    const pidAt = s.design.findPidNs(s, at, nsAt);
    if (pidAt !== 0) return pidAt;
    at = nextPidmap(s, nsAt, at);
  } while (at !== 0);
  return 0;
}
