import { MAX_NR_PIDSPACES, RESERVED_PIDS, RESERVED_PIDS_NON_DFLT, type Traits } from '@pidlab/contract';

/** What this design can express. */
export const traits: Traits = Object.freeze({
  strategy: 'pidspace',
  maxLevel: 1,
  maxNamespaces: MAX_NR_PIDSPACES - 1,
  maxNumbers: 1,
  rootNumbers: 'encoded',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS_NON_DFLT }),
  shared: true,
});
