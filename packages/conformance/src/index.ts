/**
 * One conformance suite for every pid allocator that keeps the pidlab contract.
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
export { type Case, type ClauseResult, plan, type RunOptions, runCase, runConformance } from './run.ts';
