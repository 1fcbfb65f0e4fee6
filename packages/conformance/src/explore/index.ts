/**
 * Every interleaving of a few threads: runs a built strategy access by access, in all orders with so many preemptions, and judges
 * what comes of each by the reference model and by what the contract allows beyond it. How it works: docs/interleavings.md.
 *
 * @packageDocumentation
 */
export { explore, type Failure, type Options, type Outcome, type Report } from './explore.ts';
export { EXCEPTIONS, type Exception } from './judge/exceptions.ts';
export type { Fault } from './judge/judge.ts';
export { createMachine, type Kind, type Machine, type Onlooker } from './machine.ts';
export { loadModule, type Module } from './module.ts';
export { type Named, type Namer, namerOf } from './names.ts';
export { PLAIN_READS, type PlainRead, READ_PLAINLY, readPlainlyIn } from './plainly.ts';
export { type Race, Races } from './races.ts';
export { type Beginning, isFor, type Scenario, scenario } from './scenario.ts';
export { SCENARIOS } from './scenarios/index.ts';
export { readSchedule, type Schedule } from './schedule.ts';
export { tableOf } from './table.ts';
export { traceOf } from './trace.ts';
export { CALLS, type Transformed, transform } from './transform.ts';
export { MEMORIES, type MemoryName } from './weak.ts';
