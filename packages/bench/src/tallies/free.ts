import type { PidRef } from '@pidlab/contract';
import { indices } from '../random.ts';
import { allocatorOf, type Survey } from './tally.ts';
import { meanAndMost, type Seen, Watched } from './watched.ts';

const SIZES = [1, 1_000, 32_000, 1_000_000];
const SAMPLE = 200;

/** Freeing among ever more live pids: claim E3. */
export const free: Survey = {
  id: 'free',
  question: 'What does freeing do to memory when there are ever more pids?',
  counted: `mean and most of ${SAMPLE} freePid of random pids in the root, each of which is replaced`,
  ask(surveyed) {
    const { observed } = surveyed;
    if (!observed) return [];
    return SIZES.map((live) => {
      const options = { capacity: live, pidMax: 2 ** 22 };
      const made = allocatorOf(surveyed, options);
      const pids = new Float64Array(live) as unknown as PidRef[];
      for (let i = 0; i < live; i++) pids[i] = made.allocPid(made.initPidNs);
      const watched = new Watched(observed, options);
      watched.become(made);
      const seen: Seen[] = [];
      for (const victim of indices(4, SAMPLE, live)) {
        seen.push(watched.watch((a) => a.freePid(pids[victim])));
        pids[victim] = watched.allocator.allocPid(watched.allocator.initPidNs);
      }
      const words = meanAndMost(seen.map(({ reads, writes, atomics }) => reads + writes + atomics));
      const lines = meanAndMost(seen.map((each) => each.lines));
      return {
        params: { live },
        values: { words: words.mean, mostWords: words.most, lines: lines.mean, mostLines: lines.most },
      };
    });
  },
};
