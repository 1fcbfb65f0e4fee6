import { NS } from '../layout.ts';
import { handleOf, handleSeen, mustBeAttached } from '../memory/handles.ts';
import { locked, NS_LOCK } from '../memory/locks.ts';
import type { State } from '../types.ts';
import { load } from '../words/access.ts';
import { SHARED } from '../words/mode.ts';

const { reaper: REAPER, disabled: DISABLED } = NS.at;
const INIT_NR = 1;
const OP = 'zapPidNsProcesses';

/**
 * Calls `kill`, with the pid's handle, for each number above 1 in the map of a namespace that has been closed, ascending.
 * Another worker may end the namespace, and `kill` may free the last pid that keeps it, so by `ns`, its handle, it is looked
 * at again and again. True, and the reaper cleared, when only init is left. Source: `zap_pid_ns_processes()`.
 */
export function zapPidNsProcesses(
  s: State,
  nsAt: number,
  ns: number,
  kill: (pid: number, nr: number) => void,
): boolean {
  const w = s.words;
  const { map } = s.design;
  // A read in order, before those of the map, which are not: who takes a number now looks whether it is closed after that.
  load(w, nsAt + DISABLED);
  for (let nr = map.next(s, nsAt, INIT_NR); nr !== 0; nr = map.next(s, nsAt, nr)) {
    const pidAt = s.design.findPidNs(s, nr, nsAt);
    if (SHARED && handleOf(w, nsAt) !== ns) return true;
    if (pidAt !== 0) kill(handleSeen(s, pidAt), nr);
    if (SHARED) mustBeAttached(s, OP);
    if (handleOf(w, nsAt) !== ns) return true; // by what was killed
  }
  if (map.next(s, nsAt, INIT_NR) !== 0) return false;
  locked(s, NS_LOCK, OP, () => {
    if (handleOf(w, nsAt) === ns) w[nsAt + REAPER] = 0;
  });
  return true;
}
