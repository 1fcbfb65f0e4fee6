import { load } from './access.ts';
import { NS } from './layout.ts';
import { nextPidmap } from './pidmap.ts';
import { handleOf, handleSeen } from './records.ts';
import type { State } from './state.ts';

const { reaper: REAPER, disabled: DISABLED } = NS.at;
const INIT_NR = 1;

/**
 * Calls `kill`, with the pid's handle, for each number above 1 in the map of a namespace that has been closed, ascending.
 * `kill` may free the last pid that keeps the namespace, so its life is looked at after each call. True, and the reaper
 * cleared, when only init is left. Source: `zap_pid_ns_processes()`.
 */
export function zapPidNsProcesses(s: State, nsAt: number, kill: (pid: number, nr: number) => void): boolean {
  const w = s.words;
  const life = handleOf(w, nsAt);
  // A read in order, before those of the map, which are not: who takes a number now looks whether it is closed after that.
  load(w, nsAt + DISABLED);
  for (let nr = nextPidmap(s, nsAt, INIT_NR); nr !== 0; nr = nextPidmap(s, nsAt, nr)) {
    const pidAt = s.design.findPidNs(s, nr, nsAt);
    if (pidAt !== 0) kill(handleSeen(s, pidAt), nr);
    if (handleOf(w, nsAt) !== life) return true;
  }
  if (nextPidmap(s, nsAt, INIT_NR) !== 0) return false;
  w[nsAt + REAPER] = 0;
  return true;
}
