/** What a few threads do, and where they begin: a situation in which they get in each other's way. */
import type { NsRef, PidAllocator, PidAllocatorOptions, PidRef, PidType, TaskRef, Traits } from '@pidlab/contract';

/** Functions of an allocator that a thread can call. */
export type Op = {
  [K in keyof PidAllocator]: PidAllocator[K] extends (...args: never[]) => unknown ? K : never;
}[keyof PidAllocator];

/** What an earlier call of the scenario returned. */
export interface Made {
  readonly thread: number;
  readonly call: number;
}

/** A value, a name that the beginning has given to something, or what a call returned. */
export type Argument = number | string | Made | readonly (number | string)[];

/** A call. `zapPidNsProcesses` frees what it is handed. */
export interface Planned {
  readonly op: Op;
  readonly args: readonly Argument[];
}

/** Makes what is there when the threads begin, and gives names to it. */
export interface Beginning {
  readonly a: PidAllocator;
  /** Handles, and numbers, by their names. */
  get(name: string): number;
  set(name: string, value: number): void;
  pid(name: string, ns?: string, setTid?: readonly number[]): PidRef;
  ns(name: string, parent?: string): NsRef;
  task(name: string): TaskRef;
  attach(task: string, type: PidType, pid: string): void;
  /** Moves a namespace's cursor. */
  cursor(nr: number, ns?: string): void;
  /** Lets threads take a batch of free records of each cache that there is, so that they need none later. */
  warm(...threads: readonly number[]): void;
}

/** A scenario. */
export interface Scenario {
  readonly name: string;
  readonly threads: readonly (readonly Planned[])[];
  readonly options: PidAllocatorOptions;
  readonly begin: (b: Beginning) => void;
  /** Threads have no free records at hand, but what `begin` has warmed. */
  readonly isCold: boolean;
  /** The root has no init. */
  readonly isBare: boolean;
  /** What the design has to be able to do: levels below the root. */
  readonly levels: number;
  /** How it is run beyond the order of accesses. */
  readonly gone?: 'once' | 'twice';
}

type More = Partial<Pick<Scenario, 'options' | 'isCold' | 'isBare' | 'levels' | 'gone'>>;

/** A scenario of threads over what `begin` makes. */
export function scenario(
  name: string,
  threads: readonly (readonly Planned[])[],
  begin: Scenario['begin'] = () => {},
  more: More = {},
): Scenario {
  return { options: {}, isCold: false, isBare: false, levels: 0, ...more, name, threads, begin };
}

/** Whether a design can play it. */
export function isFor({ levels }: Scenario, { maxLevel }: Traits): boolean {
  return levels <= maxLevel;
}

/** Numbers 297 to 300 and no others. */
export const SMALL: PidAllocatorOptions = { pidMax: 301, floors: { root: 297, child: 297 } };
export { PIDTYPE_PGID as PGID, PIDTYPE_PID as PID, PIDTYPE_SID as SID } from '@pidlab/contract';

const NEW_NS = 0x2000_0000;

export const made = (thread: number, call: number): Made => ({ thread, call });
export const call = (op: Op, ...args: readonly Argument[]): Planned => ({ op, args });

type Handle = string | Made;
export const alloc = (ns: Handle = 'root', setTid?: readonly (number | string)[]): Planned =>
  setTid === undefined ? call('allocPid', ns) : call('allocPid', ns, setTid);
export const free = (pid: Handle): Planned => call('freePid', pid);
export const get = (pid: Handle): Planned => call('getPid', pid);
export const put = (pid: Handle): Planned => call('putPid', pid);
export const count = (pid: Handle): Planned => call('pidCount', pid);
export const find = (nr: number | string, ns: Handle = 'root'): Planned => call('findPidNs', nr, ns);
export const findGet = (nr: number | string, ns: Handle = 'root'): Planned => call('findGetPid', nr, ns);
export const attach = (task: Handle, type: PidType, pid: Handle): Planned => call('attachPid', task, type, pid);
export const detach = (task: Handle, type: PidType): Planned => call('detachPid', task, type);
export const transfer = (old: Handle, next: Handle, type: PidType): Planned => call('transferPid', old, next, type);
export const freeTask = (task: Handle): Planned => call('freeTask', task);
export const putNs = (ns: Handle): Planned => call('putPidNs', ns);
export const getNs = (ns: Handle): Planned => call('getPidNs', ns);
export const copyNs = (parent: Handle): Planned => call('copyPidNs', NEW_NS, parent);
export const zap = (ns: Handle): Planned => call('zapPidNsProcesses', ns);
export const disable = (ns: Handle): Planned => call('disablePidAllocation', ns);
