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
} from './chapter.ts';
export { chapters } from './chapters/index.ts';
export { createModel } from './model/index.ts';
export { ReplayError, type ReplayResult, replay, timeReplay } from './replay.ts';
export { type JsonReport, jsonReport, SCHEMA_VERSION } from './reporters/json.ts';
export { type Case, type ClauseResult, plan, type RunOptions, runCase, runConformance } from './run.ts';
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
} from './trace.ts';
export type { Process, World } from './world.ts';
