/**
 * Benchmarks of pid allocators that keep the pidlab contract.
 *
 * @packageDocumentation
 */
export type { Effort, Job, Measurement } from './job.ts';
export { SETTINGS, type Settings } from './modes.ts';
export type { Outcome } from './process.ts';
export { type Document, SCHEMA_VERSION } from './report/report.ts';
export type { Noise } from './noise.ts';
export type { Factor, Findings, Pair, Result, Round, Target } from './results.ts';
export { type Hooks, type Plan, type Progress, runBenchmark } from './runner.ts';
export type { Mode, OnceScenario, Params, Scenario, TimedScenario, Versus } from './scenario.ts';
export { SCENARIOS, scenarioOf, scenariosOf } from './scenarios/index.ts';
export { type Access, type Listener, loadObserved, type ObservedStrategy } from './observe/observe.ts';
export { type Estimate, ratio } from './statistics.ts';
export { type SubjectSpec, twinSpec } from './subjects.ts';
export { tables } from './table.ts';
export type { Comparison, Verdict } from './verdict.ts';
export type { Baseline, StrategyModule, Subject, Workload } from './workload.ts';
