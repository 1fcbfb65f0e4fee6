/**
 * Processes over any pid allocator that keeps the pidlab contract.
 *
 * @packageDocumentation
 */
export * from './constants.ts';
export type {
  CloneOptions,
  Disposition,
  Hooks,
  Pidfd,
  Process,
  ProcessState,
  ProcessTable,
  ProcessTableOptions,
  ProcStatus,
  SigactionFlags,
  SignalInfo,
  Waited,
  WaitResult,
} from './types.ts';
