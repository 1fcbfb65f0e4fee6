/**
 * One conformance suite for every pid allocator that keeps the pidlab contract, and recorded traces of a real kernel.
 *
 * @packageDocumentation
 */
export {
  type About,
  type Chapter,
  type Clause,
  type Context,
  chapter,
  clausesOf,
  type Scope,
  SCOPES,
} from './suite/chapter.ts';
export { chapters } from './suite/chapters/index.ts';
export { createModel } from './model/index.ts';
export { ReplayError, type ReplayResult, replay, timeReplay } from './traces/replay.ts';
export { type JsonReport, jsonReport, SCHEMA_VERSION } from './cli/reporters/json.ts';
export { type Case, type ClauseResult, plan, type RunOptions, runCase, runConformance } from './suite/run.ts';
export {
  decodeTrace,
  loadTrace,
  type Trace,
  TraceError,
  type TraceEvent,
  type TraceHeader,
  type TraceKind,
  type TraceName,
  traceNames,
} from './traces/trace.ts';
export type { Process, World } from './suite/world.ts';
