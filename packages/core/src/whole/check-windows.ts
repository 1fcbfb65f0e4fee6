/** What must hold of the windows of workers, part of invariant 3. */
import { NS } from '../layout.ts';
import { KIND_NS } from '../memory/handles.ts';
import { eachWindow, type Window } from '../pids/windows.ts';
import type { Say, State } from '../types.ts';
import { SHARED } from '../words/mode.ts';
import { isRecord } from './walk.ts';

const { floor: FLOOR, lastPid: LAST_PID } = NS.at;

/**
 * Windows of a namespace are apart from each other, from the floor up to the cursor. A worker that was terminated may have moved the
 * cursor back and not said so.
 */
export function checkWindows(s: State, say: Say): void {
  if (!SHARED || s.window === 1) return;
  const windows: Window[] = [];
  eachWindow(s, (window) => {
    const { nsAt, next, end } = window;
    if (!isRecord(s, nsAt, KIND_NS)) say(`a worker has a window of ${nsAt}, which is no namespace`, true);
    else if (!isWithin(s, window)) say(`a worker has [${next}, ${end}) of namespace ${nsAt} for its window`, true);
    for (const other of windows) {
      if (other.nsAt === nsAt && other.next < end && next < other.end)
        say(`two workers have number ${Math.max(other.next, next)} of namespace ${nsAt} in their windows`, true);
    }
    windows.push(window);
  });
}

/** What is left of a window whose first number was the floor or above, which has been taken, and to whose end the cursor was moved. */
function isWithin(s: State, { nsAt, next, end }: Window): boolean {
  const w = s.words;
  return next > w[nsAt + FLOOR] && next <= end && end - next < s.window && end <= w[nsAt + LAST_PID] + 1;
}
