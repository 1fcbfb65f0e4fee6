import { RESERVED_PIDS, type Traits } from '@pidlab/contract';

/** What this design can express. */
export const traits: Traits = Object.freeze({
  strategy: 'flat',
  maxLevel: 1,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: 2,
  rootNumbers: 'small',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS }),
  shared: true,
});
