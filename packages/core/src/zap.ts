import { NS } from './layout.ts';
import { dropNs, holdNs } from './namespaces.ts';
import { nextPidmap } from './pidmap.ts';
import type { State } from './state.ts';

const { reaper: REAPER, disabled: DISABLED } = NS.at;
const INIT_NR = 1;

/**
 * Closes the namespace and calls `kill` for each number above 1 of its map, ascending. The namespace is held meanwhile:
 * `kill` may free the last pid in it. True, and the reaper cleared, when only init is left.
 * Source: `zap_pid_ns_processes()`.
 */
export function zapPidNsProcesses(s: State, nsAt: number, kill: (pidAt: number, nr: number) => void): boolean {
  const w = s.words;
  w[nsAt + DISABLED] = 1;
  holdNs(s, nsAt);
  try {
    for (let nr = nextPidmap(s, nsAt, INIT_NR); nr !== 0; nr = nextPidmap(s, nsAt, nr)) {
      const pidAt = s.design.findPidNs(s, nr, nsAt);
      if (pidAt !== 0) kill(pidAt, nr);
    }
    const done = nextPidmap(s, nsAt, INIT_NR) === 0;
    if (done) w[nsAt + REAPER] = 0;
    return done;
  } finally {
    dropNs(s, nsAt);
  }
}
