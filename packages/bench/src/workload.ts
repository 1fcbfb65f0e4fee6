import type { PidAllocatorDescriptor, PidAllocatorOptions, Traits } from '@pidlab/contract';
import type { Params } from './scenario.ts';

/**
 * A pid, namespace or task as its subject hands it out: a number for a strategy, an object for most baselines. The
 * scenarios only keep it and give it back.
 */
export type Handle = unknown;

/** Where a scenario keeps handles: a `Float64Array` for numbers, an array for objects. */
export interface Handles {
  readonly length: number;
  [index: number]: Handle;
}

/**
 * What the scenarios call: the part of the contract's `PidAllocator` that they need, in the same words. A strategy's
 * allocator is one as it stands, so nothing lies between a scenario and what it times. A baseline implements just this.
 */
export interface Workload {
  readonly initPidNs: Handle;
  allocPid(ns: Handle): Handle;
  freePid(pid: Handle): void;
  findPidNs(nr: number, ns: Handle): Handle | undefined;
  pidNrNs(pid: Handle, ns: Handle): number;
  copyPidNs(flags: number, old: Handle): Handle;
  putPidNs(ns: Handle): void;
  allocTask(): Handle;
  freeTask(task: Handle): void;
  attachPid(task: Handle, type: number, pid: Handle): void;
  detachPid(task: Handle, type: number): void;
}

/** What `wait4` found. */
export interface Waited {
  readonly pid: number;
  readonly status: number;
}

/**
 * What `fork-exit-wait` calls: the part of `@pidlab/process-table` that it needs, in the same words. A table over a strategy
 * is one as it stands.
 */
export interface Processes {
  readonly init: Handle;
  fork(caller: Handle): Handle;
  clone(caller: Handle, options: { readonly newPid: boolean }): Handle;
  setsid(caller: Handle): number;
  exit(caller: Handle, code: number): void;
  /** Without WNOHANG: something other than a `Waited` where nothing is ready. */
  wait4(caller: Handle, pid: number): Waited | undefined | symbol;
  getpid(caller: Handle): number;
}

/** What the scenarios ask of a subject, on top of the calls that they time. */
export interface Subject {
  readonly id: string;
  /** A `twin` is a strategy once more under another name; `native` is a program of its own. */
  readonly kind: 'strategy' | 'baseline' | 'floor' | 'native' | 'twin';
  /** For a twin: the strategy that it is. */
  readonly twinOf?: string;
  /** What its row does not do of a scenario's work, by scenario; `*` stands for every one. Strategies lack nothing. */
  readonly lacks: Readonly<Record<string, string>>;
  /** Scenarios that it cannot run, with the reason; `*` stands for every one. */
  readonly leavesOut: Readonly<Record<string, string>>;
  /** The deepest level that it has; baselines have them all. */
  readonly maxLevel: number;
  /** Why it cannot run a scenario at all, if so; for what can do a few things only. */
  cannot?(scenario: string, params: Params): string | undefined;
  create(options: PidAllocatorOptions): Workload;
  /** Makes a process table; for baselines that are one too. Over a strategy stands `@pidlab/process-table`. */
  createProcesses?(options: PidAllocatorOptions): Promise<Processes>;
  /** A place for `count` handles of its kind. */
  handles(count: number): Handles;
  /** Visits every pid of `ns` in ascending number, and gives how many there were. */
  list(workload: Workload, ns: Handle): number;
  /** For strategies: everything else that the contract has. */
  readonly strategy?: StrategyModule;
  /** The file that it was loaded from, if `--module` named one. */
  readonly module?: string;
}

/** What a module must export to be measured, as `--module` finds it. */
export interface StrategyModule {
  readonly createPidAllocator: (options?: PidAllocatorOptions) => unknown;
  readonly attachPidAllocator?: (descriptor: PidAllocatorDescriptor) => unknown;
  readonly traits: Traits;
}

/** A baseline, as its file exports it. */
export interface Baseline extends Omit<Subject, 'strategy' | 'maxLevel' | 'kind'> {
  /** Missing where it has every level. */
  readonly maxLevel?: number;
  readonly kind: 'baseline' | 'floor';
  /** One line for the list of subjects. */
  readonly title: string;
}
