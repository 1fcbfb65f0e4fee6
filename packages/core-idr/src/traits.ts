import { MAX_PID_NS_LEVEL, RESERVED_PIDS, type Traits } from '@pidlab/contract';

/** What this design can express. */
export const traits: Traits = Object.freeze({
  strategy: 'idr',
  maxLevel: MAX_PID_NS_LEVEL,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxNumbers: MAX_PID_NS_LEVEL + 1,
  rootNumbers: 'small',
  floors: Object.freeze({ root: RESERVED_PIDS, child: RESERVED_PIDS }),
  map: 'tree',
  rules: 'mainline',
  shared: true,
});
