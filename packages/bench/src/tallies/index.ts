import { builtFile } from '../builtins.ts';
import { loadObserved } from '../observe/observe.ts';
import type { StrategyModule } from '../workload.ts';
import { access, hash, levels, listing } from './calls.ts';
import { free } from './free.ts';
import { lastFree } from './last-free.ts';
import { locks, references } from './locks.ts';
import { bitmaps, caches, namespaces, share } from './memory.ts';
import { occupancy } from './occupancy.ts';
import { searchOfStrategy } from './reckoned.ts';
import { sharing } from './sharing.ts';
import type { Survey, Surveyed, Tally } from './tally.ts';

/** Every survey, in the order of the claims. */
export const SURVEYS: readonly Survey[] = [
  occupancy,
  lastFree,
  free,
  bitmaps,
  references,
  share,
  caches,
  levels,
  searchOfStrategy,
  listing,
  hash,
  locks,
  sharing,
  namespaces,
  access,
];

/** Everything that can be counted of a strategy; nothing that looks into its words, if those cannot be looked at. */
export async function talliesOf(id: string, module: StrategyModule, named?: string): Promise<Tally[]> {
  const file = builtFile(id, named);
  const observed = (module.traits.memory ?? 'block') === 'block' ? await loadObserved(file) : undefined;
  const surveyed: Surveyed = { id, module, file, ...(observed ? { observed } : {}) };
  const tallies: Tally[] = [];
  for (const survey of SURVEYS)
    for (const found of await survey.ask(surveyed)) tallies.push({ survey: survey.id, strategy: id, ...found });
  return tallies;
}
