/** What several threads did, and whether an order of it explains all that they saw. */
export type { AllocPid, Call, FindPid, Initial, OnNumbers, Place, Result, Space } from './calls.ts';
export type { Event, Lanes } from './history.ts';
export { DONE, explain, type Specification, type Step, type Verdict } from './search.ts';
export { pidSpecification } from './spec.ts';
